#!/usr/bin/env python3
"""`sinew run --trace`: the same bytes every time, readable by can-utils and python-can, whole after a kill."""
import glob
import hashlib
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

import can

from report import SINEW, SINEW_DEBUG, Report, run

RUN = ["run", "Robots/navigator", "--motion", "wave"]
# candump -L: (seconds.microseconds) interface id#data, or id##flags data of CAN FD.
LINE = re.compile(
    rb"\(\d+\.\d{6}\) can\d+ ([0-9A-F]{3}|[0-9A-F]{8})(#([0-9A-F]{2}){0,8}|##[0-9A-F]([0-9A-F]{2}){0,64})")
LOSS = 1.0  # s; at most this much of a killed run may be missing


def trace(report, name, path, *arguments, binary=SINEW, timeout=600):
    """Runs with a trace; its bytes, or None when that failed."""
    code, _, errors = run(*RUN, *arguments, "--trace", str(path), binary=binary, timeout=timeout)
    whole = code == 0 and path.is_file() and path.stat().st_size > 0
    if not report.check(f"{name}: exit 0 and a trace", whole, f"exit {code}: {errors.strip()[-400:]}"):
        return None
    return path.read_bytes()


def same(report, name, one, other):
    if one is not None and other is not None:
        digests = [hashlib.sha256(data).hexdigest() for data in (one, other)]
        report.check(name, digests[0] == digests[1], " and ".join(digests))


def check_lines(report, data):
    lines = data.split(b"\n")
    report.check("the trace ends with a line end", lines[-1] == b"", lines[-1][:60])
    wrong = [line for line in lines[:-1] if not LINE.fullmatch(line)]
    report.check("every line is one of candump -L", not wrong, f"{len(wrong)}, the first {wrong[:1]}")
    stamps = [float(line[1:line.index(b")")]) for line in lines[:-1] if line.startswith(b"(") and b")" in line]
    report.check("time never goes back", all(a <= b for a, b in zip(stamps, stamps[1:])))
    return len(lines) - 1


def check_readers(report, path, lines):
    channels = set()
    read = flexible = 0
    try:
        for message in can.CanutilsLogReader(str(path)):
            read += 1
            flexible += message.is_fd
            channels.add(message.channel)
        report.check("python-can reads every line", read == lines, f"{read} of {lines}")
    except Exception as error:  # whatever the reader raises is its verdict
        report.check("python-can reads every line", False, repr(error))
    report.check("python-can finds classic and FD frames", 0 < flexible < read, f"{flexible} FD of {read}")
    report.check("python-can finds 13 buses", len(channels) == 13, sorted(channels))
    converted = path.with_suffix(".asc")
    done = subprocess.run(["log2asc", "-I", str(path), "-O", str(converted), *sorted(channels)],
                          capture_output=True, text=True)
    text = converted.read_text().splitlines() if converted.is_file() else []
    frames = sum(" Rx " in line or " Tx " in line or "CANFD" in line for line in text)
    report.check("log2asc of can-utils converts every line", done.returncode == 0 and frames == lines,
                 f"exit {done.returncode}, {frames} of {lines}: {done.stderr.strip()[-200:]}")


def on_disk(path):
    """What is kept of a trace; a writer may have it under a temporary name until it is complete."""
    return max((pathlib.Path(name).read_bytes() for name in glob.glob(f"{path}*")), key=len, default=b"")


def last_instant(trace):
    """Instant of the last whole line [s]."""
    last = [b"(0)", *trace.split(b"\n")][-2]
    return float(last[1:last.index(b")")]) if last.startswith(b"(") else 0.0


def check_killed(report, folder, whole):
    """SIGKILL in mid-motion: what is on disk is the beginning of the whole trace, up to a second before the kill."""
    path = folder / "killed.log"
    process = subprocess.Popen([SINEW, *RUN, "--pace", "real", "--trace", str(path)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (kept := on_disk(path)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    # Counted from what is on disk by then: how long a process takes to start is not what is asked.
    already, started = last_instant(kept), time.monotonic()
    time.sleep(3.4)
    running = process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    elapsed = time.monotonic() - started
    process.wait()
    report.check("killed run: was in mid-motion", running)
    kept = on_disk(path)
    report.check("killed run: the trace is the beginning of the whole one", kept != b"" and whole.startswith(kept),
                 f"{len(kept)} bytes")
    lines = kept.split(b"\n")
    wrong = [line for line in lines[:-1] if not LINE.fullmatch(line)]
    report.check("killed run: at most the last line is cut", not wrong, wrong[:1])
    end = last_instant(kept)
    report.check(f"killed run: at most {LOSS:g} s lost", end >= already + elapsed - LOSS,
                 f"ends at {end:.3f} s, killed {elapsed:.3f} s after {already:.3f} s were on disk")


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        first = trace(report, "release, fast", folder / "first.log", "--pace", "fast")
        again = trace(report, "release, fast, again", folder / "again.log", "--pace", "fast")
        same(report, "two release runs: same SHA-256", first, again)
        debug = trace(report, "debug, fast", folder / "debug.log", "--pace", "fast", binary=SINEW_DEBUG)
        same(report, "debug and release: same SHA-256", first, debug)
        short = trace(report, "release, fast, 2 s", folder / "short.log", "--pace", "fast", "--for", "2")
        real = trace(report, "release, real pace, 2 s", folder / "real.log", "--pace", "real", "--for", "2")
        same(report, "real pace and fast: same SHA-256", short, real)
        if first is not None:
            check_readers(report, folder / "first.log", check_lines(report, first))
            check_killed(report, folder, first)
    report.close()


if __name__ == "__main__":
    main()
