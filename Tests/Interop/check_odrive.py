#!/usr/bin/env python3
"""A run of simulated ODrives, frame by frame, as the DBC files of odrive-can read it: both sides of every bus."""
import collections
import math
import pathlib
import tempfile

import can
import cantools
import odrive_can

from report import Report, run

DATABASES = pathlib.Path(odrive_can.__file__).parent / "dbc"
NODES = (0, 5)
LIMIT = {"odrive": 0.083 * 40, "odrive_05": 0.083 * 60}
CONSTANT = 0.083

URDF = """<robot name="arm">
  <link name="base"/>
  {links}
</robot>
"""
LINK = """
  <link name="{name}_link"><inertial><origin xyz="0 0 -0.15"/><mass value="1"/>
    <inertia ixx="0.002" ixy="0" ixz="0" iyy="0.002" iyz="0" izz="0.002"/></inertial></link>
  <joint name="{name}" type="revolute"><origin xyz="0 0 {height}"/><parent link="{parent}"/><child link="{name}_link"/>
    <axis xyz="0 1 0"/><limit lower="-2" upper="2" velocity="6" effort="15"/></joint>"""
ROBOT = """robot: arm
urdf: arm.urdf
base: fixed
update_rate: 1000
feedforward: gravity
buses:
  only: {{interface: can0, bitrate: 1000000}}
actuators:
  joint:
    family: {family}
    model: {model}
    watchdog: 0.02
    motor: {{rotor_inertia: 1.6e-4, peak_torque: 17, knee_velocity: 15, no_load_velocity: 40}}
    reducer: {{ratio: 7}}
defaults:
  gains: {{stiffness: 60, damping: 1.5}}
  limits: {{max_acceleration: 80}}
joints:
  shoulder: {{actuator: joint, bus: only, id: {nodes[0]}}}
  elbow: {{actuator: joint, bus: only, id: {nodes[1]}, reducer: {{sign: -1, offset: 0.25}}}}
"""
MOTION = """motion: swing
joint_names: [shoulder, elbow]
points:
  - {time_from_start: 0, positions: [0, 0]}
  - {time_from_start: 0.8, positions: [0.7, -0.5]}
  - {time_from_start: 1.6, positions: [0, 0]}
"""


def record(folder, family, model):
    """Runs the robot; its trace, or None, and what it complained of."""
    (folder / "motions").mkdir()
    (folder / "arm.urdf").write_text(URDF.format(links=LINK.format(name="shoulder", parent="base", height=0)
                                                 + LINK.format(name="elbow", parent="shoulder_link", height=-0.3)))
    (folder / "robot.yaml").write_text(ROBOT.format(family=family, model=model, nodes=NODES))
    (folder / "motions" / "swing.yaml").write_text(MOTION)
    trace = folder / "swing.log"
    code, _, errors = run("run", str(folder), "--motion", "swing", "--pace", "fast", "--trace", str(trace))
    return trace if code == 0 else None, errors


def read(trace, database, report, name):
    """Every frame as (time, node, message, signals); questions have no signals."""
    frames, unknown, lengths = [], set(), set()
    for frame in can.CanutilsLogReader(str(trace)):
        try:
            message = database.get_message_by_frame_id(frame.arbitration_id)
        except KeyError:
            unknown.add(hex(frame.arbitration_id))
            continue
        title = message.name.split("_", 1)[1]
        if frame.dlc != message.length and not (frame.dlc == 0 and title in ("Get_Iq", "Get_Version")):
            lengths.add((title, frame.dlc))
            continue
        signals = message.decode(bytes(frame.data), decode_choices=False) if frame.dlc == message.length else None
        frames.append((frame.timestamp, frame.arbitration_id >> 5, title, signals))
    report.check(f"{name}: every frame is one of the DBC", frames and not unknown, sorted(unknown))
    report.check(f"{name}: every frame has its length", not lengths, sorted(lengths))
    return frames


def check_node(report, name, frames, family):
    """What one node said and was told."""
    is_new = family == "odrive"
    times, estimates, targets, states = [], [], [], collections.Counter()
    torque, asked, limit, modes, worst = 0.0, 0, LIMIT[family], set(), 0.0
    for time, _, title, signals in frames:
        if title == "Set_Input_Torque":
            torque = signals["Input_Torque"]
            worst = max(worst, abs(torque))
        elif title == "Set_Controller_Mode":
            modes.add((signals["Control_Mode"], signals["Input_Mode"]))
        elif title == "Get_Encoder_Estimates":
            times.append(time)
            estimates.append((signals["Pos_Estimate"], signals["Vel_Estimate"]))
        elif title == ("Get_Torques" if is_new else "Get_Iq"):
            if signals is None:
                asked += 1
            else:
                target = signals["Torque_Target"] if is_new else signals["Iq_Setpoint"] * CONSTANT
                targets.append((target, torque))
        elif title == "Heartbeat":
            states[signals["Axis_State"], signals["Axis_Error"]] += 1
    distance = (times[-1] - times[0]) / (len(times) - 1)
    report.check(f"{name}: estimates every millisecond", abs(distance - 0.001) < 1e-5, distance)
    turned = sum((a[1] + b[1]) / 2 * (t - s) for a, b, s, t in zip(estimates, estimates[1:], times, times[1:]))
    off = abs(estimates[-1][0] - estimates[0][0] - turned)
    report.check(f"{name}: velocity [rev/s] is the slope of position [rev]", off < 0.01, off)
    swing = max(position for position, _ in estimates) - min(position for position, _ in estimates)
    expected = (0.7 if "node 0" in name else 0.5) * 7 / (2 * math.pi)
    report.check(f"{name}: the shaft turns as far as the motion says, in revolutions",
                 abs(swing - expected) < 0.15 * expected, (swing, expected))
    report.check(f"{name}: torque mode with passthrough", modes == {(1, 1)}, modes)
    # The answer may have left before the newest command arrived, so some lag by one; most do not.
    same = sum(abs(target - torque) < 0.1 * worst for target, torque in targets)
    driven = sum(target != 0 for target, _ in targets)
    report.check(f"{name}: the drive aims at the torque it was sent", driven > 50 and same > 0.9 * len(targets),
                 (same, driven, len(targets)))
    report.check(f"{name}: commands stay within the current limit", 0.02 < worst <= limit * (1 + 1e-6), worst)
    report.check(f"{name}: asked for its current, where it does not tell", (asked > 100) != is_new, asked)
    watchdog = 0x1000000 if is_new else 0x800
    kinds = {(1, 0), (8, 0), (1, watchdog)}
    report.check(f"{name}: heartbeats: idle, closed loop, and the watchdog that bring-up tries",
                 set(states) == kinds and states[8, 0] > 15, dict(states))


def main():
    report = Report()
    for family, model, file in (("odrive", "S1_M8325s", "odrive-cansimple-0.6.10.dbc"),
                                ("odrive_05", "v3.6_M8325s", "odrive-cansimple-0.5.6.dbc")):
        with tempfile.TemporaryDirectory() as folder:
            trace, errors = record(pathlib.Path(folder), family, model)
            if not report.check(f"{family}: the motion is played", trace is not None, errors.strip()[-600:]):
                continue
            frames = read(trace, cantools.database.load_file(str(DATABASES / file)), report, family)
            for node in NODES:
                own = [frame for frame in frames if frame[1] == node]
                check_node(report, f"{family}, node {node}", own, family)
    report.close()


main()
