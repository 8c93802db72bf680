#!/usr/bin/env python3
"""sinew bench joint: pages that stand alone, JSON of one shape, the same bytes twice and in debug and release builds.

Whether the figures are those of the profiles is tested in Tests/SimulationTests/Bench. Run by make test with SINEW, the
release build.
"""
import json
import pathlib
import tempfile

import html_page
from report import SINEW, SINEW_DEBUG, Report, run

report = Report()
check = report.check


def bench(*arguments, binary=SINEW):
  return run("bench", "joint", *map(str, arguments), binary=binary, timeout=120)


def check_page(name, text):
  wrong = html_page.faults(text, drawings=4)
  check(f"{name}: the page stands alone, its tags close, its links lead somewhere, its drawings are XML", not wrong, wrong)


def check_shape(name, found):
  check(f"{name}: four groups of clauses", [g["clause"] for g in found["groups"]] == ["5.4", "5.5", "5.6", "5.7"])
  wrong = []
  for group in found["groups"]:
    for key, test in group["tests"].items():
      if not test["method"] or (test["missing"] is None) == (not test["figures"]):
        wrong.append(key)
      for figure in test["figures"].values():
        both = figure["value"] is not None and figure["printed"] is not None
        if (figure["deviation"] is not None) != both: wrong.append(f"{key}: {figure}")
      for curve in test["curves"].values():
        for series in curve["series"]:
          if len(series["x"]) != len(series["y"]) or None in series["x"] + series["y"]: wrong.append(f"{key}: {series['title']}")
      for map in test["maps"].values():
        if len(map["values"]) != len(map["columns"]) * len(map["rows"]): wrong.append(key)
  check(f"{name}: every test has a method, and figures or a reason for none", not wrong, wrong)


profiles = sorted(pathlib.Path("Robots/actuators").glob("*.yaml"))
printed = 0
with tempfile.TemporaryDirectory() as folder:
  folder = pathlib.Path(folder)
  for profile in profiles:
    name = profile.stem
    first, second = folder / "first.html", folder / "second.html"
    code, output, errors = bench(profile, "--json", "--html", first)
    if not check(f"{name}: exit 0", code == 0, f"{code}: {errors[-300:]}"): continue
    found = json.loads(output)
    check(f"{name}: schema first", output.startswith('{"schema": "sinew.bench.joint/1"'), output[:60])
    check_shape(name, found)
    figures = [f for g in found["groups"] for t in g["tests"].values() for f in t["figures"].values()]
    beside = [f for f in figures if f["printed"] is not None]
    numbers = json.loads(run("actuator", str(profile), "--json")[1])["actuators"][0]["numbers"]
    check(f"{name}: every printed number stands beside a figure", len(beside) == len(numbers), f"{len(beside)} of {len(numbers)}")
    far = [f"{f['title']}: {f['value']}, printed {f['printed']}" for f in beside
           if f["value"] is None or abs(f["deviation"]) > 0.4]
    check(f"{name}: no figure is far from its print", not far, far)
    printed += len(beside)
    text = first.read_text()
    check_page(name, text)
    if name not in ("rs03", "ak80-9"): continue
    again = bench(profile, "--json", "--html", second)
    check(f"{name}: the same bytes twice", again[1] == output and second.read_text() == text, "they differ")
  check("numbers of data sheets were compared", printed >= 80, printed)

  # The debug build is slow: coarse, and a part of each kind.
  for name in ("rs03", "csg-17-100", "tree-orange"):
    outputs = []
    for binary in (SINEW, SINEW_DEBUG):
      page = folder / "page.html"
      code, output, _ = bench(f"Robots/actuators/{name}.yaml", "--coarse", "--json", "--html", page, binary=binary)
      outputs.append((code, output, page.read_text()))
    check(f"{name}: debug and release give the same bytes", outputs[0] == outputs[1] and outputs[0][0] == 0, "they differ")

  # Controls: the checks above notice a changed part, a broken page and a foreign picture.
  changed = folder / "changed.yaml"
  changed.write_text(pathlib.Path("Robots/actuators/rs03.yaml").read_text().replace("torque_constant: 0.19883", "torque_constant: 0.15"))
  worse = json.loads(bench(changed, "--coarse", "--json")[1])
  winding = worse["groups"][1]["tests"]["winding"]["figures"]["back_emf_v_rms_per_krpm"]
  check("a torque constant a quarter off is a figure a quarter off", -0.26 < winding["deviation"] < -0.23, winding)
  broken = html_page.faults("<div><p></div><img src='x.png'><a href='#no'>x</a><svg a=1></svg>", drawings=2)
  check("a broken page is noticed", len(broken) >= 5, broken)

  arguments = ("Robots/actuators/mj5208.yaml", "--coarse", "--json")
  check("sinew bench-joint is the same command", run("bench-joint", *arguments) == bench(*arguments))
  rs03 = "Robots/actuators/rs03.yaml"
  for arguments, wanted, words in ((["Robots/actuators/none.yaml"], 2, "none.yaml"), ([rs03, "--stiffness", "3"], 2, "--damping"),
                                   ([rs03, "--stiffness=-3", "--damping", "1"], 2, "--stiffness"),
                                   ([rs03, "--coarse", "--html", "/nowhere/x.html"], 3, "/nowhere/x.html")):
    code, _, errors = bench(*arguments)
    check(f"{' '.join(arguments)} is refused", code == wanted and words in errors, f"exit {code}: {errors}")

report.close()
