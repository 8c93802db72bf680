#!/usr/bin/env python3
"""`--inject` of `sinew run` on every layer: exit codes, what the report says, the same again, and what is refused.

What each fault does is tested in Tests/SimulationTests/Fault; here is the way from the command line to it.
"""
import json
import pathlib
import tempfile

import report as reporting

report = reporting.Report()


def run(*arguments):
    code, output, errors = reporting.run(
        "run", "Robots/navigator", "--for", "0.6", "--pace", "fast", "--fault-file", "none", "--json", *arguments)
    return code, json.loads(output) if output.strip() else None, errors


def inject(*texts):
    return [word for text in texts for word in ("--inject", text)]


def without_times(found):
    """A report without what the host's clock measured."""
    if not isinstance(found, dict):
        return found
    return {key: without_times(value) for key, value in found.items() if key != "stages" and not key.endswith("_ns")}


code, sound, _ = run()
report.check("a sound robot runs", code == 0 and sound["outcome"] == "completed", code)

for text, kind in [("left_hip bus-off at 0.5", "bus_lost"), ("Knee_L overcurrent at 0.5", "drive_fault"),
                   ("Knee_L pushed 4000 at 0.5", None), ("host setpoint-nan at 0.5", "setpoint_not_finite"),
                   ("host hangs 0.05 at 0.5", "deadline_missed")]:
    code, found, errors = run(*inject(text))
    seen = (found or {}).get("fault", {}).get("kind")
    report.check(f"'{text}' stops the robot" + (f": {kind}" if kind else ""),
                 code == 1 and found["outcome"] == "fault" and (kind is None or seen == kind), (code, seen, errors))

code, found, _ = run(*inject("host killed at 0.5"))
report.check("a killed loop is told, exit 1", code == 1 and found["outcome"] == "killed", (code, found and found["outcome"]))
code, found, _ = run(*inject("host late 1.5 at 0.5 for 0.001"))
report.check("a late cycle is counted and borne", code == 0 and found["deadline_misses"] == 1, (code, found))

several = inject("left_hip loses 0.02", "all answers-lost 0.01", "host wakes-late 0.0003", "left_arm jitters 0.0002")
first, second, other = run(*several), run(*several), run(*several, "--seed", "2")
report.check("the same faults and seed give the same report", without_times(first[1]) == without_times(second[1]))
report.check("another seed another one", without_times(first[1]) != without_times(other[1]))

with tempfile.TemporaryDirectory() as folder:
    for text, message in [("disk full at 0.3", "space"), ("disk fails at 0.3", "rror"), ("disk slow at 0.3 for 0.2", "slow")]:
        path = str(pathlib.Path(folder, text.split()[1] + ".mcap"))
        code, found, errors = run("--record", path, *inject(text))
        lost = found["recording"]["lost_cycles"] if found else 0
        report.check(f"'{text}' costs the recording cycles and the robot nothing",
                     code == 3 and found["outcome"] == "completed" and lost > 0 and message in errors, (code, lost, errors))

for arguments, word in [(inject("left_hp lost"), "left_hip"), (inject("Knee_L extra-heat"), "profile"),
                        (inject("host late at 0.5") + ["--pace", "live"], "pace")]:
    code, _, errors = run(*arguments)
    report.check(f"{arguments[1]} is refused", code == 2 and word in errors, (code, errors))

report.close()
