#!/usr/bin/env python3
"""The real-time thread, the doctor and the latency bench, with privileges and without; no figure is judged."""
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree

from report import SINEW, Report, run

NOBODY = 65534
RLIMIT_RTPRIO = 14  # linux/resource.h; Python has no name for it
CRASHES = [signal.SIGQUIT, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGTRAP]


def unprivileged():
    """What a child does before it becomes sinew: no right to real time, and no root."""
    resource.setrlimit(RLIMIT_RTPRIO, (0, 0))
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def as_nobody(folder, *arguments, prepare=unprivileged, before=()):
    done = subprocess.run([*before, folder / "sinew", *arguments], capture_output=True, text=True, timeout=120,
                          cwd=folder, stdin=subprocess.DEVNULL, preexec_fn=prepare)
    return done.returncode, done.stdout, done.stderr


def check_refused(report, folder):
    name = "without privileges, --realtime required"
    hold = ["run", "Robots/navigator", "--for", "0.2"]
    code, output, errors = as_nobody(folder, *hold, "--realtime", "required", "--json")
    report.check(f"{name}: exit 3 and no report", code == 3 and output == "", f"exit {code}: {output[:200]}")
    try:
        told = [json.loads(line)["error"] for line in errors.splitlines()]
    except (ValueError, KeyError, TypeError) as error:
        told = []
        report.check(f"{name}: one JSON object an error", False, repr(error))
    by = {error["where"]: error for error in told}
    report.check(f"{name}: scheduling and memory refused", {"scheduling", "memory_lock"} <= set(by), sorted(by))
    for where in ("scheduling", "memory_lock"):
        fix = by.get(where, {}).get("fix", "")
        report.check(f"{name}: {where} says what to type", "sudo prlimit --pid $$ --rtprio=95:95" in fix, fix)
    code, output, errors = as_nobody(folder, *hold, "--json")
    result = json.loads(output) if code == 0 else {}
    report.check("preferred is the default: runs, and says without what", code == 0
                 and {"scheduling", "memory_lock"} <= set(result["realtime"]["refused"]), f"exit {code}")
    code, output, errors = as_nobody(folder, *hold)
    report.check("preferred warns people on stderr", code == 0 and "warning: scheduling" in errors, errors[-300:])
    code, output, errors = as_nobody(folder, *hold, "--realtime", "off", "--json")
    report.check("off asks for nothing and warns of nothing", code == 0 and errors == ""
                 and json.loads(output)["realtime"]["granted"] == [], f"exit {code}: {errors[-300:]}")
    code, output, errors = as_nobody(folder, *hold, "--pace", "fast", "--json")
    report.check("--pace fast asks for nothing", code == 0 and errors == "" and "realtime" not in json.loads(output),
                 f"exit {code}: {errors[-300:]}")


def check_granted(report, folder):
    """The two rights that the page asks for are enough; only root can give them to a child."""
    if os.geteuid() != 0:
        print("# not root: no rights to give to a child", flush=True)
        return
    rights = "+sys_nice,+ipc_lock"
    code, output, errors = as_nobody(
        folder, "run", "Robots/navigator", "--for", "0.2", "--json", prepare=None,
        before=["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--inh-caps={rights}",
                f"--ambient-caps={rights}"])
    granted = json.loads(output)["realtime"]["granted"] if code == 0 else []
    report.check("CAP_SYS_NICE and CAP_IPC_LOCK are enough for both", {"scheduling", "memory_lock"} <= set(granted),
                 f"exit {code}: {granted} {errors[-300:]}")


