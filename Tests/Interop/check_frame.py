#!/usr/bin/env python3
"""`sinew frame` from the shell: golden frames of the vectors, both ways, candump lines, and lines that make no sense."""
import json
import math
import pathlib
import random
import struct
import subprocess

from report import SINEW, Report

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: A model of each family; the row's own full scales replace the model's.
MODELS = {"damiao": "DM4310", "mit": "AK80-9", "myactuator": "X8-25", "robstride": "RS02"}
#: MIT: answers of 6 bytes are those of the first generation of firmware.
FIRST_GENERATION = "AK80-9_V1.1"
#: MIT: actions as requests.
ACTIONS = {0xFD: "disable", 0xFE: "set_zero"}


def sinew(direction, family, row, lines, *more, drive=None):
    arguments = ["--family", family, "--model", drive.get("model", MODELS[family]), "--id", str(drive["id"]),
                 "--master-id", str(drive.get("master_id", 0)), *more]
    if scale := row.get("range"):
        names = ("position", "velocity", "torque", "stiffness", "damping")
        arguments += ["--range", ",".join(str(scale[name]) for name in names)]
    done = subprocess.run([SINEW, "frame", direction, *arguments], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, timeout=60)
    return done.returncode, [json.loads(line) if line.startswith("{") else line for line in done.stdout.splitlines()], \
        done.stderr


def wire(frame):
    identifier = frame["id"] if isinstance(frame["id"], int) else int(frame["id"], 16)
    return identifier, frame["extended"], frame["data"]


def encode_rows(report, family, vectors):
    for row in vectors["vectors"]:
        expected = row.get("manual_formula") or row["frame"]
        if row["kind"] == "command" and "input" in row:
            value = row["input"]
            command = {"command": "mit", "p": value["position"], "v": value["velocity"], "kp": value["stiffness"],
                       "kd": value["damping"], "t_ff": value["torque"]}
        elif row["kind"] == "request" and row["request"] not in ("read", "write"):
            command = {"command": row["request"]}
        elif row["kind"] == "action":
            command = {"command": ACTIONS[row["code"]]}
        else:
            continue
        drive = dict(vectors["drive"])
        if family == "robstride":
            drive["id"] = wire(expected)[0] & 0xFF
        code, out, errors = sinew("encode", family, row, [json.dumps(command)], drive=drive)
        same = len(out) == 1 and wire(out[0]) == wire(expected)
        if not same and out and row["kind"] == "command" and "manual_formula" not in row:
            # Rows of peers that round to nearest or use another span may differ by one step a field.
            same = differs_by_a_step(family, wire(out[0])[2], wire(expected)[2])
        report.check(f"{family}, encode: {row['name']}", code == 0 and same, f"{out} for {expected}: {errors}")


def differs_by_a_step(family, own, other):
    a, b = bytes.fromhex(own), bytes.fromhex(other)
    if family == "robstride":
        pairs = zip((a[i] << 8 | a[i + 1] for i in range(0, 8, 2)), (b[i] << 8 | b[i + 1] for i in range(0, 8, 2)))
    else:
        def words(d):
            return (d[0] << 8 | d[1], d[2] << 4 | d[3] >> 4, (d[3] & 15) << 8 | d[4], d[5] << 4 | d[6] >> 4,
                    (d[6] & 15) << 8 | d[7])
        pairs = zip(words(a), words(b))
    return all(abs(x - y) <= 1 for x, y in pairs)


def decode_rows(report, family, vectors):
    for row in vectors["vectors"]:
        if row["kind"] != "feedback":
            continue
        drive = dict(vectors["drive"])
        if family == "mit":
            drive = {"id": row["decoded"]["id"], "model": FIRST_GENERATION if len(row["frame"]["data"]) == 12 else "AK80-9"}
        identifier, extended, data = wire(row["frame"])
        line = json.dumps({"id": identifier, "extended": extended, "data": data})
        digits = f"{identifier:0{8 if extended else 3}X}"
        for name, text in (("JSON", line), ("candump", f"(0000000001.000000) can0 {digits}#{data.upper()}")):
            code, out, errors = sinew("decode", family, row, [text], drive=drive)
            fields = {"position": "p", "velocity": "v", "torque": "t"}
            # An MIT answer says nothing of the mode, so that it is a part.
            kind = "part" if family == "mit" else "feedback"
            close = code == 0 and len(out) == 1 and out[0].get("kind") == kind and all(
                abs(out[0][key] - row["decoded"][word]) <= 1e-9 * max(1, abs(row["decoded"][word]))
                for word, key in fields.items() if word in row["decoded"])
            report.check(f"{family}, decode from {name}: {row['name']}", close, f"{out}: {errors}")


