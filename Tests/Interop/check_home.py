#!/usr/bin/env python3
"""sinew home: what it finds in simulation is true, its file is kept and refused when damaged, and nothing is sent in a dry run.

The searches themselves are tested in Tests/SimulationTests/Homing. Run by make test with SINEW, the release build.
"""
import json
import pathlib
import subprocess
import tempfile
import time
import typing
import zlib

from report import SINEW, Report, run
from served_robot import Served, confine, write_robot

options = confine()
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

with tempfile.TemporaryDirectory() as folder:
  recording = pathlib.Path(folder, "homed.mcap")
  code, output, errors = run("run", ROBOT, "--home", "--seed", "4", "--for", "0.5", "--pace", "fast", "--record", str(recording),
                             "--json", timeout=120)
  check("a run that homes first runs", code == 0 and json.loads(output)["outcome"] == "completed", errors)
  code, output, errors = run("replay", str(recording), timeout=120)
  check("its recording holds the zeros, and replays", code == 0 and "every byte the same" in output, f"{output} {errors}")

  # A robot of others: simulated drives on a network.
  interface = f"udp-multicast://239.74.163.2:43215{options}"
  robot = write_robot(pathlib.Path(folder, "served"), {"damiao": interface, "robstride": f"udp-multicast://239.74.163.2:43216{options}"})
  text = (robot / "robot.yaml").read_text()
  for family in ("damiao", "robstride"):
    text = text.replace(f"{family}_bus, id: {1 if family == 'damiao' else 2}",
                        f"{family}_bus, homing: {{method: saved}}, id: {1 if family == 'damiao' else 2}")
  (robot / "robot.yaml").write_text(text)
  state = robot / "homing.state"

  def save(pose):
    body = f"sinew-homing 1\nrobot bench\njoint damiao 0 {pose}\njoint robstride 0 0\n"
    state.write_text(f"{body}crc32 {zlib.crc32(body.encode()):08x}\n")

  real = ["run", str(robot), "--target", "real", "--yes", "--realtime", "preferred", "--fault-file", "none", "--for", "0.5"]
  with Served(robot):
    code, _, errors = run(*real, timeout=120)
    check("a real robot with homing: does not run without it", code == 2 and "--home" in errors, errors)
    code, _, errors = run(*real, "--home", timeout=120)
    check("nor without anything saved", code != 0 and "damiao" in errors and "robstride" in errors, errors)
    save(0.07)
    code, _, errors = run(*real, "--home", timeout=120)
    # A turn of this rotor is 0.157 rad of its joint: half of one is nowhere.
    check("nor where a joint is not where it was", code == 1 and "damiao" in errors and "robstride" not in errors, errors)
    save(0.03)
    code, _, errors = run(*real, "--home", timeout=120)
    left = {line.split()[1]: float(line.split()[3]) for line in state.read_text().splitlines() if line.startswith("joint")}
    check("it runs where it is near enough, and where it is left is kept", code == 0 and -0.1 < left["damiao"] < 0.1 and left["damiao"] != 0.03, f"{errors} {left}")
  # Powered up anew: after a run the joints swing.
  with Served(robot):
    save(0)
    killed = subprocess.Popen([SINEW, *real[:-1], "60", "--home"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while "joint" in state.read_text() and killed.poll() is None and time.monotonic() < deadline:
      time.sleep(0.01)
    alive = killed.poll() is None
    killed.kill()
    killed.wait()
    code, _, errors = run(*real, "--home", timeout=120)
    check("a run that is killed leaves no pose behind, which would be an old one",
          alive and code != 0 and "damiao" in errors and "robstride" in errors, f"{alive} {code} {errors}")

report.close()
