"""Negative control of check_exchange.py: takes one thing at a time out of the shim and sees it fail, in a guest that this
starts itself, with the options it is given. A shim that is broken and passes is a check that nobody needs. Ends with a sum.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from shim import ROOT, SOURCES, build

from report import Report

report = Report()
EXCHANGE = "servo_can_exchange.c"
#: What is removed, file, text, replacement, words of the check that is to fail.
MUTANTS = [
    ("the kernel's mark of own frames", EXCHANGE, "(bus->messages[message].msg_hdr.msg_flags & MSG_CONFIRM) != 0", "0",
     "every frame comes back"),
    ("own frames are not passed on", EXCHANGE, "note_back(bus->confirmation, frame, wire);\n    return 0;",
     "note_back(bus->confirmation, frame, wire);\n    return 1;", "own frames are never passed on"),
    ("the filters where the kernel passes everything", EXCHANGE, "if (!passes(bus, bus->frames[message].can_id)) return 0;", "",
     "told from the drives' answers"),
    ("calls are bounded", EXCHANGE, "const int most = left < SERVO_CAN_BATCH ? left : SERVO_CAN_BATCH;",
     "const int most = SERVO_CAN_BATCH;", "gives a call what it asks for"),
    ("what is left is counted", EXCHANGE, "bus->stamps.overrun++;", "(void)stamps;", "what was left is counted"),
    ("what is left keeps its instant", EXCHANGE, "if (is_all && bus->floor < before)", "if (bus->floor < before)",
     "keeps the instant"),
    ("the kernel's stamps", "servo_can_stamps.c", "int option = SO_TIMESTAMPNS, value = 1;",
     "int option = SO_TIMESTAMPNS, value = 0;", "have the kernel's instants"),
]


def broken(folder, number, path, old, new):
    """Compiles the shim without one thing; the library, or why there is none."""
    copy = folder / str(number)
    shutil.copytree(SOURCES, copy)
    text = (copy / path).read_text()
    if text.count(old) != 1:
        return None, f"the text to remove stands {text.count(old)} times in {path}"
    (copy / path).write_text(text.replace(old, new))
    try:
        return build(copy, copy), ""
    except subprocess.CalledProcessError as error:
        return None, f"it does not compile: {error}"


def play(folder, libraries):
    """What check_exchange.py prints with each library, all in one guest."""
    turns = [f"SERVO_BUS_LIBRARY={library} python3 Tests/VM/tests/check_exchange.py; echo 'end of {number}'"
             for number, library in libraries.items()]
    done = subprocess.run(
        [ROOT / "Tests/VM/scvm", *sys.argv[1:], "-t", "240", "-w", folder, "--", "bash", "-c", "; ".join(turns)], cwd=ROOT, text=True,
        capture_output=True, env={**os.environ, "SINEW_VM_ONLY_SHIM": "1"})
    outputs, lines = {}, []
    for line in done.stdout.splitlines():
        if line.startswith("end of "):
            outputs[int(line.split()[-1])] = lines
            lines = []
        else:
            lines.append(line)
    return outputs, done.stderr[-300:]


def main():
    with tempfile.TemporaryDirectory(prefix="sinew-shim-") as name:
        folder = pathlib.Path(name)
        built = [broken(folder, number, *mutant[1:4]) for number, mutant in enumerate(MUTANTS)]
        outputs, errors = play(folder, {number: library for number, (library, _) in enumerate(built) if library})
        for number, (what, _, _, _, words) in enumerate(MUTANTS):
            lines = outputs.get(number, [built[number][1] or errors])
            failed = [line for line in lines if line.startswith("not ok") and words in line]
            report.check(f"control: {what}: seen", bool(failed), lines[-3:])


main()
report.close()
