"""Compares `sinew model eval` with Pinocchio on the unmodified files of real humanoids.

    .venv/bin/python Tests/Interop/compare_dynamics.py .build/debug/sinew [--states 100] [URDF ...]

Needs the PyPI packages pin, example-robot-data and icub-models in the environment that runs it. Robots: Talos
(talos_full_v2.urdf), iCub (iCubGazeboV2_5) and Unitree's G1, with free-floating bases, and every URDF given.

Joint positions in +-2 rad, velocities in +-2 rad/s, accelerations in +-10 rad/s2, torques in +-20 N.m, base within 2 m
and turned at random, all from a seed. The error of a quantity in a state is the largest absolute difference of its
numbers divided by the largest magnitude among Pinocchio's numbers; quaternions, which are of length one, count absolute
and up to sign. Generalised vectors are judged in two parts, base and joints. Ends with "N passed, N failed", one check
per robot and quantity, and exits with 1 when one failed.
"""

import argparse
import json
import pathlib
import site
import subprocess
import sys
import tempfile

import numpy as np

from pinocchio_reference import Reference

TOLERANCE = 1e-9
GENERALISED = ["gravity", "bias", "inverse_dynamics", "forward_dynamics"]


def installed(*patterns):
    """The first file in this environment that matches one of the patterns."""
    for root in [*site.getsitepackages(), sys.prefix]:
        for pattern in patterns:
            for path in sorted(pathlib.Path(root).glob(pattern)):
                return str(path)
    sys.exit(f"{patterns[0]} is not installed: pip install pin example-robot-data icub-models")


def robots(extra):
    data = "cmeel.prefix/share/example-robot-data/robots/"
    yield "talos", installed(data + "talos_data/robots/talos_full_v2.urdf")
    yield "icub", installed("share/iCub/robots/iCubGazeboV2_5/model.urdf")
    yield "g1", installed(data + "g1_description/urdf/g1_29dof_rev_1_0.urdf")
    for path in extra:
        yield pathlib.Path(path).stem, path


def sinew(binary, *arguments):
    run = subprocess.run([binary, "model", *arguments, "--json"], capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"exit {run.returncode}: {run.stderr.strip()}")
    return json.loads(run.stdout)


def random_state(rng, joints):
    quaternion = rng.normal(size=4)
    quaternion /= np.linalg.norm(quaternion)

    def named(bound):
        return dict(zip(joints, rng.uniform(-bound, bound, len(joints)).tolist()))

    def motion(bound):
        return {"angular": rng.uniform(-bound, bound, 3).tolist(), "linear": rng.uniform(-bound, bound, 3).tolist()}

    return {
        "q": named(2), "v": named(2), "a": named(10), "tau": named(20),
        "base": {"position": rng.uniform(-2, 2, 3).tolist(), "quaternion": quaternion.tolist()},
        "base_velocity": motion(2), "base_acceleration": motion(10),
    }


def expected(reference, state, joints, links, frames):
    def vector(key, base):
        head = [*base["angular"], *base["linear"]] if base else [0.0] * 6
        return np.array(head + [state[key][name] for name in joints])

    pose = (state["base"]["position"], state["base"]["quaternion"])
    return reference.evaluate(
        pose, np.array([state["q"][name] for name in joints]), vector("v", state["base_velocity"]),
        vector("a", state["base_acceleration"]), vector("tau", None), links, frames)


def relative(value, reference):
    return np.abs(value - reference).max() / np.abs(reference).max()


def errors(answer, reference, joints, links, frames):
    """Quantity -> relative error of one state."""
    poses = [answer["link_poses"][link] for link in links]
    found = {"link positions": relative(np.array([p["position"] for p in poses]), reference["link_poses"][:, :3])}
    ours, theirs = np.array([p["quaternion"] for p in poses]), reference["link_poses"][:, 3:]
    sign = np.sign((ours * theirs).sum(axis=1, keepdims=True))
    found["link quaternions"] = np.abs(ours * sign - theirs).max()
    found["com"] = relative(np.array(answer["com"]), reference["com"])
    for name in GENERALISED:
        found[name + " base"] = relative(np.array(answer[name]["base"]), reference[name][:6])
        found[name + " joints"] = relative(np.array([answer[name][j] for j in joints]), reference[name][6:])
    found["mass_matrix"] = relative(np.array(answer["mass_matrix"]), reference["mass_matrix"])
    for frame in frames:
        name = "jacobian " + frame
        found[name] = relative(np.array(answer["jacobians"][frame]), reference[name])
    return found


def compare(binary, name, path, count):
    """Prints the worst error of each quantity; the numbers of checks passed and failed."""
    info = sinew(binary, "info", path)
    joints, links = info["coordinates"], info["links"]
    tips = [joint["child"] for joint in info["joints"].values()]
    frames = [info["root_link"]] + [tips[int(i)] for i in np.linspace(0, len(tips) - 1, 5)]
    frames = list(dict.fromkeys(frames))
    rng = np.random.default_rng(sum(name.encode()))
    states = [random_state(rng, joints) for _ in range(count)]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"frames": frames, "states": states}, file)
        file.flush()
        output = sinew(binary, "eval", path, "--states", file.name)

    reference = Reference.from_urdf(path, joints)
    mass = sum(inertia.mass for inertia in reference.model.inertias)
    worst = {"mass": abs(output["mass"] - mass) / mass}
    for state, answer in zip(states, output["states"], strict=True):
        theirs = expected(reference, state, joints, links, frames)
        for quantity, error in errors(answer, theirs, joints, links, frames).items():
            worst[quantity] = max(worst.get(quantity, 0.0), error)
    print(f"{name}: {len(joints)} coordinates, {len(links)} links, {count} states")
    for quantity, error in worst.items():
        print(f"  {'ok  ' if error <= TOLERANCE else 'FAIL'} {error:8.1e}  {quantity}")
    failed = sum(not error <= TOLERANCE for error in worst.values())
    return len(worst) - failed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sinew", help="the sinew binary")
    parser.add_argument("--states", type=int, default=100)
    parser.add_argument("urdf", nargs="*", help="further files to compare")
    arguments = parser.parse_args()
    passed = failed = 0
    for name, path in robots(arguments.urdf):
        try:
            good, bad = compare(arguments.sinew, name, path, arguments.states)
        except (RuntimeError, KeyError, ValueError) as error:
            print(f"{name}: FAIL {error!r}")
            good, bad = 0, 1
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
