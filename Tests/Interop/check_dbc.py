#!/usr/bin/env python3
"""Decodes the golden frames with the published DBC files, by cantools, and compares every number.

A DBC file holds the scale of one model. Rows of that model must decode to the row's numbers; rows of other
models must decode to the same raw words, which are then scaled by the row's own range.
"""
import json
import math
import pathlib

import cantools

from report import Report

ROOT = pathlib.Path(__file__).resolve().parents[2] / "Firmware-Interfaces"
# Bits of a 29-bit identifier that say which message it is; the others carry data. An 11-bit one lies within.
ADDRESS = 0x1F0000FF
FIELDS = ("position", "velocity", "stiffness", "damping", "torque")


def check(report, what, got, expected, tolerance=0.0):
    report.check(what, abs(got - expected) <= tolerance, f"{got!r}, expected {expected!r}")


def limits(row_range, field):
    """Lowest and highest value of a field."""
    full = row_range[field]
    return (0.0, full) if field in ("stiffness", "damping") else (-full, full)


def word(value, low, high, bits):
    """The vendors' rule: saturate, scale, drop the fraction."""
    steps = 2**bits - 1
    return min(steps, max(0, math.floor((value - low) * steps / (high - low))))


def value(raw, low, high, bits):
    return raw * (high - low) / (2**bits - 1) + low


def signal_name(field):
    return "".join(part.capitalize() for part in field.split("_"))


def command(report, row, message, model, frame, torque_in_identifier):
    data = bytes.fromhex(frame["data"])
    raw = message.decode(data, scaling=False, decode_choices=False)
    scaled = message.decode(data, decode_choices=False)
    for field in FIELDS:
        low, high = limits(row["range"], field)
        if torque_in_identifier and field == "torque":
            expected = word(row["input"][field], low, high, 16)
            check(report, f"{row['name']} {field} word", int(frame["id"], 16) >> 8 & 0xFFFF, expected)
            continue
        name = signal_name(field)
        bits = message.get_signal_by_name(name).length
        expected = word(row["input"][field], low, high, bits)
        check(report, f"{row['name']} {field} word", raw[name], expected)
        if row["range"]["model"] == model:
            check(report, f"{row['name']} {field}", scaled[name], value(expected, low, high, bits), 1e-9)


def feedback(report, row, message, model):
    data = bytes.fromhex(row["frame"]["data"])
    raw = message.decode(data, scaling=False, decode_choices=False)
    scaled = message.decode(data, decode_choices=False)
    for field in ("position", "velocity", "torque"):
        name = signal_name(field)
        low, high = limits(row["range"], field)
        got = value(raw[name], low, high, message.get_signal_by_name(name).length)
        check(report, f"{row['name']} {field} from the word", got, row["decoded"][field], 1e-9)
        if row["range"]["model"] == model:
            check(report, f"{row['name']} {field}", scaled[name], row["decoded"][field], 1e-9)
    for field in ("status", "temperature", "driver_temperature", "rotor_temperature"):
        if field in row["decoded"]:
            check(report, f"{row['name']} {field}", scaled[signal_name(field)], row["decoded"][field], 1e-9)


def family(report, name, model, command_name, torque_in_identifier):
    database = cantools.database.load_file(ROOT / "Protocols" / f"{name}.dbc", strict=True)
    rows = json.loads((ROOT / "Vectors" / f"{name}.json").read_text())["vectors"]
    kinds = {"command": 0, "feedback": 0}
    for row in rows:
        if row["kind"] == "command":
            # Peers with another rounding come with the frame of the manual's formula beside theirs.
            frame = row.get("manual_formula", row["frame"])
            message = database.get_message_by_name(command_name)
            command(report, row, message, model, frame, torque_in_identifier)
        elif row["kind"] == "feedback":
            message = database.get_message_by_name("Feedback")
            address = int(row["frame"]["id"], 16) & ADDRESS
            check(report, f"{row['name']} identifier", address, message.frame_id & ADDRESS)
            feedback(report, row, message, model)
        else:
            continue
        kinds[row["kind"]] += 1
    for kind, count in kinds.items():
        check(report, f"{name}: rows of kind {kind} are there", min(count, 1), 1)


def main():
    report = Report()
    family(report, "damiao", "4310", "MIT_Command", False)
    family(report, "robstride", "RS02", "Operation", True)
    report.close()


if __name__ == "__main__":
    main()
