#!/usr/bin/env python3
"""sinew test: exit codes, reports, shards, hashes of both builds, and repeat lines that repeat.

Usage: check_scenarios.py [SEEDS]      with a number only that many runs of one scenario, twice each
"""
import html
import json
import pathlib
import shlex
import sys
import tempfile
import xml.etree.ElementTree as xml

import html_page
from drive_robots import write_robot
from report import SINEW, SINEW_DEBUG, Report, run

SEEDS = 500  # runs, twice each, in make test; make seeds-proof makes 100,000
SHIPPED = "Robots/scenarios/arm_bus_lost.yaml"

HEAD = """scenario: {name}
robot: bench
for: 0.3
start: {{first: 0.4}}
seeds: 1..6
"""
FAULTS = ["only jitters 0.0005 at 0.05", "only lost at 0.1 for 0.012", "only warning at 0.15 for 0.05"]
CHAOS = "chaos: {faults: 3, kinds: [lost, jitters, delayed], between: [0.05, 0.2], lasting: [0.01, 0.02]}\n"


def write(folder, name, expectations, faults=FAULTS, more=""):
    lines = "".join(f"  - {line}\n" for line in expectations)
    text = HEAD.format(name=name) + f"faults: {json.dumps(faults)}\n" + more + f"expect:\n{lines}"
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def results(report, name, *arguments, code, binary=SINEW):
    """The object that `sinew test --json` prints, where it ended as it should."""
    status, output, errors = run("test", *map(str, arguments), "--json", binary=binary)
    report.check(f"{name}: exit {code}", status == code, f"exit {status}: {errors.strip()[-400:]} {output[-300:]}")
    try:
        found = json.loads(output)
    except ValueError:
        found = {"scenarios": []}
    if code in (0, 1):
        report.check(f"{name}: schema sinew.test/1 first", output.startswith('{"schema": "sinew.test/1"'), output[:80])
    return found


def hashes(found):
    return {(scenario["scenario"], one["seed"], one["point"]): one["hash"]
            for scenario in found["scenarios"] for one in scenario["listed"]}


def check_codes(report, folder, good, bad):
    results(report, "all hold", good, code=0)
    results(report, "one fails", good, bad, "--no-shrink", code=1)
    (folder / "broken.yaml").write_text(good.read_text().replace("expect:", "expct:"))
    status, _, errors = run("test", str(folder / "broken.yaml"))
    report.check("a bad scenario: exit 2, file, line and column", status == 2 and "broken.yaml:" in errors
                 and "did you mean 'expect'" in errors, f"exit {status}: {errors}")
    report.check("no such file: exit 2", run("test", str(folder / "none.yaml"))[0] == 2)
    report.check("an option that is none: exit 2", run("test", str(good), "--shard", "3/2")[0] == 2)
    status, _, errors = run("test", str(good), "--junit", str(folder / "none" / "x.xml"))
    report.check("a report that cannot be written: exit 3", status == 3 and "x.xml" in errors, f"exit {status}: {errors}")


def check_same(report, good):
    every = results(report, "hashes of the release build", good, "--hash", "--jobs", "1", code=0)
    report.check("a hash for each of six runs, none twice", len(set(hashes(every).values())) == 6, hashes(every))
    other = results(report, "hashes with four jobs", good, "--hash", "--jobs", "4", code=0)
    report.check("any number of jobs prints the same", other == every)
    debug = results(report, "hashes of the debug build", good, "--hash", code=0, binary=SINEW_DEBUG)
    report.check("debug and release builds do the same to the bit", hashes(debug) == hashes(every))
    parts = {}
    for index in range(1, 5):
        part = results(report, f"shard {index}/4", good, "--hash", "--shard", f"{index}/4", code=0)
        report.check(f"shard {index}/4 repeats no run of another", not set(parts) & set(hashes(part)))
        parts.update(hashes(part))
    report.check("four shards are all runs", parts == hashes(every))


def check_reports(report, folder, bad):
    found = results(report, "a failing run", bad, "--seeds", "1", "--junit", folder / "junit.xml", "--report", folder / "failed",
                    code=1)
    failing = found["scenarios"][0]["failing"][0]
    suite = xml.parse(folder / "junit.xml").getroot()
    failures = suite.findall("testsuite/testcase/failure")
    report.check("JUnit: one suite, one case, one failure with its repeat line",
                 suite.tag == "testsuites" and suite.get("tests") == "1" and suite.get("failures") == "1"
                 and len(failures) == 1 and "repeat: sinew test" in failures[0].text, xml.tostring(suite)[:400])
    report.check("shrunk to the fault that matters", [text.split(" at ")[0] for text in failing["shrunk_faults"]]
                 == ["only lost"], failing)
    status, output, errors = run("replay", failing["recording"])
    report.check("the recording of the shrunk run replays to the byte", status == 0, f"exit {status}: {output}{errors}")
    lines = pathlib.Path(failing["candump"]).read_text().splitlines()
    report.check("its frames are in candump's format", len(lines) > 100 and all(line.startswith("(") for line in lines),
                 lines[:2])
    check_pages(report, folder, bad, failing)
    return failing


