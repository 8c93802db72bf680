#!/usr/bin/env python3
"""Compares `sinew model eval` with Pinocchio on the unmodified files of real humanoids.

    .venv/bin/python Tests/Interop/compare_dynamics.py [--sinew BINARY] [--states 1000] [--derivatives 100] [URDF ...]

Needs the PyPI packages pin, example-robot-data and icub-models in the environment that runs it. Robots: Talos
(talos_full_v2.urdf), iCub (iCubGazeboV2_5), Unitree's G1, Romeo and ANYmal C with free-floating bases, Panda with a fixed
one, three random trees with every kind of joint, and every URDF given. BINARY is SINEW of the environment if not given.

Joint positions in +-2 rad, velocities in +-2 rad/s, accelerations in +-10 rad/s2, torques in +-20 N.m, base within 2 m
and turned at random, all from a seed. The error of a quantity in a state is the largest absolute difference of its
numbers divided by the largest magnitude among Pinocchio's numbers; wrenches of +-20 N.m and N act on every third link where a
quantity says so; quaternions, which are of length one, count absolute
and up to sign. Generalised vectors are judged in two parts, base and joints. Forward dynamics and its derivatives, which
divide by inertias of very different size, may be off by 1e-10, everything else by 1e-12. Ends with
"N passed, N failed", one check per robot and quantity, and exits with 1 when one failed.
"""

import argparse
import json
import os
import pathlib
import site
import subprocess
import sys
import tempfile

import numpy as np

from pinocchio_reference import Reference
from random_tree import write_urdf

TOLERANCE, INVERSE_TOLERANCE = 1e-12, 1e-10
WITH_WRENCHES = ["inverse_dynamics_with_wrenches", "forward_dynamics_with_wrenches"]
GENERALISED = ["gravity", "bias", "inverse_dynamics", "forward_dynamics"]


def installed(*patterns):
    """The first file in this environment that matches one of the patterns."""
    for root in [*site.getsitepackages(), sys.prefix]:
        for pattern in patterns:
            for path in sorted(pathlib.Path(root).glob(pattern)):
                return str(path)
    sys.exit(f"{patterns[0]} is not installed: pip install pin example-robot-data icub-models")


def robots(extra, folder):
    """Name, file, and whether the base floats."""
    data = "cmeel.prefix/share/example-robot-data/robots/"
    yield "talos", installed(data + "talos_data/robots/talos_full_v2.urdf"), True
    yield "icub", installed("share/iCub/robots/iCubGazeboV2_5/model.urdf"), True
    yield "g1", installed(data + "g1_description/urdf/g1_29dof_rev_1_0.urdf"), True
    yield "romeo", installed(data + "romeo_description/urdf/romeo_small.urdf"), True
    yield "anymal", installed(data + "anymal_c_simple_description/urdf/anymal.urdf"), True
    yield "panda", installed(data + "panda_description/urdf/panda.urdf"), False
    for seed in range(3):
        path = pathlib.Path(folder) / f"random{seed}.urdf"
        # Pinocchio's articulated-body algorithm knows no mimic joints, so one tree has none.
        write_urdf(path, seed, mimics=2 * (seed > 0))
        yield path.stem, str(path), seed != 1
    for path in extra:
        yield pathlib.Path(path).stem, path, True


def sinew(binary, *arguments):
    run = subprocess.run([binary, "model", *arguments, "--json"], capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"exit {run.returncode}: {run.stderr.strip()}")
    return json.loads(run.stdout)


def random_state(rng, joints, floating, kinds, links):
    def turn():
        quaternion = rng.normal(size=4)
        return (quaternion / np.linalg.norm(quaternion)).tolist()

    def named(bound):
        counts = {"planar": 3, "floating": 6}
        return {name: rng.uniform(-bound, bound, counts[kinds[name]]).tolist() if kinds[name] in counts
                else rng.uniform(-bound, bound) for name in joints}

    def positions(bound):
        found = named(bound)
        found.update({name: found[name][:3] + turn() for name in joints if kinds[name] == "floating"})
        return found

    def motion(bound):
        return {"angular": rng.uniform(-bound, bound, 3).tolist(), "linear": rng.uniform(-bound, bound, 3).tolist()}

    state = {"q": positions(2), "v": named(2), "a": named(10), "tau": named(20)}
    if floating:
        state.update({
            "base": {"position": rng.uniform(-2, 2, 3).tolist(), "quaternion": turn()},
            "base_velocity": motion(2), "base_acceleration": motion(10)})
    # On a third of the links: moment and force.
    state["wrenches"] = {link: rng.uniform(-20, 20, 6).tolist() for link in links[::3]}
    return state


def flat(values, joints):
    """Numbers by joint in one array."""
    return np.concatenate([np.atleast_1d(values[name]) for name in joints]) if joints else np.zeros(0)


def reference_inputs(state, joints, floating):
    """Arguments of Reference.evaluate and .derivatives."""

    def vector(key, base):
        head = [*base["angular"], *base["linear"]] if base else [0.0] * (6 if floating else 0)
        return np.array([*head, *flat(state[key], joints)])

    pose = (state["base"]["position"], state["base"]["quaternion"]) if floating else None
    return (pose, flat(state["q"], joints), vector("v", state.get("base_velocity")),
            vector("a", state.get("base_acceleration")), vector("tau", None))


