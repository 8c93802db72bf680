#!/usr/bin/env python3
"""`sinew replay --with BUILD`: debug and release put out the same bytes, and what is no sinew is refused with the reason."""
import hashlib
import json
import pathlib
import tempfile

from report import SINEW, SINEW_DEBUG, Report, run


def script(path, *lines):
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    path.chmod(0o755)
    return str(path)


def check_same(report, recording, outputs):
    """Two builds of one source, both ways round; the digest is that of what --outputs writes."""
    sums = []
    for name, binary, other in (("release with debug", SINEW, SINEW_DEBUG), ("debug with release", SINEW_DEBUG, SINEW)):
        code, output, errors = run("replay", recording, "--with", other, "--json", binary=binary)
        result = json.loads(output) if output.startswith("{") else {}
        report.check(f"{name}: every byte the same",
                     code == 0 and result.get("differing_cycles") == 0 and result.get("cycles", 0) > 1000
                     and "first_difference" not in result and result.get("joints") == {}, f"exit {code}: {errors[-300:]}")
        code, output, errors = run("replay", recording, "--json", binary=binary)
        sums.append(json.loads(output).get("output_sha256") if code == 0 else errors)
    code, _, errors = run("replay", recording, "--outputs", outputs)
    data = pathlib.Path(outputs).read_bytes() if code == 0 else b""
    report.check("the digest is SHA-256 of the outputs, in both builds",
                 sums == [hashlib.sha256(data).hexdigest()] * 2 and len(data) > 0, f"{sums} {errors[-300:]}")
    return data


def check_changed(report, folder, recording, outputs, data):
    """A build that puts out something else: named by cycle, stage, joint and field, exit 1."""
    changed = bytearray(data)
    place = 16
    for _ in range(1200):
        place += int.from_bytes(data[place:place + 4], "little")
    number = int.from_bytes(data[place + 8:place + 16], "little")
    # Stiffness commanded of the third joint: behind the record's head, two joints, its state, position and velocity.
    changed[place + 40 + 2 * 64 + 24 + 16 + 6] ^= 1
    pathlib.Path(outputs).write_bytes(changed)
    other = script(folder / "changed", f"exec cat '{outputs}'")
    code, output, errors = run("replay", recording, "--with", other, "--json")
    result = json.loads(output) if output.startswith("{") else {}
    first = result.get("first_difference", {})
    report.check("another stiffness is named by cycle, stage, joint and field",
                 code == 1 and result.get("differing_cycles") == 1 and first.get("cycle") == number
                 and first.get("stage") == "command" and first.get("joint") == "Waist_Z"
                 and first.get("field") == "stiffness" and list(result["joints"]) == [],
                 f"exit {code}: {output[-600:]}{errors[-300:]}")
    code, output, _ = run("replay", recording, "--with", other)
    report.check("and in words", code == 1 and f"first difference: cycle {number}" in output
                 and "joint Waist_Z, stiffness: this build" in output, output[-300:])


def check_refused(report, folder, recording, outputs):
    """No sinew, an older one, one that dies or stops half-way: exit 2 and the reason, never a hang or a crash."""
    cases = {
        "a program that is no sinew": (script(folder / "cat", "exec cat /etc/passwd"), "nothing that a core puts out"),
        "a program without --outputs": (
            script(folder / "older", "echo \"Error: Unknown option '--outputs'\" >&2", "exit 2"), "Unknown option"),
        "a program that says nothing": (script(folder / "silent", "exit 0"), "nothing that a core puts out"),
        "outputs that end half-way": (script(folder / "half", f"head -c 500000 '{outputs}'"), "cut off|ended before"),
        "outputs that go on": (script(folder / "more", f"cat '{outputs}' '{outputs}'"), "more than the recording's"),
    }
    for what, (path, words) in cases.items():
        code, output, errors = run("replay", recording, "--with", path, timeout=60)
        report.check(f"{what} is refused with the reason",
                     code == 2 and "is no sinew" in errors and any(word in errors for word in words.split("|"))
                     and output == "", f"exit {code}: {errors[-300:]}")
    dying = script(folder / "dying", f"cat '{outputs}'", "exit 7")
    code, _, errors = run("replay", recording, "--with", dying)
    report.check("a build that ends badly is told", code == 1 and "ended with 7" in errors, f"exit {code}: {errors}")
    plain = folder / "plain"
    plain.write_bytes(b"\x7fELF nothing")
    for what, path in (("a file that may not be run", str(plain)), ("nothing there", str(folder / "missing"))):
        code, _, errors = run("replay", recording, "--with", path)
        report.check(f"{what} is refused", code == 2 and path in errors, f"exit {code}: {errors[-300:]}")
    code, _, errors = run("replay", recording, "--with", SINEW, "--outputs", "-")
    report.check("two jobs at once are refused", code == 2 and "one of them" in errors, f"exit {code}: {errors[-300:]}")
    # A disk without room, as far as a file's size limit can play one.
    small = script(folder / "small", "trap '' XFSZ", "ulimit -f 100", f"exec '{SINEW}' \"$@\"")
    for option in ("--outputs", "--extract"):
        code, _, errors = run("replay", recording, option, str(folder / "full"), binary=small)
        report.check(f"{option}: a full disk is told", code == 3 and "too large" in errors, f"exit {code}: {errors[-300:]}")


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        recording, outputs = str(folder / "wave.mcap"), str(folder / "outputs")
        code, _, errors = run("run", "Robots/navigator", "--motion", "wave", "--for", "2", "--pace", "fast",
                              "--record", recording, "--fault-file", "none")
        if report.check("a run is recorded", code == 0, errors[-300:]):
            data = check_same(report, recording, outputs)
            if data:
                check_refused(report, folder, recording, outputs)
                check_changed(report, folder, recording, outputs, data)
    report.close()


main()
