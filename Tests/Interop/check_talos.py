#!/usr/bin/env python3
"""Every verb of sinew move on the left arm of PAL Robotics' TALOS, seven joints out of the package example-robot-data, judged by Pinocchio.

The arm's drives are simulated ones of Damiao's protocol: the real ones speak EtherCAT. Run by make test with SINEW, the release build.
"""
import csv
import io
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import pinocchio as pin

from report import SINEW, Report, run

ROBOTS = "cmeel.prefix/share/example-robot-data/robots/talos_data/robots/talos_reduced.urdf"
URDF = next(pathlib.Path(place) / ROBOTS for place in sys.path if (pathlib.Path(place) / ROBOTS).exists())
JOINTS = [f"arm_left_{n}_joint" for n in range(1, 8)]
HAND = "arm_left_7_link"
# The half-sitting pose of the package's SRDF, with the elbow bent so that the hand can move every way.
HOME = [0.26, 0.3, 0.0, -1.2, 0.0, 0.2, 0.1]
READY = [0.1, 0.5, 0.3, -1.5, 0.2, -0.1, 0.2]
DOWN = [0.0, 0.1, 0.0, -0.1, 0.0, 0.0, 0.0]
MODELS = ["big", "big", "big", "big", "small", "small", "small"]
LIMIT = 60


def pose(values):
    return "{" + ", ".join(f"{name}: {value}" for name, value in zip(JOINTS, values)) + "}"


def write_robot(folder, whole):
    """robot.yaml of the arm; every other joint of the model is locked where it is zero."""
    others = [name for name in whole.names[1:] if name not in JOINTS and name != "root_joint"]
    (folder / "talos.urdf").write_text(URDF.read_text())
    lines = [
        "robot: talos_arm", "urdf: talos.urdf", "base: fixed", "update_rate: 1000", "feedforward: inverse_dynamics",
        "command_timeout: 0.05", "buses:", "  arm: {interface: can0, bitrate: 1000000, dbitrate: 5000000}", "actuators:",
        "  big:", "    family: damiao", "    model: DM8009", "    watchdog: 0.02",
        "    motor: {rotor_inertia: 1.0e-3, peak_torque: 54, knee_velocity: 8, no_load_velocity: 12}",
        "    reducer: {ratio: 9, coulomb_friction: 0.2, viscous_friction: 0.05, efficiency: 0.97}",
        "  small:", "    family: damiao", "    model: DM6006", "    watchdog: 0.02",
        "    motor: {rotor_inertia: 5.0e-4, peak_torque: 20, knee_velocity: 8, no_load_velocity: 12}",
        "    reducer: {ratio: 6, coulomb_friction: 0.1, viscous_friction: 0.02, efficiency: 0.97}",
        "defaults:", "  staleness: {policy: stop, max_age: 5}", "  limits: {max_acceleration: 15}", "joints:"]
    for index, name in enumerate(JOINTS):
        gains = "{stiffness: 300, damping: 5}" if MODELS[index] == "big" else "{stiffness: 60, damping: 1.5}"
        lines.append(
            f"  {name}: {{actuator: {MODELS[index]}, bus: arm, fd: true, id: {index + 1}, master_id: {0x11 + index}, "
            f"home: {HOME[index]}, gains: {gains}}}")
    lines += [f"poses: {{ready: {pose(READY)}, down: {pose(DOWN)}}}",
              "locked_joints: {" + ", ".join(f"{name}: 0" for name in others) + "}", ""]
    (folder / "robot.yaml").write_text("\n".join(lines))


class Arm:
    """The arm as Pinocchio sees it."""

    def __init__(self):
        whole = pin.buildModelFromUrdf(str(URDF))
        self.whole = whole
        locked = [whole.getJointId(name) for name in whole.names[1:] if name not in JOINTS]
        self.model = pin.buildReducedModel(whole, locked, pin.neutral(whole))
        self.data = self.model.createData()
        self.frame = self.model.getFrameId(HAND)
        self.places = [self.model.idx_qs[self.model.getJointId(name)] for name in JOINTS]

    def hand(self, values):
        """Pose of the hand where the joints, in the order of JOINTS, are."""
        q = pin.neutral(self.model)
        for place, value in zip(self.places, values):
            q[place] = value
        pin.framesForwardKinematics(self.model, self.data, q)
        return self.data.oMf[self.frame].copy()


class Moves:
    """sinew move on the arm, each with what the drives measured."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *arguments, text=None):
        """Exit code, report, measured positions of the armed cycles by row, and what was said."""
        path = self.folder / "move.mcap"
        path.unlink(missing_ok=True)
        command = [SINEW, "move", str(self.folder), *arguments, "--pace", "fast", "--json", "--record", str(path)]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=LIMIT, check=False)
        rows = []
        if path.exists():
            code, table, _ = run("log", "export", str(path), "--csv", "-")
            if code == 0:
                read = csv.DictReader(io.StringIO(table))
                rows = [[float(row[f"{name}/position"]) for name in JOINTS] for row in read if row["safety_state"] == "2"]
        try:
            return done.returncode, json.loads(done.stdout), np.array(rows), done.stderr
        except json.JSONDecodeError:
            return done.returncode, {"steps": []}, np.array(rows), done.stderr


def to(values):
    return ",".join(f"{name}={value}" for name, value in zip(JOINTS, values))


def off(arm, rows, values):
    """Distance and angle of the hand where it ended from where it was to end."""
    found, wanted = arm.hand(rows[-1]), arm.hand(values)
    return np.linalg.norm(found.translation - wanted.translation), np.linalg.norm(pin.log3(found.rotation.T @ wanted.rotation))


def ends(report, arm, what, result, values, code=0):
    """A verb took the hand where Pinocchio says that the joints' targets are."""
    status, found, rows, said = result
    distance, angle = off(arm, rows, values) if len(rows) else (math.inf, math.inf)
    report.check(f"{what}: the hand ends where Pinocchio has it", status == code and distance < 5e-3 and angle < 0.02,
                 [status, distance, angle, found["steps"], said[:500]])


