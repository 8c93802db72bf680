#!/usr/bin/env python3
"""The schedule of every robot that ships: its sums done again here, its drawing, and tables that must be refused."""
import json
import pathlib
import shutil
import tempfile
import xml.etree.ElementTree as ElementTree

from report import Report, run

BROKEN = {
    "stages that do not fit": ("schedule:\n  budgets: {send: 9.0e-4}\n", "us more than the period of 1000 us"),
    "a phase beyond the rate": ("schedule:\n  telemetry: {every: 10, phase: 10}\n", "phase 10"),
    "a stage nobody knows": ("schedule:\n  budgets: {sned: 1.0e-4}\n", "no key 'sned'"),
}


def check_table(report, robot):
    with tempfile.TemporaryDirectory() as folder:
        drawing = pathlib.Path(folder) / "schedule.svg"
        code, output, errors = run("schedule", f"Robots/{robot}", "--json", "--svg", str(drawing))
        if not report.check(f"{robot}: exit 0", code == 0, f"exit {code}: {errors.strip()[-400:]}"):
            return
        table = json.loads(output)
        boxes = [box for box in ElementTree.parse(drawing).iter() if box.tag.endswith("rect")]
    tick, tasks, period = table["tick_ns"], table["tasks"], table["hyperperiod_cycles"]
    worst = dict.fromkeys((task["name"] for task in tasks), 0)
    total = 0
    for frame in range(period):
        clock = 0
        for task in tasks:
            if frame % task["every_cycles"] == task["phase_cycles"]:
                clock += task["budget_ns"]
                worst[task["name"]] = max(worst[task["name"]], clock)
        total += clock
        if clock > tick:
            report.check(f"{robot}: frame {frame} fits", False, clock)
    report.check(f"{robot}: response times", worst == {task["name"]: task["response_ns"] for task in tasks}, worst)
    report.check(f"{robot}: utilisation", abs(table["utilisation"] - total / (tick * period)) < 1e-12, total)
    report.check(f"{robot}: frames of all kinds", sum(kind["frames"] for kind in table["frames"]) == period)
    drawn = sum(len(kind["tasks"]) for kind in table["frames"])
    report.check(f"{robot}: a box a task and kind of frame", len(boxes) == drawn + 1, (len(boxes), drawn))


def check_refusals(report):
    with tempfile.TemporaryDirectory() as folder:
        robot = pathlib.Path(folder) / "navigator"
        shutil.copytree("Robots/navigator", robot)
        text = (robot / "robot.yaml").read_text()
        for name, (lines, message) in BROKEN.items():
            (robot / "robot.yaml").write_text(text + "\n" + lines)
            code, output, errors = run("schedule", str(robot))
            place = errors.split(":")[1] if ":" in errors else ""
            report.check(f"refused: {name}", code == 2 and message in errors and place.isdigit(), errors[-400:])


def main():
    report = Report()
    for robot in ["navigator", "g1"]:
        check_table(report, robot)
    check_refusals(report)
    report.close()


if __name__ == "__main__":
    main()