def myactuator_rows(report, vectors):
    """Rows of raw words: a current is a torque of one model, and a feedback's words are amperes and degrees."""
    constant = 10 / 3.2  # X8-25: rated torque over rated current
    for row in vectors["vectors"]:
        words, identifier = row["words"], wire(row["frame"])[0]
        if row["kind"] == "current":
            lines = [{"command": "mit", "t_ff": words[0] / 100 * constant}]
        elif row["kind"] == "frame" and identifier == 0x141:
            lines = [{"command": "write", "index": words[0] | words[1] << 8 | words[2] << 16, "value": words[3]}]
        elif row["kind"] in ("feedback", "status"):
            frame = {"id": identifier, "extended": False, "data": row["frame"]["data"]}
            code, out, errors = sinew("decode", "myactuator", {}, [json.dumps(frame)], drive={"id": 1})
            reply = out[0] if out else {}
            if row["kind"] == "status":
                holds = reply == {"kind": "fault_report", "faults": ["under_voltage"]}
            else:
                holds = (abs(reply["t"] - words[2] / 100 * constant) < 1e-9
                         and abs(reply["v"] - math.radians(words[3])) < 1e-9
                         and reply["temperature_celsius"] == words[1] and ("mode" in reply) == (words[0] == 0xA1))
            report.check(f"myactuator, decode: {row['name']}", code == 0 and holds, f"{out}: {errors}")
            continue
        else:
            continue
        code, out, errors = sinew("encode", "myactuator", {}, [json.dumps(line) for line in lines], drive={"id": 1})
        same = len(out) == 1 and wire(out[0]) == wire(row["frame"])
        report.check(f"myactuator, encode: {row['name']}", code == 0 and same, f"{out} for {row['frame']}: {errors}")


def nonsense(report):
    """Thousands of damaged lines: each is told with its number or answered, none ends the program."""
    generator = random.Random(3)
    drive = {"id": 1, "master_id": 17}
    good = ['{"id": 17, "extended": false, "data": "11800080080019ff"}', "(1.0) can0 011#11800080080019FF",
            "(1.0) can0 011##111800080080019FF"]
    lines = []
    for _ in range(3000):
        text = list(generator.choice(good))
        for _ in range(generator.randint(1, 4)):
            text[generator.randrange(len(text))] = chr(generator.randint(32, 126))
        lines.append("".join(text))
    code, out, errors = sinew("decode", "damiao", {}, lines, drive=drive)
    told = sum(1 for line in errors.splitlines() if line.startswith("line "))
    blank = sum(1 for line in lines if not line.strip())
    report.check("3000 damaged lines: answered or told, one by one", code in (0, 1) and len(out) + told + blank == 3000,
                 f"exit {code}, {len(out)} answered, {told} told: {errors[-200:]}")
    code, out, errors = sinew("encode", "damiao", {}, ['{"command": "fly"}', '{"command": "disable"}', "{"], drive=drive)
    report.check("an unknown command is told with its line, the others go on",
                 code == 1 and len(out) == 1 and "line 1:" in errors and "line 3:" in errors, f"{out}: {errors}")
    done = subprocess.run([SINEW, "frame", "encode", "--family", "damiao", "--model", "RS04"], input="", text=True,
                          capture_output=True, timeout=60)
    report.check("a model of another family is refused with the ones there are, exit 2",
                 done.returncode == 2 and "DM4310" in done.stderr, done.stderr)


