#!/usr/bin/env python3
"""sinew tune: experiments in simulation and over the network, their result, its page, going on, comparing, and gains.

What the experiments find is judged by what robot.yaml says of the simulated joint. Run by make test with SINEW, the release build.
"""
import hashlib
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree

import numpy

import html_page
from report import SINEW, Report, run
from served_robot import Served, confine, write_robot

options = confine()
report = Report()
check = report.check
ROBOT = "Robots/rig"


def tune(*arguments, timeout=600):
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
identified = []
for joint, coulomb in (("elbow", 0.4), ("wrist", 0.1)):
  found = experiment(result, joint, "friction")["figures"]["coulomb_nm"]
  share = experiment(result, joint, "friction")["settings"]["peak_torque_share_percent"]["value"]
  identified.append(found["identified"])
  check(f"Coulomb friction of the {joint} is that of robot.yaml, or more by the load's part, or it is flagged with the reason",
        0.95 * coulomb < found["value"] < 1.4 * coulomb if found["identified"] else bool(found["reason"]), found)
  check(f"under 30 % of the torque of the {joint}", share < 30, share)
check("and one of them at least is identified", any(identified))
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

# A key that has to be held: it is pressed once in a while, which is not enough.
master, slave = pty.openpty()
held = subprocess.Popen([SINEW, "tune", "step", ROBOT, "wrist", "--pace", "fast", "--hold-to-run"], stdin=slave,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
waited = 0
while held.poll() is None and waited < 60:
  os.write(master, b" ")
  time.sleep(2)
  waited += 2
_, errors = held.communicate(timeout=60)
check("a key that is let go ends it", held.returncode == 1 and "the key was let go" in errors, f"{held.returncode} {errors}")
code, _, errors = tune("step", ROBOT, "wrist", "--pace", "fast", "--hold-to-run")
check("without a terminal there is no key to hold", code == 2 and "--no-hold-to-run" in errors, errors)

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

# A joint that is not as described: the tuner finds out, applies gains on trial, and they are used.
mine, true = top / "rig", top / "true_rig"
for copy in (mine, true): shutil.copytree(ROBOT, copy)
text = (true / "robot.yaml").read_text()
head, tail = text.split("  dm4310:")
tail = tail.replace("rotor_inertia: 2.0e-5", "rotor_inertia: 3.6e-5", 1).replace("coulomb_friction: 0.1", "coulomb_friction: 0.18", 1)
(true / "robot.yaml").write_text(head + "  dm4310:" + tail)
code, output, errors = tune("auto", mine, "wrist", "--plant", true, "--apply", "--pace", "fast", "--out", top / "applied")
applied = load(top / "applied")["joints"]["wrist"]
check("gains for a joint that is not as described are applied", code == 0 and applied["outcome"] == "applied", errors + output)
(top / "states.json").write_text(json.dumps({"states": [{"q": {"shoulder": 0.5, "elbow": -0.8}}]}))
_, output, _ = run("model", "eval", str(mine / "rig.urdf"), "--fixed-base", "--states", str(top / "states.json"), "--json")
model = json.loads(output)
matrix = numpy.array(model["states"][0]["mass_matrix"]) + numpy.diag([81 * 2.47e-4, 1600 * 2.0e-5, 100 * 3.6e-5])
# What the others take with them, shaken above their own frequencies: they give way.
felt = 1 / numpy.linalg.inv(matrix)[2, 2]
for key, truth, within in (("inertia_kgm2", felt, 0.02), ("coulomb_nm", 0.18, 0.05)):
  found = applied["parameters"][key]
  check(f"its {found['title']} is the true one's within {100 * within:.0f} %, or flagged",
        abs(found["value"] / truth - 1) < within if found["identified"] else bool(found["reason"]), f"{found['value']} not {truth}")
trial = json.loads((mine / "gains.trial.json").read_text())["sets"][-1]
gains = applied["design"]["after"]
check("they are the robot's trial, with the report and the recording that they rest on",
      trial["joints"]["wrist"] == gains and trial["provenance"]["report"].endswith("report.html")
      and trial["provenance"]["log_sha256"] == load(top / "applied")["recordings"][-1]["sha256"], trial)
sizes = [(top / "applied" / name).stat().st_size for name in ("report.html", "result.json")]
check("the report of a joint has no more bytes than its curves need", sizes[0] < 110_000 and sizes[1] < 160_000, sizes)
page = (top / "applied" / "report.html").read_text()
places = [page.find(words) for words in ("Passed. 1 joint: 1 applied.", "What to do next", "Before and after", "Checks")]
check("it says first how it went, then what to do, then what changed, then why that may be", -1 not in places and places == sorted(places), places)
check("robot.yaml is as it was", (mine / "robot.yaml").read_bytes() == pathlib.Path(ROBOT, "robot.yaml").read_bytes())
code, output, errors = run("run", str(mine), "--gains", "trial", "--for", "0.5", "--pace", "fast", "--fault-file", "none", "--json")
check("and sinew run --gains trial has them", code == 0 and json.loads(output)["outcome"] == "completed", errors)
for file in sorted((top / "applied").glob("*.mcap")):
  code, output, errors = run("replay", str(file))
  check(f"{file.name} replays, the ramp of gains too", code == 0 and "every byte the same" in output, output + errors)
code, output, errors = run("gains", "revert", str(mine))
check("sinew gains revert drops them", code == 0 and not (mine / "gains.trial.json").exists(), output + errors)

# A robot of others: simulated drives on a network.
interface = f"udp-multicast://239.74.163.2:43245{options}"
robot = write_robot(top / "served", {"damiao": interface, "damiao_2": interface}, rate=250)
with Served(robot):
  code, output, errors = tune("friction", robot, "damiao_2", "--target", "real", "--yes", "--no-hold-to-run", "--realtime", "preferred",
                              "--speeds", "0.3", "--out", top / "real")
  check("the same command over the network", code == 0 and load(top / "real")["target"] == "real", output + errors)

good, words = valid(out / "result.json", tuned / "result.json", top / "applied" / "result.json", part / "result.json", top / "real" / "result.json")
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
  address = (top / "applied" / "report.html").as_uri()
  done = subprocess.run([*common, "--window-size=1200,4000", f"--screenshot={picture}", address], capture_output=True, text=True,
                        timeout=120)
  # Pages of the browser's own have a console too.
  said = [line for line in re.findall(r"CONSOLE[^\n]*", done.stderr) if "source: chrome://" not in line]
  check("the report opens without a word on the console", done.returncode == 0 and not said, said or done.stderr[-400:])
  check("and is drawn", picture.exists() and picture.stat().st_size > 30_000 and picture.read_bytes()[:4] == b"\x89PNG")
  done = subprocess.run([*common, "--dump-dom", address], capture_output=True, text=True, timeout=120)
  drawn = done.stdout.count("<svg")
  check("every drawing is in the page that the browser made of it", drawn == (top / "applied" / "report.html").read_text().count("<svg") > 10, drawn)

report.close()
