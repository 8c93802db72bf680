#!/usr/bin/env python3
"""Documentation/Actuators.md is what the profiles give, every model is within its tolerance, and one that is not is told.

Run by make test with SINEW, the release build.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SINEW = os.environ.get("SINEW", str(ROOT / ".build/release/sinew"))
passed = failed = 0


def check(what, good, detail=""):
  global passed, failed
  print(("ok " if good else "not ok ") + what + ("" if good else f": {detail}"))
  passed, failed = passed + bool(good), failed + (not good)


def sinew(*arguments):
  return subprocess.run([SINEW, "actuator", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)


page = sinew("Robots/actuators", "--markdown")
written = (ROOT / "Documentation/Actuators.md").read_text()
check("Documentation/Actuators.md is as generated: make validate", page.stdout == written, "it differs")
check("every model is within its tolerance", page.returncode == 0, f"exit {page.returncode}")

report = sinew("Robots/actuators", "--json")
parts = json.loads(report.stdout)["actuators"]
check("at least eight parts of four vendors", len(parts) >= 8 and len({p["vendor"] for p in parts}) >= 4, len(parts))
check("each has sources and printed numbers", all(p["sources"] and p["numbers"] for p in parts))

# Controls: a model that is off, and a page that is edited, are seen.
with tempfile.TemporaryDirectory() as folder:
  text = (ROOT / "Robots/actuators/rs03.yaml").read_text()
  off = pathlib.Path(folder) / "off.yaml"
  off.write_text(text.replace("winding_capacity: 65.42", "winding_capacity: 30"))
  check("half the winding's heat capacity is noticed", sinew(str(off)).returncode == 1)
  off.write_text(re.sub(r"torque_constant: 0\.19883", "torque_constant: 0.21", text))
  check("a wrong torque constant is noticed", sinew(str(off)).returncode == 1)
  off.write_text(text.replace("derate: 135", "derate: 150"))
  wrong = sinew(str(off))
  line = text[: text.index("derate: 135")].count("\n") + 1
  check("a derating above the trip is refused with its line", wrong.returncode == 2 and f"off.yaml:{line}:" in wrong.stderr, wrong.stderr)
  off.write_text(text.replace("  resistance: 0.195\n", ""))
  wrong = sinew(str(off))
  check("a missing key is refused", wrong.returncode == 2 and "lacks 'resistance'" in wrong.stderr, wrong.stderr)

print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