def bend(arm, rows, start, way):
    """How far the hand is from the straight line, at most, and where it turned to, until it is there."""
    length = np.linalg.norm(way)
    farthest, turned = 0, 0
    for row in rows:
        hand = arm.hand(row)
        along = (hand.translation - start.translation) @ way / length
        if along > 0.97 * length:
            return farthest, turned
        farthest = max(farthest, np.linalg.norm(hand.translation - start.translation - along * way / length))
        turned = max(turned, np.linalg.norm(pin.log3(start.rotation.T @ hand.rotation)))
    return math.inf, math.inf


def check_targets(report, arm, move):
    ends(report, arm, "movej", move("movej", "--to", to(READY), "--then", "release"), READY)
    ends(report, arm, "home", move("home", "--then", "release"), HOME)
    ends(report, arm, "down", move("down"), DOWN)
    ends(report, arm, "movej, and down by itself", move("movej", "--to", "ready"), DOWN)
    ends(report, arm, "path", move("path", "--via", f"ready;{JOINTS[3]}=-1.0;ready", "--then", "release"), READY)
    ends(report, arm, "lock", move("lock", "--for", "0.3"), HOME)
    code, found, rows, said = move("stop", "--to", to(READY), "--after", "0.2", "--then", "release")
    stopped, whole = off(arm, rows, HOME)[0], np.linalg.norm(arm.hand(HOME).translation - arm.hand(READY).translation)
    report.check("stop: the hand is on its way, and stands", code == 0 and 0.001 < stopped < 0.8 * whole and found["steps"][1]["reached"],
                 [code, stopped, whole, said])
    code, _, _, said = move("movej", "--to", f"{JOINTS[3]}=0.5")
    report.check("a target beyond a limit is refused", code == 2 and "outside its limits" in said, said)


def check_lines(report, arm, move):
    start = arm.hand(HOME)
    way = np.array([0.05, 0.02, 0.08])
    code, found, rows, said = move(
        "movel", "--link", HAND, "--from", "torso_2_link", "--by", ",".join(map(str, way)), "--then", "release")
    farthest, turned = bend(arm, rows, start, way)
    report.check("movel: straight to 2 mm, and turns by less than 0.02 rad, as measured",
                 code == 0 and farthest < 2e-3 and turned < 0.02, [code, farthest, turned, said[:500]])
    reached = arm.hand(rows[-1]).translation - start.translation - way
    report.check("movel: ends at its point to 2 mm", np.linalg.norm(reached) < 2e-3, reached)
    # The control: joints that go to the same end on their own way.
    code, _, rows, said = move("movej", "--to", to(rows[-1]), "--then", "release")
    crooked, _ = bend(arm, rows, start, way)
    report.check("movej to the same end is not straight", code == 0 and crooked > 2 * farthest, [crooked, farthest, said])


def check_streams(report, arm, move):
    lines = "".join(
        json.dumps({"time": 0.02 * n, **{name: h + (r - h) * n / 100 for name, h, r in zip(JOINTS, HOME, READY)}}) + "\n"
        for n in range(101))
    ends(report, arm, "servoj", move("servoj", "--speed", "0.5", "--then", "release", text=lines), READY)
    start = arm.hand(HOME)
    way = np.array([0.04, 0, 0.06])
    lines = "".join(
        json.dumps({"time": 0.02 * n, "position": list(start.translation + way * n / 100)}) + "\n" for n in range(101))
    code, _, rows, said = move(
        "servol", "--link", HAND, "--from", "torso_2_link", "--speed", "0.5", "--then", "release", text=lines)
    missed = np.linalg.norm(arm.hand(rows[-1]).translation - start.translation - way) if len(rows) else math.inf
    report.check("servol: ends at the last point to 3 mm", code == 0 and missed < 3e-3, [code, missed, said[:500]])
    lines = f"time,{JOINTS[3]}\n" + "".join(f"{0.05 * n:.2f},0.4\n" for n in range(20)) + "1.0,0\n"
    code, _, rows, said = move("speedj", "--speed", "0.5", "--then", "release", text=lines)
    went = rows[-1][3] - HOME[3] if len(rows) else math.inf
    report.check("speedj: 0.4 rad/s for a second are 0.4 rad", code == 0 and abs(went - 0.4) < 0.02, [code, went, said[:500]])
    lines = f"time,{JOINTS[3]}\n" + "".join(f"{0.1 * n:.1f},1.5\n" for n in range(30)) + "3.0,0\n"
    code, _, rows, said = move("speedj", "--speed", "0.5", "--then", "release", text=lines)
    highest = max(row[3] for row in rows) if len(rows) else math.inf
    report.check("speedj stops at the limit", code == 0 and -0.03 < highest < 0.01, [code, highest, said[:500]])


def main():
    report = Report()
    arm = Arm()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_robot(folder, arm.whole)
        code, _, said = run("check", str(folder))
        report.check("the arm's description is accepted", code == 0, re.sub(r"\s+", " ", said)[:1500])
        move = Moves(folder)
        check_targets(report, arm, move)
        check_lines(report, arm, move)
        check_streams(report, arm, move)
    report.close()


if __name__ == "__main__":
    main()
