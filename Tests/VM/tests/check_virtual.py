"""The whole loop at its own rate on the kernel's CAN, inside the guest in virtual time: `sinew run --target real` in one process,
`sinew simulate` in another. The guest's clock stands still while either computes, so that nothing here depends on the host:
every figure is exact. Ends with a sum.

SINEW_VM_SECONDS: how long navigator moves (60).
"""
import json
import re
import shutil
import subprocess
import time

from carried import check_run, moved
from robot_bench import FOLDER, SINEW, environment
from shim import ROOT, shell

from report import Report

report = Report()
SECONDS = environment("SINEW_VM_SECONDS", 60.0)
NAVIGATOR = ROOT / "Robots" / "navigator"
#: Buses of its six-family robot with ODrives, which tell more than the loop listens to.
WITH_ODRIVES = ("right_shoulder", "right_elbow", "left_ankle", "right_knee")
#: One movement of navigator's `wave` [s].
WAVE = 6


def interfaces(count):
    shell(f"for i in {{0..{count - 1}}}; do ip link del can$i 2>/dev/null; "
          "ip link add can$i type vcan; ip link set can$i mtu 72 up; done")


def long_wave(folder, seconds):
    """A copy of navigator whose motion `long` waves for so many seconds."""
    shutil.copytree(NAVIGATOR, folder)
    head, *points = re.split(r"(?m)^(?=  - \{time_from_start: )", (folder / "motions" / "wave.yaml").read_text())
    places = [re.fullmatch(r"  - \{time_from_start: ([\d.]+)(.*)", point.rstrip(), re.S).groups() for point in points]
    lines = [f"  - {{time_from_start: {float(instant) + WAVE * turn}{rest}" for turn in range(int(seconds // WAVE) + 1)
             for instant, rest in places[min(turn, 1):]]
    (folder / "motions" / "long.yaml").write_text(head.replace("motion: wave", "motion: long") + "\n".join(lines) + "\n")
    return folder


def check_navigator():
    interfaces(13)
    folder, recording = long_wave(FOLDER / "navigator", SECONDS), FOLDER / "long.mcap"
    run, served = moved(folder, "--motion", "long", "--for", str(SECONDS), "--record", str(recording))
    report.check("navigator: 34 joints", len(run.report.get("joints", ())) == 34, len(run.report.get("joints", ())))
    check_run(report, "navigator at 1 kHz", folder, run, served, 1000, SECONDS, 1)
    played = subprocess.run([SINEW, "replay", str(recording), "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    answer = json.loads(played.stdout or "{}")
    report.check(f"navigator: its recording of {recording.stat().st_size >> 20} MiB replays to the byte",
                 played.returncode == 0 and answer, f"{played.returncode} {played.stdout[:300]} {played.stderr[-300:]}")
    recording.unlink()


def check_mixed():
    interfaces(14)
    description = NAVIGATOR / "mixed.yaml"
    run, served = moved(description, "--motion", "wave", "--for", "3")
    check_run(report, "six families, 14 buses, moteus and Damiao over CAN FD, at 1 kHz", description, run, served, 1000, 3, 2,
              answers=2, unheard=WITH_ODRIVES)


for check in (check_navigator, check_mixed):
    begin = time.monotonic()
    check()
    print(f"{check.__name__}: {time.monotonic() - begin:.1f} s of the guest's time", flush=True)
report.close()
