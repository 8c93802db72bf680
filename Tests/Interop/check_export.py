#!/usr/bin/env python3
"""`sinew export dbc`: the files as cantools reads them, beside `sinew frame`, on 10,000 random frames a family."""
import json
import math
import pathlib
import random
import struct
import subprocess
import tempfile

import cantools

from drive_robots import FAMILIES, write_robot
from report import SINEW, Report, run

FRAMES = 10_000
SEED = 20261128
#: Families as `sinew frame` names them, with the model.
MODELS = {"damiao": "DM4310", "damiao_fd": "DM4310", "robstride": "RS02", "cybergear": "CyberGear", "mit": "AK80-9",
          "canopen": "CiA402", "odrive": "S1_M8325s", "odrive_05": "v3.6_M8325s", "moteus": "moteus",
          "myactuator": "X8-90"}
NAMES = {"damiao_fd": "damiao", "cybergear": "robstride"}
#: Our name of a value by the DBC's.
VALUES = {"Position": "p", "Velocity": "v", "Torque": "t"}


def frame(direction, family, lines, drive, scale):
    arguments = ["--family", NAMES.get(family, family), "--model", MODELS[family], "--id", str(drive["id"]),
                 "--master-id", str(drive["master_id"])]
    if family == "damiao_fd":
        arguments.append("--fd")
    if scale:
        arguments += ["--range", ",".join(repr(number) for number in scale)]
    if family == "moteus":
        arguments += ["--watchdog", "0.04"]
    done = subprocess.run([SINEW, "frame", direction, *arguments], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, timeout=300)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def close(got, expected):
    return abs(got - expected) <= 1e-9 * max(1.0, abs(expected))


