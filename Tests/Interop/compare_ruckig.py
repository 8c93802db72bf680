#!/usr/bin/env python3
"""`sinew motion profile` beside ruckig on the same random cases: no motion takes longer, and what is refused here is there.

    python3 Tests/Interop/compare_ruckig.py [ONE_JOINT_CASES SEVEN_JOINT_CASES]
"""
import json
import random
import subprocess
import sys

import ruckig

from report import SINEW, Report

#: A duration this much longer counts as longer [s].
TOLERANCE = 1e-6


def draw(numbers, is_over):
    """Eleven numbers of a joint; limits hold the target, and the start unless `is_over`."""
    def sparse():
        return 0.0 if numbers.random() < 0.2 else numbers.gauss(0, 0.8)
    start, target = ([numbers.gauss(0, 4), sparse(), sparse()] for _ in range(2))
    jerk = numbers.uniform(0.1, 12)
    held = [target] if is_over else [start, target]
    acceleration = max(abs(state[2]) for state in held)
    velocity = max(abs(state[1]) + state[2] ** 2 / (2 * jerk) for state in held)
    return start + target + [-velocity - numbers.uniform(0.1, 12), velocity + numbers.uniform(0.1, 12),
                             -acceleration - numbers.uniform(0.1, 12), acceleration + numbers.uniform(0.1, 12), jerk]


def ours(cases, synchronization):
    lines = "\n".join(json.dumps({
        "synchronization": synchronization,
        "joints": {f"j{index}": {"start": n[:3], "target": n[3:6], "velocity": n[6:8], "acceleration": n[8:10],
                                 "jerk": n[10]} for index, n in enumerate(case)}}) for case in cases)
    done = subprocess.run([SINEW, "motion", "profile"], input=lines, text=True, capture_output=True, timeout=300)
    return [json.loads(line).get("duration_s") for line in done.stdout.splitlines()], done.returncode, done.stderr


def theirs(cases, joints, synchronization):
    generator, given, trajectory = ruckig.Ruckig(joints), ruckig.InputParameter(joints), ruckig.Trajectory(joints)
    given.synchronization = synchronization
    fields = ["current_position", "current_velocity", "current_acceleration", "target_position", "target_velocity",
              "target_acceleration", "min_velocity", "max_velocity", "min_acceleration", "max_acceleration", "max_jerk"]
    durations = []
    for case in cases:
        for field, values in zip(fields, zip(*case)):
            setattr(given, field, list(values))
        try:
            result = generator.calculate(given, trajectory)
        except Exception:
            durations.append(None)
            continue
        durations.append(trajectory.duration if result in (ruckig.Result.Working, ruckig.Result.Finished) else None)
    return durations


def compare(report, what, count, joints, is_over=False, word="time", synchronization=None):
    numbers = random.Random(f"{what} {count}")
    cases = [[draw(numbers, is_over) for _ in range(joints)] for _ in range(count)]
    here, code, problems = ours(cases, word)
    there = theirs(cases, joints, synchronization or ruckig.Synchronization.Time)
    if not report.check(f"{what}: {count} motions planned", len(here) == count and None not in here and code == 0,
                        f"{len(here)} answers, {here.count(None)} refused, exit code {code}, {problems[:200]}"):
        return
    known = [(a, b, case) for a, b, case in zip(here, there, cases) if b is not None]
    report.check(f"{what}: ruckig plans {len(known)} of them", len(known) > 0.99 * count, f"{len(known)}")
    longest = max(known, key=lambda pair: pair[0] - pair[1])
    shortest = min(known, key=lambda pair: pair[0] - pair[1])
    detail = f"{longest[0]} s, ruckig {longest[1]} s, {longest[2]}"
    report.check(f"{what}: at most {longest[0] - longest[1]:.1e} s longer than ruckig's, up to"
                 f" {shortest[1] - shortest[0]:.1e} s shorter", longest[0] - longest[1] <= TOLERANCE, detail)


def main():
    one, seven = (int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 2 else (100_000, 20_000)
    report = Report()
    compare(report, "one joint", one, 1)
    compare(report, "one joint that starts beyond its limits", one // 5, 1, is_over=True)
    compare(report, "seven joints together", seven, 7)
    compare(report, "seven joints, each alone", seven // 10, 7, word="none",
            synchronization=ruckig.Synchronization.No)
    # A joint that can never be planned is refused, with its name, and the exit code says so.
    bad = {"joints": {"elbow": {"target": [1, 3], "velocity": 2, "acceleration": 1, "jerk": 1}}}
    done = subprocess.run([SINEW, "motion", "profile"], input=json.dumps(bad), text=True, capture_output=True, timeout=60)
    answer = json.loads(done.stdout or "{}")
    report.check("a target beyond the limits is refused", done.returncode == 1 and answer.get("verdict") ==
                 "target_beyond_limits" and answer.get("joint") == "elbow", done.stdout + done.stderr)
    report.close()


if __name__ == "__main__":
    main()
