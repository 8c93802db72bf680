#!/usr/bin/env python3
"""`sinew eds` against the package canopen: our own EDS, and dictionaries of every type that the package writes itself, as
EDS and as DCF. Both read the same file; index, type, access, mapping, default and value must be the same."""
import json
import pathlib
import random
import tempfile
import time

import canopen
from canopen import objectdictionary as od

from report import Report, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWN = ROOT / "Firmware-Interfaces/Protocols/sinew_402.eds"
SEED = 20261128
NODE = 5
#: Types with a value of at most 4 bytes, with their bits and whether they have a sign.
TYPES = {od.BOOLEAN: (1, False), od.INTEGER8: (8, True), od.INTEGER16: (16, True), od.INTEGER32: (32, True),
         od.UNSIGNED8: (8, False), od.UNSIGNED16: (16, False), od.UNSIGNED32: (32, False)}


def ours(path, node=NODE):
    code, out, errors = run("eds", str(path), "--node", str(node), "--json")
    if code:
        return None, errors
    return {(o["index"], o["subindex"]): o for o in json.loads(out)["objects"]}, errors


def theirs(dictionary):
    """The package's variables by index and sub-index."""
    variables = {}
    for index, entry in dictionary.items():
        if isinstance(entry, od.ODVariable):
            variables[index, 0] = entry
        else:
            for subindex, variable in entry.items():
                variables[index, subindex] = variable
    return variables


def pattern(value, variable):
    if value is None or variable.data_type not in TYPES:
        return None
    return int(value) & ((1 << max(8, TYPES[variable.data_type][0])) - 1)


def compare(report, what, path, has_values=False):
    own, errors = ours(path)
    if own is None:
        report.check(f"{what} is read", False, errors)
        return
    known = theirs(canopen.import_od(str(path), NODE))
    wrong = []
    for key, variable in known.items():
        entry = own.get(key)
        if entry is None:
            wrong.append((key, "not there"))
            continue
        pairs = [("data_type", entry["data_type"], variable.data_type),
                 ("access", entry["access"], variable.access_type.lower()),
                 ("mappable", entry["mappable"], bool(variable.pdo_mappable)),
                 ("name", entry["name"], variable.name)]
        if variable.data_type in TYPES:
            pairs.append(("default", entry["default"], pattern(variable.default, variable)))
            if has_values:
                pairs.append(("value", entry["value"], pattern(variable.value, variable)))
        wrong += [(hex(key[0]), key[1], name, a, b) for name, a, b in pairs if a != b]
    # An object with sub-indices whose sub-index 0 nobody wrote is in neither list.
    wrong += [(hex(key[0]), key[1], "not canopen's") for key in own if key not in known]
    report.check(f"{what}: {len(known)} objects are canopen's", not wrong and len(known) > 20, wrong[:6])


def random_dictionary(source):
    dictionary = canopen.ObjectDictionary()
    dictionary.node_id = NODE
    dictionary.bitrate = 1_000_000
    dictionary.device_information.vendor_name = "Somebody"
    dictionary.device_information.vendor_number = 0x1234
    dictionary.device_information.product_name = "A drive"
    dictionary.device_information.allowed_baudrates = {1000, 500}

    def variable(name, index, subindex=0):
        v = od.ODVariable(name, index, subindex)
        v.data_type = source.choice(sorted(TYPES))
        v.access_type = source.choice(["ro", "wo", "rw", "const"])
        v.pdo_mappable = source.random() < 0.5
        bits, signed = TYPES[v.data_type]
        low = -(1 << bits - 1) if signed else 0
        numbers = [low + source.randrange(1 << bits) for _ in range(2)]
        v.default, v.value = numbers
        v.default_raw, v.value_raw = map(str, numbers)
        return v

    for index in source.sample(range(0x1000, 0xA000), 60):
        if source.random() < 0.5:
            dictionary.add_object(variable(f"Variable {index:X}", index))
            continue
        record = od.ODRecord(f"Record {index:X}", index)
        count = source.randrange(1, 9)
        first = variable("Highest sub-index", index, 0)
        first.data_type, first.access_type, first.pdo_mappable = od.UNSIGNED8, "ro", False
        first.default = first.value = count
        first.default_raw = first.value_raw = str(count)
        record.add_member(first)
        for subindex in range(1, count + 1):
            record.add_member(variable(f"Entry {subindex}", index, subindex))
        dictionary.add_object(record)
    return dictionary


def large(folder):
    """A dictionary of 2 MB: time is printed and not judged."""
    path = folder / "large.eds"
    with open(path, "w", encoding="ascii") as file:
        for index in range(0x2000, 0x2F00):
            file.write(f"[{index:04X}]\nParameterName=A list\nObjectType=0x9\nSubNumber=5\n\n")
            for sub in range(5):
                file.write(f"[{index:04X}sub{sub:X}]\nParameterName=Entry {sub}\nObjectType=0x7\nDataType=0x0007\n"
                           "AccessType=rw\nDefaultValue=$NODEID+0x180\nPDOMapping=0\n\n")
    return path


def main():
    report = Report()
    compare(report, "our own EDS", OWN)
    source = random.Random(SEED)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for number in range(8):
            kind = "dcf" if number % 2 else "eds"
            path = folder / f"random{number}.{kind}"
            canopen.export_od(random_dictionary(source), str(path))
            compare(report, f"{kind} of canopen, number {number}", path, has_values=kind == "dcf")
        path = large(folder)
        start = time.monotonic()
        objects, errors = ours(path)
        report.check("an EDS of 2 MB", objects is not None and len(objects) == 0xF00 * 5
                     and objects[0x2000, 1]["default"] == 0x180 + NODE, errors)
        print(f"# {path.stat().st_size} bytes in {time.monotonic() - start:.2f} s", flush=True)
        for what, text, line in (("a section that is not closed", "[6040\n", 1), ("no text at all", "\0\xff\0", 1),
                                 ("a key without a section", "\nA=1\n", 2), ("a bad type", "[6040]\nDataType=?\n", 2)):
            path.write_bytes(text.encode("latin-1"))
            code, _, errors = run("eds", str(path))
            report.check(f"{what} ends with 2 and the line", code == 2 and f"large.eds:{line}:" in errors, (code, errors))
        code, _, errors = run("eds", str(folder / "missing.eds"))
        report.check("a file that is not there ends with 2", code == 2 and "does not exist" in errors, (code, errors))
        code, _, errors = run("eds", str(OWN), "--node", "128")
        report.check("a node id beyond 127 ends with 2", code == 2, (code, errors))
    report.close()


if __name__ == "__main__":
    main()
