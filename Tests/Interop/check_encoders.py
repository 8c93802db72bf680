#!/usr/bin/env python3
"""Random commands and answers by pydamiao, python-cybergear and robstride, and by `sinew frame`: the same.

damiao-motor stands in check_peers.py, mini-cheetah-motor-driver-socketcan in check_wire.py and check_mit.py.
"""
import json
import math
import random
import subprocess

import can
from cybergear import CyberGearMotor
from cybergear.can_definitions import ParameterIndex
from pydamiao.protocol import DamiaoProtocol
from pydamiao.structs import MOTOR_LIMITS, MotorReg, MotorType
from robstride.client import Client

from report import SINEW, Report

SEED = 20261128
COMMANDS = 2000
HOST = 0xFD
#: pydamiao's names, where ours is not "DM" and the same number; its DMG6220 is the vendor's H6220.
DAMIAO = {kind: "DMH6220" if kind is MotorType.DMG6220 else kind.name for kind in MotorType}


def frame(direction, family, model, identifier, master, lines):
    """What `sinew frame` makes of JSON objects, one a line."""
    done = subprocess.run([SINEW, "frame", direction, "--family", family, "--model", model, "--id", str(identifier),
                           "--master-id", str(master)], input="".join(json.dumps(line) + "\n" for line in lines),
                          text=True, capture_output=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def commands(generator, position, velocity, torque, stiffness=500, damping=5):
    """Random impedance commands, up to 20 % beyond full scale, so that some saturate."""
    return [{"command": "mit", "p": generator.uniform(-1.2, 1.2) * position,
             "v": generator.uniform(-1.2, 1.2) * velocity, "kp": generator.uniform(0, 1.2) * stiffness,
             "kd": generator.uniform(0, 1.2) * damping, "t_ff": generator.uniform(-1.2, 1.2) * torque}
            for _ in range(COMMANDS)]


def bridged(data):
    """Identifier and payload of a frame for Damiao's USB adapter."""
    return int.from_bytes(data[13:17], "little"), data[21:29].hex()


def sent(frames):
    return [(frame["id"], frame["data"]) for frame in frames]


def pydamiao(report, generator):
    master = 0x11
    for kind, model in DAMIAO.items():
        limits = MOTOR_LIMITS[kind]
        asked = commands(generator, *limits)
        ours = sent(frame("encode", "damiao", model, 1, master, asked))
        theirs = [bridged(DamiaoProtocol.encode_mit_control(1, limits, kp=c["kp"], kd=c["kd"], pos=c["p"], vel=c["v"],
                                                            torque=c["t_ff"])) for c in asked]
        wrong = [(c, a, b) for c, a, b in zip(asked, ours, theirs) if a != b]
        report.check(f"pydamiao, {model}: {COMMANDS} commands", len(ours) == COMMANDS and not wrong, wrong[:1])
        answers = [bytes([generator.choice((0, 1, 8, 13)) << 4 | 1, *(generator.randrange(256) for _ in range(7))])
                   for _ in range(COMMANDS)]
        answers = [data for data in answers if data[2] not in (0x33, 0x55, 0xAA)]  # a register's answer, to both
        ours = frame("decode", "damiao", model, 1, master,
                     [{"id": master, "extended": False, "data": data.hex()} for data in answers])
        theirs = [DamiaoProtocol.decode_status(data, limits) for data in answers]
        wrong = [(d.hex(), a, b) for d, a, b in zip(answers, ours, theirs)
                 if any(abs(a[key] - value) > 1e-6 * limit for key, value, limit in zip("pvt", b, limits))]
        report.check(f"pydamiao, {model}: {len(answers)} answers", len(ours) == len(answers) > 1000 and not wrong,
                     wrong[:1])
    requests = [
        ({"command": "enable"}, DamiaoProtocol.encode_basic_command(1, DamiaoProtocol.ENABLE_CMD)),
        ({"command": "disable"}, DamiaoProtocol.encode_basic_command(1, DamiaoProtocol.DISABLE_CMD)),
        ({"command": "set_zero"}, DamiaoProtocol.encode_basic_command(1, DamiaoProtocol.SET_ZERO_CMD)),
        ({"command": "clear_fault"}, DamiaoProtocol.encode_basic_command(1, DamiaoProtocol.CLEAN_ERROR_CMD)),
        ({"command": "identify"}, DamiaoProtocol.encode_refresh_state(1)),
        ({"command": "read", "index": 21}, DamiaoProtocol.encode_read_param(1, MotorReg.PMAX)),
        ({"command": "write", "index": 9, "value": 400}, DamiaoProtocol.encode_write_param(1, MotorReg.TIMEOUT, 400)),
        ({"command": "write", "index": 22, "float": 8.5}, DamiaoProtocol.encode_write_param(1, MotorReg.VMAX, 8.5)),
    ]
    ours = sent(frame("encode", "damiao", "DM4310", 1, master, [asked for asked, _ in requests]))
    wrong = [(asked, a, bridged(b)) for (asked, b), a in zip(requests, ours) if a != bridged(b)]
    report.check("pydamiao: requests and registers", len(ours) == len(requests) and not wrong, wrong)


class Recorder:
    """A bus that keeps what was sent last."""

    def send(self, message, timeout=None):
        self.last = message.arbitration_id, bytes(message.data).hex()


def gear(identifier):
    """A host of python-cybergear without its bus and threads."""
    motor = CyberGearMotor.__new__(CyberGearMotor)
    motor._bus, motor._send_timeout, motor.can_id, motor.host_can_id = Recorder(), 0.1, identifier, HOST
    motor._feedback, motor._feedback_listeners, motor._fault_listeners = type("State", (), {"faults": None})(), [], []
    motor._parameters, motor._commanded = {}, {}
    return motor


def by(motor, call, *arguments):
    call(*arguments)
    return motor._bus.last


def cybergear(report, generator):
    motor = gear(7)
    asked = commands(generator, 12.5, 30, 12)
    ours = sent(frame("encode", "robstride", "CyberGear", 7, HOST, asked))
    theirs = [by(motor, motor.motor_control, c["t_ff"], c["p"], c["v"], c["kp"], c["kd"]) for c in asked]
    wrong = [(c, a, b) for c, a, b in zip(asked, ours, theirs) if a != b]
    report.check(f"python-cybergear: {COMMANDS} commands", len(ours) == COMMANDS and not wrong, wrong[:1])
    frames = [(0x02000000 | generator.choice((0, 2)) << 22 | generator.randrange(64) << 16 | 7 << 8 | HOST,
               generator.randbytes(8)) for _ in range(COMMANDS)]
    ours = frame("decode", "robstride", "CyberGear", 7, HOST,
                 [{"id": identifier, "extended": True, "data": data.hex()} for identifier, data in frames])
    wrong, faulty = [], 0
    for (identifier, data), own in zip(frames, ours, strict=True):
        motor._parse_motor_feedback_message(can.Message(arbitration_id=identifier, is_extended_id=True, data=data))
        state = motor._feedback
        faulty += state.faults.has_fault
        if (max(abs(own["p"] - state.position), abs(own["v"] - state.velocity), abs(own["t"] - state.torque),
                abs(own["temperature_celsius"] - state.temperature)) > 1e-9
                or bool(own["faults"]) != state.faults.has_fault):
            wrong.append((hex(identifier), data.hex(), own, state))
    report.check(f"python-cybergear: {COMMANDS} answers, {faulty} of them with faults",
                 len(ours) == COMMANDS and 1000 < faulty < COMMANDS and not wrong, wrong[:1])
    requests = [
        ({"command": "enable"}, lambda: motor._send_message(0x03000000, bytes(8))),
        ({"command": "disable"}, motor.disable), ({"command": "set_zero"}, motor.reset_zero_position),
        ({"command": "write", "index": 0x700B, "float": 6.5}, lambda: setattr(motor, "limit_torque", 6.5)),
        ({"command": "write", "index": 0x7005, "value": 2}, lambda: setattr(motor, "run_mode", "speed")),
        ({"command": "read", "index": 0x7019}, lambda: motor._send_message(
            0x11000000, int(ParameterIndex.mech_pos).to_bytes(8, "little"))),
    ]
    ours = sent(frame("encode", "robstride", "CyberGear", 7, HOST, [asked for asked, _ in requests]))
    theirs = [by(motor, call) for _, call in requests]
    wrong = [(request[0], a, b) for request, a, b in zip(requests, ours, theirs) if a != b]
    report.check("python-cybergear: requests and parameters", len(ours) == len(requests) and not wrong, wrong)


def robstride(report, generator):
    """Its position is of 4 pi where the maker's sample has 12.57; mode and faults: Documentation/Peers.md."""
    client = Client(None, host_can_id=HOST)
    for model, number in (("RS02", 1), ("RS04", 2)):
        frames = [(0x02000000 | 2 << 22 | 7 << 8 | HOST, generator.randbytes(8)) for _ in range(COMMANDS)]
        ours = frame("decode", "robstride", model, 7, HOST,
                     [{"id": identifier, "extended": True, "data": data.hex()} for identifier, data in frames])
        wrong = []
        for (identifier, data), own in zip(frames, ours, strict=True):
            answer = can.Message(arbitration_id=identifier, is_extended_id=True, data=data)
            state = client._parse_feedback_resp(answer, 7, number)
            if max(abs(own["p"] - state.angle * 12.57 / (4 * math.pi)), abs(own["v"] - state.velocity),
                   abs(own["t"] - state.torque), abs(own["temperature_celsius"] - state.temp)) > 1e-9:
                wrong.append((data.hex(), own, state))
        report.check(f"robstride, {model}: {COMMANDS} answers", not wrong, wrong[:1])


def main():
    report = Report()
    generator = random.Random(SEED)
    pydamiao(report, generator)
    cybergear(report, generator)
    robstride(report, generator)
    report.close()


if __name__ == "__main__":
    main()
