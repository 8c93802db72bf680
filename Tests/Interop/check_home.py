#!/usr/bin/env python3
"""sinew home: what it finds in simulation is true, its file is kept and refused when damaged, and nothing is sent in a dry run.

The searches themselves are tested in Tests/SimulationTests/Homing. Run by make test with SINEW, the release build.
"""
import json
import pathlib
import tempfile
import typing

from report import Report, run

report = Report()
check = report.check
ROBOT = "Robots/rig/homing.yaml"


def home(*arguments):
  return Run(*run("home", *map(str, arguments), timeout=120))


class Run(typing.NamedTuple):
  returncode: int
  stdout: str
  stderr: str


for seed in range(1, 6):
  done = home(ROBOT, "--seed", seed, "--json")
  found = json.loads(done.stdout)["joints"] if done.returncode == 0 else {}
  worst = max((abs(j["true_error_rad"]) for j in found.values()), default=None)
  check(f"seed {seed}: three joints homed, off by less than 0.005 rad", len(found) == 3 and worst < 0.005, done.stderr or worst)

dry = home(ROBOT, "--dry-run", "--json")
check("a dry run says the plan", json.loads(dry.stdout)["joints"]["elbow"]["torque_Nm"] == 12, dry.stdout)
bare = home("Robots/rig")
check("a robot without homing: is refused with what to do", bare.returncode == 2 and "--joint" in bare.stderr, bare.stderr)

with tempfile.TemporaryDirectory() as folder:
  state = pathlib.Path(folder, "homing.state")
  done = home(ROBOT, "--seed", 3, "--state", state)
  check("what was found is kept", done.returncode == 0 and state.read_text().startswith("sinew-homing 1\nrobot rig_homing\n"), done.stderr)
  text = state.read_text()
  line = next(l for l in text.splitlines() if l.startswith("joint shoulder"))
  state.write_text(text.replace(line, line + "1"))
  broken = home(ROBOT, "--seed", 3, "--state", state)
  check("a damaged file is refused with its line", broken.returncode == 2 and "homing.state:" in broken.stderr
        and "checksum" in broken.stderr, broken.stderr)

report.close()