def relative(value, reference, floor=0.0):
    # What is zero but for rounding, as the Jacobian rate of a link that turns with nothing, is judged absolutely.
    scale = max(np.abs(reference).max(), floor)
    return np.abs(np.asarray(value) - reference).max() / (scale if scale > 1e-9 else 1.0)


def errors(answer, reference, joints, links, frames, floating):
    """Quantity -> relative error of one state."""
    poses = [answer["link_poses"][link] for link in links]
    found = {"link positions": relative([p["position"] for p in poses], reference["link_poses"][:, :3])}
    ours, theirs = np.array([p["quaternion"] for p in poses]), reference["link_poses"][:, 3:]
    sign = np.sign((ours * theirs).sum(axis=1, keepdims=True))
    found["link quaternions"] = np.abs(ours * sign - theirs).max()
    found["com"] = relative(answer["com"], reference["com"])
    base = 6 if floating else 0
    for name in GENERALISED + WITH_WRENCHES:
        if floating:
            found[name + " base"] = relative(answer[name]["base"], reference[name][:6])
        found[name + " joints"] = relative(flat(answer[name], joints), reference[name][base:])
    found["mass_matrix"] = relative(answer["mass_matrix"], reference["mass_matrix"])
    for frame in frames:
        name = "jacobian " + frame
        found[name] = relative(answer["jacobians"][frame], reference[name])
    return found


def derivative_errors(answer, reference, mass):
    """The same for what --derivatives adds."""
    # Sums that may come out near zero: energies count against the weight times 1 m, rates of Jacobians, whose terms are
    # products of unit axes and velocities, against 1 rad/s.
    floors = {"potential_energy": 9.81 * mass, "frame_jacobian_rates": 1.0}
    found = {}
    for name, value in reference.items():
        kind, *place = name.split(" ")
        ours = answer[kind]
        for key in place:
            ours = ours[key]
        short = " ".join([kind, place[-1]]) if place else kind
        found[short] = max(found.get(short, 0.0), relative(ours, value, floors.get(kind, 0.0)))
    return found


def tolerance(quantity):
    is_inverse = quantity.startswith("forward_dynamics") or quantity == "inverse_mass_matrix"
    return INVERSE_TOLERANCE if is_inverse else TOLERANCE


def compare(options, name, path, floating):
    """Prints the worst error of each quantity; the numbers of checks passed and failed."""
    fixed = [] if floating else ["--fixed-base"]
    info = sinew(options.sinew, "info", path, *fixed)
    joints, links = info["coordinates"], info["links"]
    tips = [joint["child"] for joint in info["joints"].values()]
    frames = [info["root_link"]] + [tips[int(i)] for i in np.linspace(0, len(tips) - 1, 5)]
    frames = list(dict.fromkeys(frames))
    kinds = {joint: entry["type"] for joint, entry in info["joints"].items()}
    rng = np.random.default_rng(sum(name.encode()))
    reference = Reference.from_urdf(path, joints, floating)
    mass = sum(inertia.mass for inertia in reference.model.inertias)
    worst = {}

    def judge(states, flags, judged):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"frames": frames, "states": states}, file)
            file.flush()
            output = sinew(options.sinew, "eval", path, "--states", file.name, *fixed, *flags)
        worst["mass"] = abs(output["mass"] - mass) / mass
        for state, answer in zip(states, output["states"], strict=True):
            inputs = reference_inputs(state, joints, floating)
            for quantity, error in judged(answer, inputs, state["wrenches"]).items():
                worst[quantity] = max(worst.get(quantity, 0.0), error if np.isfinite(error) else np.inf)

    states = [random_state(rng, joints, floating, kinds, links) for _ in range(max(options.states, options.derivatives))]
    for start in range(0, options.states, 100):
        judge(states[start:min(start + 100, options.states)], [], lambda answer, inputs, wrenches: errors(
            answer, {**reference.evaluate(*inputs, links, frames), **reference.with_wrenches(*inputs, wrenches)},
            joints, links, frames, floating))
    judge(states[:options.derivatives], ["--derivatives"], lambda answer, inputs, _: derivative_errors(
        answer, reference.derivatives(*inputs, frames), mass))
    print(f"{name}: {len(joints)} coordinates, {len(links)} links, {options.states} states, "
          f"{options.derivatives} with derivatives")
    for quantity, error in worst.items():
        print(f"  {'good' if error <= tolerance(quantity) else 'FAIL'} {error:8.1e}  {quantity}")
    failed = sum(not error <= tolerance(quantity) for quantity, error in worst.items())
    return len(worst) - failed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sinew", default=os.environ.get("SINEW", ".build/release/sinew"), help="the sinew binary")
    parser.add_argument("--states", type=int, default=1000)
    parser.add_argument("--derivatives", type=int, default=100)
    parser.add_argument("urdf", nargs="*", help="further files to compare")
    options = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, path, floating in robots(options.urdf, folder):
            try:
                good, bad = compare(options, name, path, floating)
            except (RuntimeError, KeyError, ValueError) as error:
                print(f"{name}: FAIL {error!r}")
                good, bad = 0, 1
            passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
