#!/usr/bin/env python3
"""sinew tune: experiments in simulation and over the network, their result, its page, going on, comparing, and gains.

What the experiments find is judged by what robot.yaml says of the simulated joint. Run by make test with SINEW, the release build.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree

import html_page
from report import SINEW, Report, run
from served_robot import Served, confine, write_robot

options = confine()
report = Report()
check = report.check
ROBOT = "Robots/rig"


def tune(*arguments, timeout=180):
  return run("tune", *map(str, arguments), timeout=timeout)


def load(folder):
  return json.loads(pathlib.Path(folder, "result.json").read_text())


def experiment(result, joint, kind, stage="measure"):
  return next(e for e in result["joints"][joint]["experiments"] if e["kind"] == kind and e["stage"] == stage)


def valid(*files):
  done = subprocess.run(["check-jsonschema", "--schemafile", "Documentation/tune.schema.json", *map(str, files)],
                        capture_output=True, text=True)
  return done.returncode == 0, done.stdout + done.stderr


folder = tempfile.TemporaryDirectory()
top = pathlib.Path(folder.name)

# Experiments.
out = top / "measured"
code, output, errors = tune("step,friction", ROBOT, "elbow,wrist", "--pace", "fast", "--out", out)
check("two experiments on two joints", code == 0 and "elbow: measured" in output and "wrist: measured" in output, errors)
result = load(out)
check("they are in the result, joint by joint, in their order",
      [[e["kind"] for e in j["experiments"]] for j in result["joints"].values()] == [["step", "friction"]] * 2)
for joint, coulomb in (("elbow", 0.4), ("wrist", 0.1)):
  found = experiment(result, joint, "friction")["figures"]["coulomb_nm"]
  share = experiment(result, joint, "friction")["settings"]["peak_torque_share_percent"]["value"]
  check(f"Coulomb friction of the {joint} is that of robot.yaml, or more by the load's part",
        found["identified"] and 0.95 * coulomb < found["value"] < 1.4 * coulomb, found)
  check(f"under 30 % of the torque of the {joint}", share < 30, share)
recording = result["recordings"][0]
check("the recording has the hash that is said",
      hashlib.sha256((out / recording["file"]).read_bytes()).hexdigest() == recording["sha256"])
code, output, errors = run("replay", str(out / "run.mcap"))
check("and replays", code == 0 and "every byte the same" in output, output + errors)
code, output, errors = tune("step,friction", ROBOT, "elbow,wrist", "--pace", "fast", "--json")
again = json.loads(output)
again["recordings"] = result["recordings"]
check("the same experiments give the same result", again == result)
page = (out / "report.html").read_text()
faults = html_page.faults(page, drawings=10)
check("the page stands alone", not faults, "; ".join(faults[:5]))

# Refusals.
for what, arguments, words in (
    ("an unknown experiment", ["stepp", ROBOT, "elbow"], "step"),
    ("an unknown joint", ["step", ROBOT, "elbw"], "elbow"),
    ("an amplitude beyond the envelope", ["inertia", ROBOT, "elbow", "--amplitude", "1000"], "N.m"),
    ("a band that is none", ["chirp", ROBOT, "elbow", "--band", "5"], "LOW,HIGH"),
    ("a real robot, where nobody can be asked", ["step", ROBOT, "elbow", "--target", "real"], "--yes"),
    ("a baseline that is none", ["all", ROBOT, "--regress", "Robots/rig/robot.yaml"], "tune.schema.json"),
):
  code, _, errors = tune(*arguments)
  check(f"refused with what to do: {what}", code == 2 and words in errors, f"{code} {errors}")

# Going on.
part = top / "part"
real = subprocess.Popen([SINEW, "tune", "step,friction", ROBOT, "wrist", "--pace", "real", "--out", str(part)],
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
# By what was recorded, and not by the clock: the step is under way or over then.
while real.poll() is None and sum(f.stat().st_size for f in part.glob("run.mcap*")) < 200_000: time.sleep(0.05)
real.send_signal(signal.SIGINT)
_, errors = real.communicate(timeout=60)
kept = load(part)
ended = [e["abort"] and e["abort"]["kind"] for e in kept["joints"]["wrist"]["experiments"]]
check("a signal ends in damping, with what was measured kept", real.returncode == 130 and "stopped" in ended, f"{errors} {ended}")
code, _, errors = tune("step,friction", ROBOT, "wrist", "--pace", "fast", "--resume", part)
whole = load(part)
check("what is missing is done with --resume, and nothing else",
      code == 0 and all(e["abort"] is None for e in whole["joints"]["wrist"]["experiments"])
      and (ended[0] is not None or experiment(whole, "wrist", "step") == experiment(kept, "wrist", "step")), errors)

# Gains.
tuned = top / "tuned"
code, output, errors = tune("all", ROBOT, "--joints", "elbow,wrist", "--junit", top / "tune.xml", "--out", tuned)
designed = load(tuned)
check("gains for both joints", code == 0 and all(j["outcome"] == "designed" for j in designed["joints"].values()), errors + output)
for name, joint in designed["joints"].items():
  margin = joint["design"]["figures"]["phase_margin_deg"]["value"]
  gains = joint["design"]["after"]
  check(f"the {name} has a phase margin of 45 deg by the design, and a patch that says the gains",
        margin >= 45 and f"{name}:\n    gains: {{stiffness: {gains['stiffness_nm_rad']:.5g}" in output, joint["design"])
cases = list(xml.etree.ElementTree.parse(top / "tune.xml").iter("testcase"))
check("JUnit has a case a joint, all passed", [c.get("name") for c in cases] == ["elbow", "wrist"] and not any(map(len, cases)))
baseline = json.loads(json.dumps(designed))
baseline["joints"]["wrist"]["design"]["figures"]["bandwidth_hz"]["value"] *= 1.5
(top / "baseline.json").write_text(json.dumps(baseline))
code, output, errors = tune("all", ROBOT, "--joints", "elbow,wrist", "--resume", tuned, "--regress", top / "baseline.json",
                            "--junit", top / "worse.xml")
failed = [c.get("name") for c in xml.etree.ElementTree.parse(top / "worse.xml").iter("testcase") if len(c)]
check("a joint that got worse than a baseline fails", code == 1 and failed == ["wrist"] and "worse" in output, output + errors)
code, output, errors = tune("compare", tuned, tuned, "--check", "--json")
check("a result is no worse than itself", code == 0 and not json.loads(output)["worse"], errors)
code, output, errors = tune("compare", top / "baseline.json", tuned, "--check", "--html", top / "compare.html")
check("compare says what is worse", code == 1 and "bandwidth" in output, output + errors)
faults = html_page.faults((top / "compare.html").read_text(), drawings=2)
check("as a page that stands alone too", not faults, "; ".join(faults[:5]))

# A robot of others: simulated drives on a network.
interface = f"udp-multicast://239.74.163.2:43245{options}"
robot = write_robot(top / "served", {"damiao": interface, "damiao_2": interface}, rate=250)
with Served(robot):
  code, output, errors = tune("friction", robot, "damiao_2", "--target", "real", "--yes", "--no-hold-to-run", "--realtime", "preferred",
                              "--speeds", "0.3", "--out", top / "real")
  check("the same command over the network", code == 0 and load(top / "real")["target"] == "real", output + errors)

good, words = valid(out / "result.json", tuned / "result.json", part / "result.json", top / "real" / "result.json")
check("every result is as Documentation/tune.schema.json says", good, words)
broken = json.loads((out / "result.json").read_text())
del broken["joints"]["elbow"]["drive"]
(top / "broken.json").write_text(json.dumps(broken))
check("and one that lacks something is not", not valid(top / "broken.json")[0])

# The page in a browser.
browser = next((b for b in map(shutil.which, ("chromium", "google-chrome", "chromium-browser")) if b), None)
artefacts = pathlib.Path(os.environ.get("SINEW_ARTEFACTS", ".build/artefacts"))
artefacts.mkdir(parents=True, exist_ok=True)
picture = artefacts / "tune-report.png"
picture.unlink(missing_ok=True)
if check("a browser is here (Debian: chromium)", browser is not None):
  common = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={top / 'browser'}",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"]
  address = (tuned / "report.html").as_uri()
  done = subprocess.run([*common, "--window-size=1200,4000", f"--screenshot={picture}", address], capture_output=True, text=True,
                        timeout=120)
  # Pages of the browser's own have a console too.
  said = [line for line in re.findall(r"CONSOLE[^\n]*", done.stderr) if "source: chrome://" not in line]
  check("the report opens without a word on the console", done.returncode == 0 and not said, said or done.stderr[-400:])
  check("and is drawn", picture.exists() and picture.stat().st_size > 30_000 and picture.read_bytes()[:4] == b"\x89PNG")
  done = subprocess.run([*common, "--dump-dom", address], capture_output=True, text=True, timeout=120)
  drawn = done.stdout.count("<svg")
  check("every drawing is in the page that the browser made of it", drawn == (tuned / "report.html").read_text().count("<svg") > 10, drawn)

report.close()