def check_pages(report, folder, bad, failing):
    """What --report writes beside the recording: pages that stand alone, the same twice."""
    first, second = folder / "failed", folder / "again"
    run("test", str(bad), "--seeds", "1", "--report", str(second))
    names = sorted(page.name for page in first.glob("*.html"))
    report.check("an index and a page of the failure", len(names) == 2 and "index.html" in names, names)
    beside = [file.name for file in first.iterdir()]
    for name in names:
        text = (first / name).read_text()
        wrong = html_page.faults(text, files=beside, drawings=0 if name == "index.html" else 5)
        report.check(f"{name}: stands alone, its links lead somewhere, its drawings are XML", not wrong, wrong)
        report.check(f"{name}: the same bytes twice", (second / name).read_text() == text)
    page = (first / next(name for name in names if name != "index.html")).read_text()
    words = [html.escape(text, quote=True).replace("&#x27;", "'")
             for text in (failing["repeat"], failing["shrunk_faults"][0], failing["failures"][0]["message"])]
    report.check("the page says what failed, with which fault, and how to repeat it", all(word in page for word in words),
                 [word for word in words if word not in page])
    report.check("bounds, faults and states are drawn", all(part in page for part in ('class="mark"', "reference", 'class="span')))


def check_repeat(report, name, failing):
    words = shlex.split(failing["repeat"])
    report.check(f"{name}: the repeat line is a command of sinew", words[:2] == ["sinew", "test"], failing["repeat"])
    again = results(report, f"{name}: the repeat line", *words[2:], code=1)
    second = again["scenarios"][0]["failing"][0]
    names = lambda one: {(verdict["name"], verdict["joint"]) for verdict in one["failures"]}  # noqa: E731
    report.check(f"{name}: fails in the same way", bool(names(second) & names(failing)), second["failures"])
    report.check(f"{name}: with the faults that were left", second["faults"] == failing["shrunk_faults"], second["faults"])


def check_controls(report, folder, good):
    results(report, "a control that fails", good, "--controls", "--no-shrink", code=0)
    blind = write(folder, "blind", ["torque_peak: {below: 1000}"])
    found = results(report, "a control that passes", blind, "--controls", "--no-shrink", code=1)
    controls = found["scenarios"][0]
    report.check("only the control failed", controls["failed"] == 1 and controls["controls_noticed"] == 0
                 and controls["failing"][0]["failures"][0]["name"] == "control", controls)


def check_shipped(report, folder):
    # All that ship are run by check_shipped_scenarios.py.
    text = pathlib.Path(SHIPPED).read_text().replace("../navigator", str(pathlib.Path("Robots/navigator").resolve()))
    tight = folder / "tight.yaml"
    tight.write_text(text.replace("faults: [", 'faults: ["left_arm jitters 0.0001 at 0.5", "right_knee warning at 0.7", ')
                     .replace("within: 0.022", "within: 0.001"))
    found = results(report, "a shipped scenario with a bound that is too tight", tight, code=1)
    check_repeat(report, "a shipped scenario", found["scenarios"][0]["failing"][0])


def check_seeds(report, folder, seeds):
    storm = write(folder, "storm", ["effort_peak: {below: 1.001}"], faults=[], more=CHAOS)
    found = results(report, f"{seeds} seeds, twice each: the same to the bit", storm, "--seeds", seeds, "--twice", code=0)
    report.check(f"{seeds} seeds: all of them ran", found.get("runs") == seeds, found.get("runs"))


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_robot(folder / "bench", "damiao")
        if len(sys.argv) > 1:
            check_seeds(report, folder, int(sys.argv[1]))
            report.close()
        good = write(folder, "good", ["no_fault", "misreading_peak: {below: 0.05}", "age_peak: {above: 3}"])
        bad = write(folder, "bad", ["age_peak: {below: 2}"])
        check_codes(report, folder, good, bad)
        check_same(report, good)
        check_repeat(report, "a failing run", check_reports(report, folder, bad))
        check_controls(report, folder, good)
        check_seeds(report, folder, SEEDS)
        check_shipped(report, folder)
    report.close()


if __name__ == "__main__":
    main()
