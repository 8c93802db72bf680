#!/usr/bin/env python3
"""What the tuner's gains do for a humanoid that waves: every joint tuned in simulation, then the same motion with both sets of gains.

    make tuned-wave

Joints whose shipped gains are at the bound (stiffer than what keeps every limit, with 45 deg of phase left) keep them, and so do those
that an experiment under a third of the torque and ten degrees of travel does not identify. Works on a copy of the robot.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

SINEW = ".build/release/sinew"
ROBOT = pathlib.Path("Robots/navigator")


def sinew(*arguments):
    done = subprocess.run([SINEW, *map(str, arguments), "--json"], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    return json.loads(done.stdout)


def rms(report):
    values = [joint["tracking_rms_rad"] for joint in report["joints"].values()]
    return (sum(value * value for value in values) / len(values)) ** 0.5, max(values)


def main():
    with tempfile.TemporaryDirectory() as folder:
        robot = pathlib.Path(folder) / "robot"
        shutil.copytree(ROBOT, robot)
        joints = sinew("tune", "all", robot)["joints"]
        outcomes = {}
        for name, joint in joints.items():
            outcomes.setdefault(joint["outcome"], []).append(name)
        for outcome, names in sorted(outcomes.items()):
            print(f"{len(names):2} {outcome}: {', '.join(names)}")
        gains = [f"{name}={joints[name]['design']['after']['stiffness_nm_rad']},{joints[name]['design']['after']['damping_nms_rad']}"
                 for name in outcomes.get("designed", ())]
        sinew("gains", "set", robot, *gains, "--note", "sinew tune all")
        worse = 0
        for motion in ("wave", "squat"):
            before, after = (rms(sinew("run", robot, "--motion", motion, "--pace", "fast", "--gains", choice))
                             for choice in ("saved", "trial"))
            print(f"{motion}: tracking {1000 * before[0]:.3f} mrad rms with the shipped gains, {1000 * after[0]:.3f} with the tuner's; "
                  f"worst joint {1000 * before[1]:.3f} and {1000 * after[1]:.3f}")
            worse += after[0] >= before[0]
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