def formats(report):
    """moteus speaks CAN FD without being told, and its commands carry a watchdog; a frame of the wrong format is told so."""
    def frame(direction, line, *arguments):
        done = subprocess.run([SINEW, "frame", direction, *arguments], input=line + "\n", text=True, capture_output=True,
                              timeout=60)
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr

    moteus = ("--family", "moteus", "--model", "moteus", "--id", "3")
    code, sent, errors = frame("encode", '{"command": "mit", "p": 0.5}', *moteus, "--watchdog", "0.25")
    data = bytes.fromhex(sent.get("data", ""))
    report.check("moteus: a command is CAN FD with bit rate switch, 48 bytes, and carries its watchdog",
                 code == 0 and sent["fd"] and sent["brs"] and len(data) == 48
                 and struct.unpack("<f", data[32:36])[0] == 0.25, f"{code} {sent} {errors}")
    answer = "210000" + "2f01" + struct.pack("<fff", 0.5, 0, 0).hex() + "210a19" + "220e1900"
    code, read, errors = frame("decode", json.dumps({"id": 0x300, "data": answer}), *moteus)
    report.check("moteus: an answer needs no word of its format", code == 0 and read.get("kind") == "feedback"
                 and abs(read["p"] - math.pi) < 1e-6, f"{code} {read} {errors}")
    code, read, errors = frame("decode", json.dumps({"id": 0x300, "data": "00", "fd": False}), *moteus)
    report.check("moteus: a classic frame is told as such", read.get("kind") == "foreign" and "classic" in read.get("note", ""),
                 f"{read} {errors}")
    damiao = ("--family", "damiao", "--model", "DM4310", "--id", "1", "--master-id", "17")
    line = "(1.0) can0 011##111800080080019FF"
    code, read, errors = frame("decode", line, *damiao)
    report.check("damiao: a CAN FD frame without --fd is told as such", "--fd" in read.get("note", ""), f"{read} {errors}")
    code, read, errors = frame("decode", line, *damiao, "--fd")
    report.check("damiao: and read with it", read.get("kind") == "feedback", f"{read} {errors}")
    code, _, errors = frame("encode", '{"command": "enable"}', "--family", "robstride", "--model", "RS02", "--fd")
    report.check("a family of classic CAN refuses --fd, exit 2", code == 2 and "classic" in errors, f"{code} {errors}")
    code, _, errors = frame("encode", '{"command": "enable"}', *damiao, "--watchdog", "1")
    report.check("a watchdog goes with moteus alone, exit 2", code == 2 and "moteus" in errors, f"{code} {errors}")


def mode_rows(report):
    """Damiao's frames of its other modes: the bounds that travel are the full scale of velocity and all of the current."""
    vectors = json.loads((ROOT / "Firmware-Interfaces/Vectors/damiao.json").read_text())
    modes = {"position_velocity": "position", "velocity": "velocity", "position_force": "position_force"}
    rows = [row for row in vectors["vectors"] if row["kind"] in modes and (row["kind"] != "position_force"
                                                                          or row["words"][2] > 1)]
    for row in rows:
        words = row["words"]
        bound = words[1] if len(words) > 1 else 30
        scaled = {"range": {"position": 12.5, "velocity": bound, "torque": 10, "stiffness": 500, "damping": 5}}
        command = {"command": "mit", "v" if row["kind"] == "velocity" else "p": words[0]}
        code, out, errors = sinew("encode", "damiao", scaled, [json.dumps(command)], "--mode", modes[row["kind"]],
                                  drive=vectors["drive"])
        report.check(f"damiao, mode: {row['name']}", code == 0 and len(out) == 1 and wire(out[0]) == wire(row["frame"]),
                     f"{out} for {row['frame']}: {errors}")
    report.check("damiao, mode: three rows", len(rows) == 3, len(rows))
    code, _, errors = sinew("encode", "robstride", {}, ["{}"], "--mode", "position", drive={"id": 1})
    report.check("a mode that the family has not ends with 2", code == 2 and "--mode takes impedance" in errors, errors)


def main():
    report = Report()
    for family in MODELS:
        vectors = json.loads((ROOT / f"Firmware-Interfaces/Vectors/{family}.json").read_text())
        if family == "myactuator":
            myactuator_rows(report, vectors)
            continue
        encode_rows(report, family, vectors)
        decode_rows(report, family, vectors)
    mode_rows(report)
    nonsense(report)
    formats(report)
    report.close()


if __name__ == "__main__":
    main()
