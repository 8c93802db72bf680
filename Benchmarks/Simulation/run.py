"""Times the simulation beside MuJoCo's mj_step on the same robot, in turns: make bench-simulation

    python3 Benchmarks/Simulation/run.py [--for 5] [--turns 5] [--json FILE]

Ours is `sinew bench simulation`: buses, drives, actuators and body of the navigator, with and without the control loop, in
processor time of one thread. MuJoCo's is mj_step alone, on the same bodies with the same armatures at the same 4 kHz, held at
home by springs in place of drives: no bus, no drive, no motor. Medians over --turns; what is said of a target is of the
medians.
"""
import argparse
import json
import pathlib
import statistics
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parents[2] / "Tests/Interop")]
from peer_program import ROOT, build, run  # noqa: E402

import mujoco  # noqa: E402
from compare_mujoco import Theirs  # noqa: E402

SINEW = ROOT / ".build/release/sinew"
PLAIN, PROFILES = "Robots/navigator", "Robots/navigator/profiles.yaml"
#: Name, robot and rate of the motors' currents [Hz].
OURS = [("profiles, currents at 20 kHz", PROFILES, 20_000), ("profiles, currents at 4 kHz", PROFILES, 4_000),
        ("no profiles", PLAIN, 20_000)]
#: Least times real time: of which figure, with currents at which rate.
TARGETS = [("profiles, currents at 20 kHz", 20), ("profiles, currents at 4 kHz", 100)]
STEP = 250e-6


def answer(*arguments):
    """What a command of ours prints as JSON."""
    done = run(SINEW, *arguments, "--json")
    if done.returncode != 0:
        sys.exit(f"sinew {' '.join(map(str, arguments))}: {done.stderr}")
    return json.loads(done.stdout)


def ours(robot, rate, duration):
    """Times real time of the simulation, and with the control loop."""
    figures = answer("bench", "simulation", robot, "--motion", "wave", "--for", duration, "--current-rate", rate)
    return figures["simulation_real_time_factor"], figures["real_time_factor"]


def held(joints, is_dry):
    """The navigator in MuJoCo, each joint on a spring at its home."""
    theirs = Theirs((ROOT / PLAIN / "navigator.urdf").read_text(), joints, is_dry)
    model = theirs.model
    model.opt.timestep, model.opt.integrator = STEP, mujoco.mjtIntegrator.mjINT_EULER
    for dof, place, joint in zip(theirs.dofs, theirs.positions, joints.values()):
        model.jnt_stiffness[model.dof_jntid[dof]] = 300
        model.qpos_spring[place] = joint["home_rad"]
        model.dof_damping[dof] += 5
    data = mujoco.MjData(model)
    data.qpos[:] = model.qpos_spring
    return model, data


def steps(model, data, duration):
    """Times real time of mj_step."""
    begin = time.process_time()
    mujoco.mj_step(model, data, round(duration / STEP))
    return duration / (time.process_time() - begin)


def measure(duration, turns):
    """By name: the figure of each turn."""
    joints = answer("model", "roll", PLAIN, "--for", 0.01)["joints"]
    peers = [("MuJoCo, mj_step alone", held(joints, False)), ("MuJoCo, mj_step with dry friction", held(joints, True))]
    found = {}
    for _ in range(turns):
        for name, robot, rate in OURS:
            simulation, whole = ours(robot, rate, duration)
            found.setdefault(name, []).append(simulation)
            found.setdefault(f"{name}, with control loop", []).append(whole)
        for name, (model, data) in peers:
            found.setdefault(name, []).append(steps(model, data, duration))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--for", dest="duration", type=float, default=5, help="simulated seconds of a turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures to a file")
    options = parser.parse_args()
    build("sinew")
    found = measure(options.duration, options.turns)
    medians = {name: statistics.median(values) for name, values in found.items()}
    print(f"34 joints, median of {options.turns} turns of {options.duration:g} s, body at 4 kHz\n")
    print(f"{'':45} times real time   us a cycle of 1 ms   least  most")
    for name, median in medians.items():
        print(f"{name:45} {median:15.1f} {1000 / median:20.1f} {min(found[name]):7.1f} {max(found[name]):5.1f}")
    print()
    for name, least in TARGETS:
        reached = "reached" if medians[name] >= least else "not reached"
        print(f"{name}: {least} times real time is {reached}")
    if options.json:
        options.json.write_text(json.dumps({
            "schema": "benchmarks.simulation/1", "mujoco": mujoco.__version__, "seconds": options.duration,
            "real_time_factor": {name: {"median": medians[name], "turns": values} for name, values in found.items()}},
            indent=1) + "\n")


if __name__ == "__main__":
    main()
