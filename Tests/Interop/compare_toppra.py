#!/usr/bin/env python3
"""`sinew motion path` beside toppra on the same random curves and grids: none takes longer, none is refused.

    python3 Tests/Interop/compare_toppra.py [CASES]
"""
import json
import logging
import random
import subprocess
import sys

import numpy
import toppra
import toppra.algorithm
import toppra.constraint

from report import SINEW, Report

#: A path that takes this much longer counts as longer, by a share.
TOLERANCE = 5e-3
#: Pieces of a curve.
GRID = 200


def draw(numbers):
    """Points of 2 to 7 joints, some close together, some of joints that rest, and their limits."""
    joints = numbers.randint(2, 7)
    resting = numbers.randrange(joints) if numbers.random() < 0.3 else 0
    points = [[numbers.uniform(-2, 2) for _ in range(joints)]]
    for _ in range(numbers.randint(1, 8)):
        reach = 0.05 if numbers.random() < 0.2 else 1.0
        points.append([value if joint < resting else value + reach * numbers.gauss(0, 1)
                       for joint, value in enumerate(points[-1])])
    limits = [(10 ** numbers.uniform(-0.5, 1), 10 ** numbers.uniform(0, 2)) for _ in range(joints)]
    chords = [sum((a - b) ** 2 for a, b in zip(*pair)) ** 0.5 for pair in zip(points, points[1:])]
    parameter = [sum(chords[:index]) for index in range(len(points))]
    return points, parameter, limits


def ours(cases):
    lines = "\n".join(json.dumps({
        "parameter": parameter, "spline": "natural", "grid": GRID,
        "joints": {f"j{joint}": {"points": [point[joint] for point in points], "velocity": limit[0],
                                 "acceleration": limit[1]} for joint, limit in enumerate(limits)}})
        for points, parameter, limits in cases)
    done = subprocess.run([SINEW, "motion", "path"], input=lines, text=True, capture_output=True, timeout=300)
    return [json.loads(line).get("fastest_s") for line in done.stdout.splitlines()], done.returncode, done.stderr


def theirs(points, parameter, limits):
    """Duration by toppra's algorithm on the same grid, None where it finds none."""
    path = toppra.SplineInterpolator(parameter, points, bc_type="natural")
    velocities, accelerations = ([[-limit[kind], limit[kind]] for limit in limits] for kind in (0, 1))
    bounds = [toppra.constraint.JointVelocityConstraint(numpy.array(velocities)),
              toppra.constraint.JointAccelerationConstraint(numpy.array(accelerations))]
    grid = numpy.linspace(parameter[0], parameter[-1], GRID + 1)
    _, speeds, _ = toppra.algorithm.TOPPRA(bounds, path, gridpoints=grid, solver_wrapper="seidel").compute_parameterization(0, 0)
    if speeds is None or not numpy.all(numpy.isfinite(speeds)):
        return None
    with numpy.errstate(divide="ignore"):
        return float(numpy.sum(2 * numpy.diff(grid) / (speeds[1:] + speeds[:-1])))


def main():
    logging.disable(logging.CRITICAL)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    report = Report()
    numbers = random.Random(8)
    cases = [draw(numbers) for _ in range(count)]
    here, code, problems = ours(cases)
    if report.check(f"{count} curves are timed", len(here) == count and None not in here and code == 0,
                    f"{len(here)} answers, {here.count(None)} refused, exit code {code}, {problems[:200]}"):
        there = [theirs(*case) for case in cases]
        known = [(a / b - 1, index) for index, (a, b) in enumerate(zip(here, there)) if b is not None]
        report.check(f"toppra times {len(known)} of them", len(known) > 0.9 * count, f"{len(known)}")
        longest, shortest = max(known), min(known)
        same = sum(abs(share) <= 1e-6 for share, _ in known)
        report.check(f"at most {100 * longest[0]:.2g} % longer than toppra's, up to {-100 * shortest[0]:.2g} % shorter;"
                     f" {same} the same to 1e-6", longest[0] <= TOLERANCE, f"{cases[longest[1]]}")
    # A straight line is a trapezoid of velocity, here with its corners at grid points.
    line = {"joints": {"j": {"points": [0, 1], "velocity": 0.5, "acceleration": 1}}}
    done = subprocess.run([SINEW, "motion", "path"], input=json.dumps(line), text=True, capture_output=True, timeout=60)
    found = json.loads(done.stdout or "{}").get("fastest_s", 0)
    report.check("a straight line takes 1 / v + v / a", abs(found - 2.5) <= 1e-9, f"{found}")
    # What makes no sense is refused with the line's number.
    bad = {"joints": {"j": {"points": [0, 1, 1], "velocity": 1, "acceleration": 1}}}
    done = subprocess.run([SINEW, "motion", "path"], input=json.dumps(bad), text=True, capture_output=True, timeout=60)
    report.check("two points that are the same are refused", done.returncode == 1 and "are the same" in done.stderr,
                 f"{done.returncode} {done.stderr}")
    report.close()


if __name__ == "__main__":
    main()
