#!/usr/bin/env python3
"""What experiments of sinew tune find on simulated joints below the wire, beside what the simulator has there.

Each joint is simulated (--plant) with other numbers than it is described with, so that nothing can be taken from the description. Run by make
test with SINEW, the release build.
"""
import json
import math
import pathlib
import tempfile

from known_joints import write_joint
from report import Report, run

report = Report()
check = report.check
folder = tempfile.TemporaryDirectory()


def figures(kind, described, actual, *arguments):
    """What an experiment shows of a joint that is described one way and simulated another."""
    place = pathlib.Path(folder.name, str(len(list(pathlib.Path(folder.name).iterdir()))))
    place.mkdir()
    one = write_joint(place, "described", **described)
    other = write_joint(place, "actual", **{**described, **actual})
    code, output, errors = run("tune", kind, str(one), "joint", "--plant", str(other), "--pace", "fast", "--json", *arguments, timeout=120)
    if not check(f"{kind} comes to its end", code == 0, output[-300:] + errors[-300:]):
        return {}
    return json.loads(output)["joints"]["joint"]["experiments"][0]["figures"]


def near(what, found, key, truth, share):
    """Whether a figure is identified, and within a part of what is there."""
    figure = found.get(key, {})
    value = figure.get("value")
    check(f"{what} is identified, and within {100 * share:g} % of {truth:g}",
          figure.get("identified") and abs(value / truth - 1) < share, figure)


found = figures("gravity", {"coulomb": 0.3, "weight": 3.0}, {"weight": 3.4})
near("the weight's torque", found, "gravity_cosine_nm", -3.4, 0.005)
check("and none of it is along the sine", abs(found.get("gravity_sine_nm", {}).get("value", 1)) < 0.03, found)
found = figures("kt", {"coulomb": 0.3, "weight": 6.0, "inertia": 0.3}, {})
near("the torque constant over the described one", found, "torque_constant", 1, 0.02)
found = figures("kt", {"coulomb": 0.3, "weight": 6.0, "inertia": 0.3}, {"weight": 5.1})
near("a limb of 5.1 N.m that is taken for one of 6", found, "torque_constant", 6 / 5.1, 0.02)
found = figures("stiffness", {"coulomb": 0.05, "inertia": 1e7, "stiffness": 2e3}, {"stiffness": 1e3})
near("the stiffness of a held output", found, "torsion_nm_rad", 1000, 0.05)
found = figures("stiffness", {"coulomb": 0.05, "inertia": 1e7, "stiffness": 2e4}, {})
figure = found.get("torsion_nm_rad", {})
check("a twist of less than two encoder steps is said so", figure.get("identified") is False and "two steps" in figure["reason"], figure)
found = figures("breakaway", {"coulomb": 0.5, "profile": False}, {"coulomb": 0.8})
near("break-away of a bristle that slips at its Coulomb friction", found, "breakaway_nm", 0.8, 0.05)
found = figures("breakaway", {"coulomb": 0.8, "viscous": 0.1}, {"breakaway": 1.2})
near("break-away above Coulomb friction", found, "breakaway_nm", 1.2, 0.05)
found = figures("friction", {"coulomb": 0.5, "viscous": 0.3}, {"coulomb": 0.8, "viscous": 0.5}, "--speeds", "0.05,0.1,0.2,0.35,0.5")
near("Coulomb friction", found, "coulomb_nm", 0.8, 0.05)
near("viscous friction", found, "viscous_nms_rad", 0.5, 0.1)
# The relay's torque acts on rotor and limb beside the joint's damping; friction damps by its describing function. A relay moves a joint along
# parabolas, whose first harmonic is 32 / pi^3 of their peak.
for inertia, coulomb in ((0.1, 0.1), (0.16, 0.1), (0.1, 0.5)):
    found = figures("relay", {"coulomb": coulomb, "inertia": 0.1}, {"inertia": inertia})
    if check("a relay's oscillation is read", "oscillation_rad" in found, found):
        rate = 2 * math.pi / found["ultimate_period_s"]["value"]
        peak = 32 / math.pi**3 * found["oscillation_rad"]["value"]
        impedance = complex((inertia + 0.020007) * rate**2, (3.5 + 0.05) * rate + 4 * coulomb / (math.pi * peak))
        gain = found["ultimate_gain_nm_rad"]["value"] / (32 / math.pi**3)
        check(f"a relay's gain is what a joint of {inertia} kg.m^2 and {coulomb} N.m takes at that period, within 5 %",
              abs(gain / abs(impedance) - 1) < 0.05, (gain, abs(impedance), rate))
report.close()
