#!/usr/bin/env python3
"""A whole run of MIT drives, read by mini-cheetah-motor-driver-socketcan, a peer that speaks their protocol.

Each command on the bus is what the peer sends for the same numbers; each answer of a simulated drive reads the same to
the peer and to `sinew frame decode`; enter and exit are the peer's frames, in the order that its authors ask for.
"""
import contextlib
import io
import json
import pathlib
import subprocess
import tempfile

from motor_driver import canmotorlib

from report import SINEW, Report, run

#: By identifier: our model, the peer's.
MODELS = {1: ("AK80-9_V1.1", "AK80_9_V1p1"), 2: ("AK70-10_V1.1", "AK70_10_V1p1")}
ZERO = "7fff7ff0000007ff"

URDF = """<robot name="arm"><link name="base"/>
{links}</robot>
"""
LINK = """<link name="l{n}"><inertial><origin xyz="0 0 -0.1"/><mass value="0.5"/>
<inertia ixx="0.002" ixy="0" ixz="0" iyy="0.002" iyz="0" izz="0.002"/></inertial></link>
<joint name="j{n}" type="revolute"><origin xyz="0 0 {z}"/><parent link="{parent}"/><child link="l{n}"/><axis xyz="0 1 0"/>
<limit lower="-2" upper="2" velocity="6" effort="8"/></joint>
"""
YAML = """robot: arm
urdf: arm.urdf
base: fixed
update_rate: 1000
buses:
  only: {{interface: can0, bitrate: 1000000}}
actuators:
{actuators}defaults:
  gains: {{stiffness: 30, damping: 1}}
  limits: {{max_acceleration: 60}}
joints:
{joints}"""
ACTUATOR = """  a{n}:
    family: mit
    model: {model}
    watchdog: 0.025
    motor: {{rotor_inertia: 3.0e-5, peak_torque: 12, knee_velocity: 10, no_load_velocity: 20}}
"""
MOTION = """motion: swing
joint_names: [j1, j2]
points:
  - {time_from_start: 0.0, positions: [0.0, 0.0]}
  - {time_from_start: 0.6, positions: [0.7, -0.8]}
  - {time_from_start: 1.2, positions: [-0.4, 0.5]}
"""


class Peer(canmotorlib.CanMotorController):
    """The peer without its socket: keeps what it sends, and is answered at once."""

    answer = b""

    def _send_can_frame(self, data):
        self.sent = bytes(data)

    def _recv_can_frame(self):
        return 0, len(self.answer), self.answer


def write_robot(folder):
    links = "".join(LINK.format(n=n, z=0 if n == 1 else -0.2, parent="base" if n == 1 else "l1") for n in MODELS)
    actuators = "".join(ACTUATOR.format(n=n, model=MODELS[n][0]) for n in MODELS)
    joints = "".join(f"  j{n}: {{actuator: a{n}, bus: only, id: {n}}}\n" for n in MODELS)
    (folder / "arm.urdf").write_text(URDF.format(links=links))
    (folder / "robot.yaml").write_text(YAML.format(actuators=actuators, joints=joints))
    (folder / "swing.yaml").write_text(MOTION)


def frames(path):
    """Identifier and data of each line of the trace, in order."""
    for line in path.read_text().splitlines():
        identifier, data = line.split()[-1].split("#")
        yield int(identifier, 16), data.lower()


def numbers(data, parameters):
    """The middle of each word of a command, so that the peer's own rounding gives the word again."""
    raw = int(data, 16)
    words = [(raw >> 48, 16, "P"), (raw >> 36 & 0xFFF, 12, "V"), (raw >> 24 & 0xFFF, 12, "KP"),
             (raw >> 12 & 0xFFF, 12, "KD"), (raw & 0xFFF, 12, "T")]
    for word, bits, name in words:
        low, high = parameters[f"{name}_MIN"], parameters[f"{name}_MAX"]
        yield min(high, low + (word + 0.5) * (high - low) / (2**bits - 1))


def decoded(identifier, answers):
    """What our driver reads in answers, by `sinew frame decode`."""
    lines = "\n".join(f"can0 000#{data}" for data in answers) + "\n"
    done = subprocess.run([SINEW, "frame", "decode", "--family", "mit", "--model", MODELS[identifier][0], "--id",
                           str(identifier)], input=lines, text=True, capture_output=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_drive(report, identifier, lines):
    commands = [data for number, data in lines if number == identifier]
    answers = [data for number, data in lines if number == 0 and int(data[:2], 16) == identifier]
    with contextlib.redirect_stdout(io.StringIO()):
        peer = Peer(motor_type=MODELS[identifier][1])
    peer.answer = bytes.fromhex(answers[0])
    actions = {}
    for name, call in (("enter", peer.enable_motor), ("exit", peer.disable_motor)):
        with contextlib.redirect_stdout(io.StringIO()):
            call()
        actions[peer.sent.hex()] = name
    kinds = []
    for data in commands:
        kind = actions.get(data, "zero" if data == ZERO else "command")
        if not kinds or kinds[-1] != kind:
            kinds.append(kind)
    name = MODELS[identifier][0]
    report.check(f"{name}: let go, off, on, commands, let go, off, in the peer's frames",
                 kinds == ["zero", "exit", "enter", "command", "zero", "exit"], kinds)
    moving = [data for data in commands if data not in actions]
    wrong = []
    for data in moving:
        peer.send_rad_command(*numbers(data, peer.motorParams))
        if peer.sent.hex() != data:
            wrong.append((data, peer.sent.hex()))
    report.check(f"{name}: {len(moving)} commands are the peer's for the same numbers", len(moving) > 1000 and not wrong,
                 wrong[:1])
    wrong = []
    for data, ours in zip(answers, decoded(identifier, answers), strict=True):
        peer.answer = bytes.fromhex(data)
        theirs = peer.send_rad_command(0, 0, 0, 0, 0)
        if ours["kind"] != "part" or any(abs(ours[key] - value) > 1e-9 for key, value in zip("pvt", theirs)):
            wrong.append((data, ours, theirs))
    report.check(f"{name}: {len(answers)} answers read the same", len(answers) > 1000 and not wrong, wrong[:1])


def main():
    report = Report()
    canmotorlib.CanMotorController.can_socket_declared = True  # so that it opens none
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_robot(folder)
        code, out, errors = run("check", str(folder))
        report.check("check passes and warns of watchdog, scale and shared identifier",
                     code == 0 and out.count("warning: ") == 5 and "25.0 ms is what" in out, out + errors)
        trace = folder / "trace.log"
        code, _, errors = run("run", str(folder), "--motion", str(folder / "swing.yaml"), "--pace", "fast",
                              "--trace", str(trace))
        if report.check("two MIT drives swing an arm: exit 0", code == 0, errors):
            lines = list(frames(trace))
            for identifier in MODELS:
                check_drive(report, identifier, lines)
    report.close()


if __name__ == "__main__":
    main()
