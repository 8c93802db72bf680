#!/usr/bin/env python3
"""What the tuner's gains do for a humanoid that waves: every joint tuned in simulation, then the same motion with both sets of gains.

    make tuned-wave

Each joint's line says the gains, stiffness and damping, their phase margin on the joint as it was identified, how it followed two motions,
and what bounds the tuner's gains. Shipped gains that are stiffer and have 45 deg and 6 dB stay, and so do those of a joint that an
experiment under half of its torque does not identify. Works on a copy of the robot.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

SINEW = ".build/release/sinew"
ROBOT = pathlib.Path("Robots/navigator")
MOTIONS = ("wave", "squat")


def sinew(*arguments):
    done = subprocess.run([SINEW, *map(str, arguments), "--json"], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    return json.loads(done.stdout)


def tracking(robot, motion, gains):
    """How far each joint was from where it should be [mrad rms]."""
    report = sinew("run", robot, "--motion", motion, "--pace", "fast", "--gains", gains)
    return {name: 1000 * joint["tracking_rms_rad"] for name, joint in report["joints"].items()}


def whole(joints):
    return (sum(value * value for value in joints.values()) / len(joints)) ** 0.5


def text(gains):
    return f"{gains['stiffness_nm_rad']:g} / {gains['damping_nms_rad']:g}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        robot = pathlib.Path(folder) / "robot"
        shutil.copytree(ROBOT, robot)
        joints = sinew("tune", "all", robot)["joints"]
        gains = [f"{name}={joint['design']['after']['stiffness_nm_rad']},{joint['design']['after']['damping_nms_rad']}"
                 for name, joint in joints.items() if joint["outcome"] == "designed"]
        sinew("gains", "set", robot, *gains, "--note", "sinew tune all")
        before, after = ({motion: tracking(robot, motion, choice) for motion in MOTIONS} for choice in ("saved", "trial"))
    print(f"{'joint':14} {'outcome':9} {'shipped':>14} {'deg':>4} {'tuned':>14} {'deg':>4}"
          + "".join(f" {motion + ' mrad':>14}" for motion in MOTIONS) + "  bound, or why not")
    for name, joint in joints.items():
        design = joint["design"]
        why = design["bound"] if design else ""
        why = next((check["note"] or check["title"] for check in joint["checks"] if not check["passed"]), why)
        margins = [design and design["figures"].get(key, {}).get("value") for key in ("in_use_phase_margin_deg", "phase_margin_deg")]
        shown = [f"{margin:.0f}" if margin else "-" for margin in margins]
        moved = "".join(f" {before[motion][name]:6.3f} {after[motion][name]:7.3f}" for motion in MOTIONS)
        print(f"{name:14} {joint['outcome']:9} {text(design['before']) if design else '-':>14} {shown[0]:>4} "
              f"{text(design['after']) if design else '-':>14} {shown[1]:>4}{moved}  {why}")
    worse = 0
    for motion in MOTIONS:
        old, new = whole(before[motion]), whole(after[motion])
        print(f"{motion}: tracking {old:.3f} mrad rms with the shipped gains, {new:.3f} with the tuner's "
              f"({100 * (new / old - 1):+.1f} %)")
        worse += new >= old
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
