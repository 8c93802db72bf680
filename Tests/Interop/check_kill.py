#!/usr/bin/env python3
"""SIGKILL to the controller at random instants: every drive lets go within its watchdog's time, by the simulation's clock.

`sinew simulate` serves a robot with a drive of every family, `sinew run --target real` moves it and is killed. SINEW_KILLS
sets how often (10 without; 1000 takes half an hour), SINEW_SEED where the instants start.
"""
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

from report import SINEW, Report
from served_robot import FAMILIES, Served, confine, write_robot

KILLS = int(os.environ.get("SINEW_KILLS", "10"))
SEED = int(os.environ.get("SINEW_SEED", "20261128"))
RATE = 200  # Hz
WATCHDOG = 0.1  # s
#: Instants of the kill after the controller's start [s]: from bring-up (ODrives take 0.9 s) into the motion.
INSTANTS = (0.05, 2.6)


def kill(robot, instant, *arguments):
    """What the drives did when a controller was killed: the summary, or None when it had ended by itself."""
    with Served(robot, "--realtime", "preferred", *arguments) as served:
        controller = subprocess.Popen(
            [SINEW, "run", str(robot), "--target", "real", "--yes", "--realtime", "preferred", "--motion", "swing",
             "--fault-file", "none"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(instant)
        ran = controller.poll() is None
        controller.send_signal(signal.SIGKILL)
        controller.wait()
        # Longer than any watchdog and the period of a cycle.
        time.sleep(WATCHDOG + 0.05)
    return served.summary if ran else None


def refusal(robot, *arguments):
    """How a controller ends that must not arm a robot, and what it says."""
    with Served(robot, "--realtime", "preferred", *arguments):
        done = subprocess.run(
            [SINEW, "run", str(robot), "--target", "real", "--yes", "--realtime", "preferred", "--motion", "swing",
             "--fault-file", "none"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


def faults(drives):
    """What is wrong with the drives of one kill, and how many had been on when the frames ended."""
    problems, were_on = [], 0
    for joint, drive in drives.items():
        after = drive["let_go_after_s"]
        # A drive that was told to be off had let go with that frame.
        were_on += after is not None and after > 0
        if drive["obeys"]:
            problems.append(f"{joint} still obeys")
        elif after is not None and after > drive["watchdog_s"] + 1 / RATE:
            problems.append(f"{joint} let go after {after} s")
    return problems, were_on


def main():
    options = confine()
    report = Report()
    generator = random.Random(SEED)
    bad, on, ended, longest = [], 0, 0, 0.0
    with tempfile.TemporaryDirectory() as name:
        robot = write_robot(pathlib.Path(name) / "fleet", {
            family: f"udp-multicast://239.74.163.2:{23130 + index}{options}" for index, family in enumerate(FAMILIES)},
            rate=RATE, watchdog=WATCHDOG)
        for number in range(KILLS):
            instant = generator.uniform(*INSTANTS)
            summary = kill(robot, instant)
            if summary is None:
                ended += 1
                continue
            problems, were_on = faults(summary["drives"])
            on += were_on == len(FAMILIES)
            longest = max([longest, *(drive["let_go_after_s"] or 0 for drive in summary["drives"].values())])
            if problems:
                bad.append((number, instant, problems))
        report.check(f"{KILLS} kills: after each, every drive had let go within its watchdog and a cycle", not bad, bad[:3])
        report.check("the controller was running each time it was killed", ended == 0, ended)
        report.check("a third of the kills or more met every drive switched on", 3 * on >= KILLS, on)
        print(f"# {KILLS} kills, {on} with all {len(FAMILIES)} drives on, longest {longest:.6f} s of {WATCHDOG} s", flush=True)
        # Negative control: a robot with a watchdog that never fires is not armed. One that breaks later: KillTests.
        code, said = refusal(robot, "--inject", "moteus watchdog off")
        report.check("with one watchdog off the robot is not armed, and told why",
                     code == 3 and "joint moteus" in said and "still enabled" in said, f"{code} {said}")
    report.close()


if __name__ == "__main__":
    main()