def payloads(generator, family, message):
    """Random bytes; where words are floats, random numbers, as not every pattern is one."""
    floats = [signal for signal in message.signals if signal.is_float]
    for _ in range(FRAMES):
        data = bytearray(generator.randbytes(message.length))
        for signal in floats:
            struct.pack_into("<f", data, signal.start // 8, generator.uniform(-200, 200))
        if family == "moteus":
            # The registers that the loop asks for, where the loop's frames have them.
            data[0:2], data[3:5], data[17:19], data[20:22] = b"\x21\x00", b"\x2f\x01", b"\x21\x0a", b"\x22\x0e"
        if family == "mit":
            data[0] = 1
        if family == "myactuator":
            data[0] = generator.choice((0xA1, 0x92, 0x9C))
        if family in ("damiao", "damiao_fd"):
            data[0] = data[0] & 0xF0 | 1
            # Register replies share the identifier.
            data[1] = data[1] or 1
        yield bytes(data)


def answers(report, family, database, drive, scale):
    """Frames from the first drive: cantools by the robot's file, and our codec, must read the same numbers."""
    generator = random.Random(SEED)
    suffixes = {"canopen": ["State", "Detail"], "odrive": ["Estimates", "Torques"], "odrive_05": ["Estimates", "Current"],
                "mit": []}
    names = [f"first_{suffix}" for suffix in suffixes.get(family, ["Feedback"])] or ["MIT_Feedback_0"]
    for name in names:
        message = database.get_message_by_name(name)
        data = list(payloads(generator, family, message))
        if name.endswith("Detail"):
            data = [value[:6] + b"\x0a" + value[7:] for value in data]
        lines = [json.dumps({"id": message.frame_id, "extended": message.is_extended_frame, "data": value.hex()})
                 for value in data]
        ours, errors = frame("decode", family, lines, drive, scale)
        compared, wrong = 0, []
        for value, own in zip(data, ours):
            theirs = message.decode(value, decode_choices=False)
            for key, mine in VALUES.items():
                label = f"{key}_first" if family == "mit" else key
                if family == "myactuator" and value[0] == 0x9C:
                    label = f"{key}_Status2"
                if label in theirs and mine in own:
                    compared += 1
                    if not close(own[mine], theirs[label]):
                        wrong.append((value.hex(), key, own[mine], theirs[label]))
        report.check(f"{family}: {len(data)} random frames {name}, {compared} values, read alike by cantools and sinew frame",
                     len(ours) == FRAMES and compared >= FRAMES and not wrong, f"{wrong[:2]} {len(ours)} {errors[-200:]}")


def commands(report, family, database, drive, scale):
    """Commands that our codec writes read as what was commanded, within a step of the word."""
    generator = random.Random(SEED + 1)
    message = database.get_message_by_name("first_Command")
    limits = {signal.name: (signal.minimum, signal.maximum, signal.scale) for signal in message.signals}
    keys = {"Position": "p", "Velocity": "v", "Stiffness": "kp", "Damping": "kd", "Torque": "t_ff"}
    wanted, lines = [], []
    for _ in range(FRAMES):
        values = {}
        for name, key in keys.items():
            if name not in limits:
                continue
            low, high, _ = limits[name]
            if message.get_signal_by_name(name).is_float:
                low, high = {"Torque": (-1, 1), "Stiffness": (0, 0.6), "Damping": (0, 0.007)}.get(name, (-6, 6))
            if family == "canopen" and name == "Position":
                low, high = -100, 100
            if family == "myactuator":
                # What is rated is less than what the word reaches.
                low, high = -20, 20
            values[name] = generator.uniform(low, high)
        wanted.append(values)
        lines.append(json.dumps({"command": "mit", **{keys[name]: value for name, value in values.items()}}))
    frames, errors = frame("encode", family, lines, drive, scale)
    wrong = []
    for values, sent in zip(wanted, frames):
        same = sent["id"] == message.frame_id or family in ("robstride", "cybergear") \
            and sent["id"] & 0x1F0000FF == message.frame_id & 0x1F0000FF
        read = message.decode(bytes.fromhex(sent["data"]), decode_choices=False)
        for name, value in values.items():
            step = abs(limits[name][2])
            if message.get_signal_by_name(name).is_float:
                step = 1e-6 * max(1.0, abs(value))
            if not same or abs(read[name] - value) > 1.001 * step:
                wrong.append((sent, name, value, read[name]))
    report.check(f"{family}: {FRAMES} random commands read as what was commanded", len(frames) == FRAMES and not wrong,
                 f"{wrong[:2]} {len(frames)} {errors[-200:]}")


def check_family(report, folder, family):
    robot = write_robot(folder / family, family)
    code, text, errors = run("export", "dbc", str(robot))
    if not report.check(f"{family}: one bus goes to standard output", code == 0 and text.startswith("VERSION"), errors):
        return
    database = cantools.database.load_string(text, "dbc", strict=True)
    hosts = {"canopen": 127, "moteus": 0, "odrive": 0, "odrive_05": 0, "myactuator": 0}
    drive = {"id": 1, "master_id": hosts.get(family, int(FAMILIES[family][3][0] or "0", 0))}
    scale = None
    if family == "moteus":
        scale = (256 * math.pi, 1000 * math.pi, 5, 2, 0.05)
    if family == "canopen":
        turns = 2147483648 / 65536 * 2 * math.pi
        scale = (turns, turns, 32768 / 1000 * 2, 1, 1)
    names = {message.name for message in database.messages}
    report.check(f"{family}: both drives are described, by the names of their joints",
                 {"first_Command", "second_Command"} <= names, names)
    answers(report, family, database, drive, scale)
    commands(report, family, database, drive, scale)


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for family in FAMILIES:
            check_family(report, folder, family)
        code, _, errors = run("export", "dbc", "Robots/navigator", "--output", str(folder / "all"))
        files = sorted((folder / "all").glob("*.dbc"))
        messages = 0
        for file in files:
            messages += len(cantools.database.load_file(file, strict=True).messages)
        report.check("navigator: a file a bus, each read strictly", code == 0 and len(files) == 13 and messages > 68,
                     f"{len(files)} files, {messages} messages: {errors}")
        # The control: a file of another robot's scale must not read the same.
        other = cantools.database.load_file(folder / "all" / "left_wrist.dbc", strict=True)
        arm = cantools.database.load_file(folder / "all" / "left_arm.dbc", strict=True)
        data = bytes.fromhex("1180008008001920")
        report.check("another drive's scale reads another velocity",
                     other.get_message_by_name("Wrist_Z_L_Feedback").decode(data)["Velocity"]
                     != arm.get_message_by_name("Elbow_L_Feedback").decode(data)["Velocity"])
        code, out, errors = run("export", "dbc", "Robots/navigator")
        report.check("several buses want a directory, exit 2", code == 2 and out == "" and "--output" in errors, errors)
        code, _, errors = run("export", "dbc", "Robots/navigator", "--bus", "left_am")
        report.check("an unknown bus is told with the nearest, exit 2", code == 2 and "'left_arm'" in errors, errors)
        code, _, errors = run("export", "dbc", "Robots/navigator", "--output", "/proc/none")
        report.check("a directory that cannot be written is told, exit 3", code == 3 and "/proc/none" in errors, errors)
    report.close()


if __name__ == "__main__":
    main()
