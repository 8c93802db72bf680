#!/usr/bin/env python3
"""Golden frames of random motion against damiao-motor, a peer that speaks Damiao's protocol.

Firmware-Interfaces/Vectors/damiao_random.json holds what damiao-motor 1.0.6 makes of random commands and
feedback. This script asks the installed package again and compares to the bit; the test suite runs the same rows
through our codec. Together: our bytes are the peer's bytes. With --write it makes the file anew.
"""
import importlib.metadata
import json
import pathlib
import random
import sys

from damiao_motor import DaMiaoMotor

from report import Report

FILE = pathlib.Path(__file__).resolve().parents[2] / "Firmware-Interfaces/Vectors/damiao_random.json"
SEED = 20261122
MODELS = ("4310", "4340", "8009", "10010L")
COMMANDS = 64
FEEDBACK = 32


def drive(model):
    return DaMiaoMotor(1, 0x11, None, motor_type=model)


def full_scale(motor):
    return {"position": motor._p_max, "velocity": motor._v_max, "torque": motor._t_max,
            "stiffness": 500, "damping": 5}


def encode(motor, command):
    position, velocity, stiffness, damping, torque = command
    return motor.encode_cmd_msg(position, velocity, torque, stiffness, damping).hex()


def decode(motor, data):
    state = motor.decode_sensor_feedback(bytes.fromhex(data), 0x11)
    return [state["status_code"], state["pos"], state["vel"], state["torq"], state["t_mos"], state["t_rotor"]]


def random_rows(motor, generator):
    """Commands up to 20 % beyond full scale, so that some saturate, and feedback of any word."""
    full = full_scale(motor)
    commands = []
    for _ in range(COMMANDS):
        signed = {key: generator.uniform(-1.2, 1.2) * full[key] for key in ("position", "velocity", "torque")}
        command = [signed["position"], signed["velocity"], generator.uniform(0, 1.2) * full["stiffness"],
                   generator.uniform(0, 1.2) * full["damping"], signed["torque"]]
        commands.append(command + [encode(motor, command)])
    feedback = []
    for _ in range(FEEDBACK):
        status = generator.choice((0, 1, 8, 9, 10, 11, 12, 13, 14))
        # With byte 3 below 82 a frame could be taken for a register reply; such words stay out.
        words = [generator.randrange(256) for _ in range(7)]
        words[2] = generator.randrange(82, 256)
        data = bytes([status << 4 | 1, *words]).hex()
        feedback.append([data, decode(motor, data)])
    return {"range": dict(model=motor.motor_type, **full), "commands": commands, "feedback": feedback}


def write():
    generator = random.Random(SEED)
    models = [random_rows(drive(model), generator) for model in MODELS]
    lines = [
        f'  "family": "damiao", "seed": {SEED},',
        '  "provenance": "PyPI damiao-motor 1.0.6: encode_cmd_msg, decode_sensor_feedback; '
        'made by Tests/Interop/check_peers.py --write",',
        '  "columns": {"commands": ["position", "velocity", "stiffness", "damping", "torque", "data"], '
        '"feedback": ["data", ["status", "position", "velocity", "torque", "driver temperature", '
        '"rotor temperature"]]},',
    ]
    blocks = []
    for model in models:
        commands = ",\n".join("      " + json.dumps(row) for row in model["commands"])
        feedback = ",\n".join("      " + json.dumps(row) for row in model["feedback"])
        blocks.append(f'    {{"range": {json.dumps(model["range"])},\n    "commands": [\n{commands}\n    ],\n'
                      f'    "feedback": [\n{feedback}\n    ]}}')
    FILE.write_text("{\n" + "\n".join(lines) + '\n  "models": [\n' + ",\n".join(blocks) + "\n  ]\n}\n")


def main():
    if "--write" in sys.argv[1:]:
        write()
    report = Report()
    version = importlib.metadata.version("damiao-motor")
    report.check("damiao-motor is the version of the file", version == "1.0.6", version)
    models = json.loads(FILE.read_text())["models"]
    report.check("every model is there", [model["range"]["model"] for model in models] == list(MODELS))
    for model in models:
        name = model["range"]["model"]
        motor = drive(name)
        report.check(f"{name}: scale", model["range"] == dict(model=name, **full_scale(motor)))
        wrong = [row for row in model["commands"] if encode(motor, row[:5]) != row[5]]
        report.check(f"{name}: {COMMANDS} commands", not wrong and len(model["commands"]) == COMMANDS, wrong[:1])
        wrong = [row for row in model["feedback"] if decode(motor, row[0]) != row[1]]
        report.check(f"{name}: {FEEDBACK} feedback frames", not wrong and len(model["feedback"]) == FEEDBACK,
                     wrong[:1])
    report.close()


if __name__ == "__main__":
    main()