def caught(process):
    """The crash signals that a process has a handler for."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    mask = int(next(line.split()[1] for line in text.splitlines() if line.startswith("SigCgt")), 16)
    return [number for number in CRASHES if mask >> (number - 1) & 1]


def check_backtracer(report):
    for policy, wanted in (("preferred", "off"), ("off", "as it was")):
        with subprocess.Popen([SINEW, "run", "Robots/navigator", "--for", "20", "--realtime", policy],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              env={**os.environ, "SWIFT_BACKTRACE": "enable=yes"}) as process:
            deadline = time.monotonic() + 10
            handlers = caught(process)
            while time.monotonic() < deadline and bool(handlers) == (policy == "preferred"):
                time.sleep(0.05)
                handlers = caught(process)
            if policy == "preferred":
                report.check(f"--realtime {policy}: the crash backtracer is {wanted}", handlers == [], handlers)
                process.send_signal(signal.SIGSEGV)
                code = process.wait(timeout=30)
                errors = process.stderr.read().decode(errors="replace")
                report.check("a crash ends the process by its signal and without a backtrace",
                             code == -signal.SIGSEGV and "acktrac" not in errors, f"{code}: {errors[:200]}")
            else:
                report.check(f"--realtime {policy}: the crash backtracer is {wanted}", handlers != [], handlers)
                process.kill()


def check_bench(report, folder):
    chart, board = folder / "chart.svg", folder / "board.json"
    code, output, errors = run("bench", "latency", "--for", "2", "--rate", "500", "--spin-tail", "20", "--load",
                               "--svg", str(chart), "--save", str(board), "--json")
    if not report.check("bench latency: exit 0", code == 0, f"exit {code}: {errors[-400:]}"):
        return
    result = json.loads(output)
    report.check("bench latency: --save writes what --json prints", json.loads(board.read_text()) == result)
    wake = result["latency"]["wake"]
    steps = [wake[f"{key}_ns"] for key in ("p50", "p90", "p99", "p99_9", "max")]
    report.check("bench latency: percentiles rise", steps == sorted(steps), steps)
    cycles = wake["cycles"] + result["missed_cycles"]
    report.check("bench latency: every cycle is counted or missed", abs(cycles - 1000) <= 10, cycles)
    counts = sum(count for _, count in result["histograms_ns"]["wake"])
    report.check("bench latency: the histogram holds every cycle", counts == wake["cycles"], counts)
    root = xml.etree.ElementTree.parse(chart).getroot()
    report.check("bench latency: the chart is an SVG", root.tag == "{http://www.w3.org/2000/svg}svg", root.tag)
    if result["ratio_to_cyclictest"] is not None:
        report.check("bench latency: cyclictest took as many", abs(result["latency"]["cyclictest"]["cycles"] - 1000) <= 20
                     , result["latency"]["cyclictest"])
    code, output, errors = run("bench", "latency", "Robots/navigator", "--for", "1", "--no-cyclictest", "--json")
    stages = set(json.loads(output)["latency"]) if code == 0 else set()
    report.check("bench latency of a robot: every stage", stages == {
        "wake", "receive", "step", "send", "cycle", "frame_to_frame"}, f"exit {code}: {stages} {errors[-300:]}")
    code, output, errors = run("bench", "latency", "Robots/navigator", "--rate", "9000", "--json")
    report.check("bench latency: a rate the buses cannot carry is exit 2", code == 2
                 and json.loads(errors)["error"]["kind"] == "bus_plan", f"exit {code}: {errors[-300:]}")


def check_doctor(report, folder):
    code, output, errors = run("doctor", "--json")
    result = json.loads(output)
    report.check("doctor: schema sinew.doctor/1", result["schema"] == "sinew.doctor/1", result["schema"])
    report.check("doctor: exit 1 exactly when a row failed", code == (1 if result["status"] == "fail" else 0)
                 and errors == "", f"exit {code}, {result['status']}: {errors[-200:]}")
    for name, check in result["checks"].items():
        told = check["status"] == "ok" or (check["status"] in ("warn", "fail") and check["cost"] and check["fix"])
        report.check(f"doctor: {name} is ok, or says what it costs and how to mend it", told and check["found"], check)
    report.check("doctor: without --fix nothing is done", result["repairs"] == [], result["repairs"])
    code, output, errors = as_nobody(folder, "doctor", "--json")
    checks = json.loads(output)["checks"]
    for name in ("scheduling", "memory_lock"):
        report.check(f"doctor without privileges: {name} fails, because it was tried",
                     code == 1 and checks[name]["status"] == "fail", checks[name])


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        shutil.copy(SINEW, folder / "sinew")
        shutil.copytree("Robots", folder / "Robots")
        check_refused(report, folder)
        check_granted(report, folder)
        check_bench(report, folder)
        check_doctor(report, folder)
    check_backtracer(report)
    report.close()


if __name__ == "__main__":
    main()
