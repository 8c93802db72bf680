#!/usr/bin/env python3
"""A sinew with one line of its controller changed fails a scenario, shrinks it to the fault that shows the mistake, and the
repeat line shows it again; the sinew as it is passes.

The debug build is linked once more with one object of its own in the place of another: the whole module ControlCycle is
compiled apart, with the compiler's own arguments of that build, from a copy with the mistake in it. The tree stays as it is.
"""
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from drive_robots import write_robot
from report import SINEW_DEBUG, Report, run

SOURCE = "Sources/ControlCycle/Estimator.swift"
LINE = "state.position += state.velocity * bounded"
MISTAKE = "state.position -= state.velocity * bounded"

SCENARIO = """scenario: swing
about: A pendulum swings while frames are late, lost and delayed; where a joint is stays known.
robot: bench
motion: swing.yaml
for: 1.2
start: {first: -0.5}
faults:
  - "only jitters 0.0003 at 0.05"
  - "only warning at 0.1 for 0.1"
  - "only lost at 0.605 for 0.0121"
  - "only jitters 0.0002 at 0.4 for 0.05"
expect:
  - misreading_peak: {below: 0.03, to: 1.19}
"""
MOTION = """motion: swing
joint_names: [first]
points:
  - {time_from_start: 0, positions: [-0.5]}
  - {time_from_start: 1.2, positions: [0.5]}
"""


def arguments(target):
    """The compiler's arguments for a target of the debug build, as SwiftPM notes them."""
    plan = pathlib.Path(".build/debug.yaml").read_text()
    place = plan.index(f'"C.{target}":')
    return json.loads(plan[plan.index("args:", place) + 5:].splitlines()[0])


def triple():
    return pathlib.Path(".build/debug").resolve().parent.name


def run_tool(words):
    return subprocess.run(words, capture_output=True, text=True, timeout=300)


def build(folder):
    """A debug sinew with the mistake; its path, or what the compiler said."""
    text = pathlib.Path(SOURCE).read_text()
    if text.count(LINE) != 1:
        return None, f"{SOURCE} does not hold the line {LINE!r} once"
    (folder / "Estimator.swift").write_text(text.replace(LINE, MISTAKE))
    words = arguments(f"ControlCycle-{triple()}-debug.module")
    sources = [shlex.split(line)[0] for line in
               pathlib.Path(next(word for word in words if word.startswith("@"))[1:]).read_text().split("\n") if line.strip()]
    ours = [str(folder / "Estimator.swift") if name.endswith(SOURCE) else name for name in sources]
    objects = {name: {"object": str(folder / (pathlib.Path(name).name + ".o"))} for name in ours}
    objects[""] = {"swift-dependencies": str(folder / "all.swiftdeps")}
    (folder / "map.json").write_text(json.dumps(objects))
    (folder / "sources").write_text("\n".join(map(shlex.quote, ours)))
    paths = {"-emit-module-path": folder / "ControlCycle.swiftmodule", "-output-file-map": folder / "map.json",
             "-emit-objc-header-path": folder / "ControlCycle-Swift.h", "-index-store-path": folder / "index"}
    for index, word in enumerate(words):
        if word in paths:
            words[index + 1] = str(paths[word])
        elif word.startswith("@"):
            words[index] = f"@{folder / 'sources'}"
    done = run_tool([word for word in words if word not in ("-incremental", "-parseable-output")])
    if done.returncode != 0:
        return None, (done.stdout + done.stderr)[-600:]
    words = arguments(f"sinew-{triple()}-debug.exe")
    listed = pathlib.Path(next(word for word in words if word.endswith("Objects.LinkFileList"))[1:]).read_text()
    changed, count = re.subn(r"(?m)^\S*/ControlCycle\.build/Estimator\.swift\.o\S*$", str(folder / "Estimator.swift.o"), listed)
    if count != 1:
        return None, "the list of objects does not hold Estimator.swift.o once"
    (folder / "objects").write_text(changed)
    words = [f"@{folder / 'objects'}" if word.endswith("Objects.LinkFileList") else word for word in words]
    words[words.index("-o") + 1] = str(folder / "sinew")
    done = run_tool(words)
    return (str(folder / "sinew"), "") if done.returncode == 0 else (None, (done.stdout + done.stderr)[-600:])


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_robot(folder / "bench", "damiao")
        (folder / "swing.yaml").write_text(MOTION)
        scenario = folder / "scenario.yaml"
        scenario.write_text(SCENARIO)
        code, output, errors = run("test", str(scenario), binary=SINEW_DEBUG)
        report.check("sinew as it is passes", code == 0, f"exit {code}: {output}{errors}")
        binary, problem = build(folder)
        if not report.check("a sinew with one line changed is built", binary is not None, problem):
            report.close()
        code, output, errors = run("test", str(scenario), "--json", binary=binary)
        found = json.loads(output) if output.startswith("{") else {"scenarios": [{"failing": []}]}
        if not report.check("it fails", code == 1 and len(found["scenarios"][0]["failing"]) == 1, f"exit {code}: {errors}{output}"):
            report.close()
        failing = found["scenarios"][0]["failing"][0]
        report.check("by the expectation that is about it, with figure, bound, joint and instant",
                     [failure["name"] for failure in failing["failures"]] == ["misreading_peak"]
                     and None not in [failing["failures"][0][key] for key in ("figure", "bound", "joint", "time_s")], failing)
        report.check("shrunk from four faults to the one that matters", len(failing["faults"]) == 4
                     and [text.split(" at ")[0] for text in failing["shrunk_faults"]] == ["only lost"], failing)
        words = shlex.split(failing["repeat"])
        code, output, errors = run(*words[1:], "--json", "--hash", binary=binary)
        again = json.loads(output)["scenarios"][0] if output.startswith("{") else {"failing": []}
        report.check("the repeat line fails in the same way, with that fault alone", code == 1
                     and again["failing"][0]["failures"][0]["name"] == "misreading_peak"
                     and again["failing"][0]["faults"] == failing["shrunk_faults"], f"{failing['repeat']}: {errors}{output}")
        code, output, errors = run(*words[1:], binary=SINEW_DEBUG)
        report.check("and passes with sinew as it is", code == 0, f"exit {code}: {output}{errors}")
    report.close()


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    if shutil.which("swiftc") is None:
        print("not ok swiftc is on the PATH\n0 passed, 1 failed")
        sys.exit(1)
    main()
