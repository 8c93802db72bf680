#!/usr/bin/env python3
"""Margins, step metrics and tuned gains, computed again by python-control on plants that are built here.

    check_tuning.py [JOINTS] [FIRST_SEED]

Builds and runs the release program of Benchmarks/Tuning: its golden loops, measured loops of joints that are known (known_loops.py), and
JOINTS random joints (24) that it identifies and tunes by experiments in simulation. Of those the plant is built here, from the simulator's own numbers and from nothing that was identified:

- rotor and load on the reducer's first stiffness and its damping, viscous friction on the rotor, Coulomb friction left out;
- the current's first-order lag, the drive's tracking filter of the velocity, steps of 250 us, all exact under a hold;
- closed in the drive: sampled and acting every step. Closed on the host: measured as a command arrives, extrapolated as the drive does,
  used the joint's number of cycles later, acting from the first step after its own arrival.

Judged are stability by the poles of the closed loop, phase and gain margin by python-control.
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

import control
import numpy as np

from known_loops import check_measured
from loop_equations import CYCLE, STEP, TRACKING, held, quantiles
from report import Report

ROOT = pathlib.Path(__file__).resolve().parents[2]


def margins(loop, low=1e-2, extra=()):
    """Phase margin [deg], gain margin (the factor nearest to 1, above it), crossover [rad/s], of all crossings the worst."""
    top = math.pi / loop.dt
    omega = np.unique(np.concatenate([np.geomspace(low, 0.99999 * top, 3000),
                                      *[np.linspace(0.7 * w, min(1.3 * w, 0.99999 * top), 800) for w in extra]]))
    response = control.frd(loop, omega)
    gains, phases, _, at_gain, at_phase, _ = control.stability_margins(response, returnall=True)
    crossing = min(zip(phases, at_phase), default=(180.0, 0.0))
    factor = min((max(g, 1 / g) for g in gains if g > 0), default=math.inf)
    peak = np.max(1 / np.abs(1 + np.squeeze(response.frdata)))
    return crossing[0], factor, crossing[1], peak


def radius(loop):
    """Largest pole of the loop closed with unity feedback."""
    closed = loop.A - loop.B @ np.linalg.solve(np.eye(1) + loop.D, loop.C)
    return max(abs(np.linalg.eigvals(closed)))


def delayed(loop, samples):
    """The loop behind whole samples of delay."""
    for _ in range(samples):
        size = loop.A.shape[0]
        grown = np.zeros((size + 1, size + 1))
        grown[:size, :size] = loop.A
        grown[:size, size:] = loop.B
        feed = np.zeros((size + 1, 1))
        feed[size] = 1
        loop = control.ss(grown, feed, np.hstack([loop.C, loop.D]), np.zeros((1, 1)), loop.dt)
    return loop


def golden_loop(golden):
    """The open loop of a golden plant in samples, built from its equations."""
    inertia, viscous, lag = golden["inertia"], golden["viscous"], golden["lag"]
    if golden["torsion"]:
        low, high, ratio = golden["torsion"]
        rotor = inertia * (low / high) ** 2
        load = inertia - rotor
        spring, damper = load * low**2, 2 * ratio * load * low
        system = np.array([[0, 1, 0, 0], [-spring / rotor, -(damper + viscous) / rotor, spring / rotor, damper / rotor],
                           [0, 0, 0, 1], [spring / load, damper / load, -(spring + golden["gravity"]) / load, -damper / load]])
        inputs = np.array([[0], [1 / rotor], [0], [0]])
    else:
        system = np.array([[0, 1], [-golden["gravity"] / inertia, -viscous / inertia]])
        inputs = np.array([[0], [1 / inertia]])
    size, velocity = len(system), 1
    if lag > 0:
        rate = 2 / lag
        whole = np.zeros((size + 2, size + 2))
        whole[:size, :size] = system
        whole[size, 1], whole[size, size] = rate, -rate
        whole[size + 1, size], whole[size + 1, size + 1] = rate, -rate
        system, inputs, velocity = whole, np.vstack([inputs, [[0], [0]]]), size + 1
    period = golden["period"]
    samples = int(golden["delay"] / period + 1e-9)
    part = max(0.0, golden["delay"] - samples * period)
    transition, _ = held(system, inputs, period)
    rest, early = held(system, inputs, period - part)
    _, begun = held(system, inputs, part)
    late = rest @ begun
    # The torque of the sample before is a state.
    size = len(system)
    whole = np.zeros((size + 1, size + 1))
    whole[:size, :size], whole[:size, size:] = transition, late
    feed = np.vstack([early, [[1]]])
    out = np.zeros((1, size + 1))
    out[0, 0] += golden["stiffness"]
    out[0, velocity] += golden["damping"]
    return delayed(control.ss(whole, feed, out, np.zeros((1, 1)), period), samples)


def check_golden(report, program, folder):
    file = pathlib.Path(folder, "golden.json")
    subprocess.run([program, "golden", file], check=True)
    for number, golden in enumerate(json.loads(file.read_text())):
        loop = golden_loop(golden)
        extra = golden["torsion"][:2] if golden["torsion"] else ()
        phase, factor, crossover, peak = margins(loop, extra=extra)
        said = (golden["phase_deg"], golden["gain"], golden["crossover"], golden["sensitivity"])
        nearest = max(golden["gain"], 1 / golden["gain"])
        report.check(f"golden loop {number}: margins are python-control's",
                     abs(phase - said[0]) < 0.1 and abs(nearest / factor - 1) < 0.01
                     and abs(crossover / said[2] - 1) < 0.005 and abs(peak / said[3] - 1) < 0.01,
                     f"{said} and {(phase, factor, crossover, peak)}")
        metrics_of_step(report, number, golden)
    example = json.loads(file.read_text())[0]
    report.check("the published example has 49.7 deg at 50.9 rad/s and a factor of 25.7",
                 abs(example["phase_deg"] - 49.7) < 0.1 and abs(example["crossover"] - 50.9) < 0.1
                 and abs(example["gain"] - 25.7) < 0.2, example["phase_deg"])


def metrics_of_step(report, number, golden):
    """The step's metrics, of the same samples by step_info."""
    values = np.array(golden["values"])
    times = np.arange(len(values)) * golden["period"]
    end = golden["stiffness"] / (golden["stiffness"] + golden["gravity"])
    theirs = control.step_info(values, times, yfinal=end)
    pairs = [("rise", "RiseTime"), ("settling", "SettlingTime"), ("overshoot", "Overshoot"), ("peak", "Peak"),
             ("peak_time", "PeakTime")]
    off = {name: (golden[name], theirs[other]) for name, other in pairs
           if not abs(golden[name] - theirs[other]) <= 1e-6 * max(1, abs(theirs[other]))}
    report.check(f"golden loop {number}: step metrics are step_info's within a millionth", not off, off)


def true_loop(joint):
    """The open loop of a random joint's true plant with the gains that were chosen."""
    rotor, viscous = joint["rotor_inertia"], joint["viscous"]
    load = joint["inertia"] - rotor
    spring, damper = joint["stiffness_first"], joint["reducer_damping"]
    current = 2 * math.pi * joint["current_bandwidth_hz"]
    # Rotor's angle and speed, load's angle and speed, torque of the motor.
    system = np.array([[0, 1, 0, 0, 0],
                       [-spring / rotor, -(damper + viscous) / rotor, spring / rotor, damper / rotor, 1 / rotor],
                       [0, 0, 0, 1, 0], [spring / load, damper / load, -spring / load, -damper / load, 0],
                       [0, 0, 0, 0, -current]])
    inputs = np.array([[0], [0], [0], [0], [current]])
    step, push = held(system, inputs, STEP)
    # Tracking filter: an angle and a speed, two poles at exp(-w step); it takes the sample of its own instant.
    pole = math.exp(-TRACKING * STEP)
    position_gain, velocity_gain = 1 - pole**2, (1 - pole) ** 2 / STEP
    keep = np.array([[1 - position_gain, (1 - position_gain) * STEP], [-velocity_gain, 1 - velocity_gain * STEP]])
    take = np.array([[position_gain], [velocity_gain]])
    angle = np.array([[1.0, 0, 0, 0, 0]])
    whole = np.zeros((7, 7))
    whole[:5, :5] = step
    whole[5:, :5] = take @ angle
    whole[5:, 5:] = keep
    feed = np.vstack([push, np.zeros((2, 1))])
    speed = np.hstack([take[1:] @ angle, keep[1:]])
    position = np.hstack([angle, np.zeros((1, 2))])
    stiffness, damping = joint["gain_stiffness"], joint["gain_damping"]
    if not joint["closed_on_host"]:
        return control.ss(whole, feed, stiffness * position + damping * speed, np.zeros((1, 1)), STEP)
    steps = round(CYCLE / STEP)
    arrival = joint["arrival_ns"] * 1e-9
    waiting = math.ceil(arrival / STEP - 1e-9)
    powers = [np.linalg.matrix_power(whole, count) for count in range(steps + 1)]
    # Until the command arrives the one before acts.
    old = sum((powers[steps - 1 - n] @ feed for n in range(waiting)), np.zeros((7, 1)))
    new = sum((powers[steps - 1 - n] @ feed for n in range(waiting, steps)), np.zeros((7, 1)))
    lifted = np.zeros((8, 8))
    lifted[:7, :7], lifted[:7, 7:] = powers[steps], old
    entry = np.vstack([new, [[1]]])
    measured = stiffness * (position + arrival * speed) + damping * speed
    loop = control.ss(lifted, entry, np.hstack([measured, [[0]]]), np.zeros((1, 1)), CYCLE)
    return delayed(loop, joint["delay_cycles"])


def identified(joints, name, truth, bound, unit=1.0):
    """Errors of what was not flagged, the flagged, and how many of the others are off by more than the bound."""
    errors, flagged, wrong = [], 0, []
    for joint in joints:
        found = joint.get("found_" + name)
        if not found or not found["identified"]:
            flagged += 1
            continue
        error = (found["value"] - truth(joint)) / (truth(joint) if unit is None else unit)
        errors.append(error)
        if abs(error) > bound:
            wrong.append(joint["seed"])
    print(f"   {name}: {len(joints) - flagged} identified, {flagged} flagged; error {quantiles(errors)}; "
          f"{len(wrong)} beyond {bound}: {wrong[:12]}")
    return errors, flagged, wrong


def true_delay(joint):
    """From a measurement to the torque that answers it, with the current's lag and without half a step that the simulator's own
    integration is early."""
    arrival = joint["arrival_ns"] * 1e-9
    waiting = math.ceil(arrival / STEP - 1e-9) * STEP
    current = 1 / (2 * math.pi * joint["current_bandwidth_hz"])
    return joint["delay_cycles"] * CYCLE + waiting - arrival + current - STEP / 2


def check_joints(report, program, folder, count, seed):
    file = pathlib.Path(folder, "joints.json")
    subprocess.run([program, "proof", str(count), str(seed), file], check=True)
    joints = [json.loads(line) for line in file.read_text().splitlines()]
    report.check(f"{count} joints were tried", len(joints) == count, len(joints))
    aborted = [(joint["seed"], joint["abort"]) for joint in joints if joint["abort"]]
    print(f"   experiments that were broken off at their envelope: {aborted}")
    # One that is broken off ends in damping; its joint keeps the gains it had.
    report.check("experiments of at most 1 % of the joints, or of one, are broken off", len(aborted) <= max(1, 0.01 * count), aborted[:5])
    tuned = [joint for joint in joints if "gain_stiffness" in joint]
    report.check("every other joint has gains", len(tuned) >= count - len(aborted),
                 [(joint["seed"], joint["refusal"]) for joint in joints if joint not in tuned][:5])
    unstable, short = [], []
    phases, factors = [], []
    for joint in tuned:
        loop = true_loop(joint)
        load = joint["inertia"] - joint["rotor_inertia"]
        twist = [math.sqrt(joint["stiffness_first"] / load),
                 math.sqrt(joint["stiffness_first"] * (1 / load + 1 / joint["rotor_inertia"]))]
        phase, factor, _, _ = margins(loop, extra=twist)
        phases.append(phase)
        factors.append(20 * math.log10(factor))
        if radius(loop) >= 1:
            unstable.append(joint["seed"])
        if phase < 45 or factors[-1] < 6:
            short.append((joint["seed"], round(phase, 1), round(factors[-1], 1)))
    print(f"   phase margins: least {min(phases):.1f} deg, median {np.median(phases):.1f}; gain margins: least "
          f"{min(factors):.1f} dB, median {np.median(factors):.1f}")
    for kind, host in (("host", True), ("drive", False)):
        chosen = [joint["predicted_bandwidth_hz"] for joint in tuned if joint["closed_on_host"] == host]
        if chosen:
            print(f"   bandwidth closed in the {kind}: {min(chosen):.2f} to {max(chosen):.2f} Hz, median {np.median(chosen):.2f}")
    report.check("every tuned loop is stable on its true plant", not unstable, unstable[:10])
    report.check("at least 99 % have 45 deg and 6 dB on their true plant", len(short) <= 0.01 * count, short[:10])
    _, _, wrong = identified(joints, "inertia", lambda joint: joint["inertia"], 0.02, None)
    report.check("inertia is within 2 % or flagged", not wrong, wrong)
    # Flagging everything would be right as well: play alone, which only planetary gears have here, is a reason for it.
    tight = [joint for joint in joints if joint["gear"] != "planetary"]
    told = [joint for joint in tight if joint.get("found_inertia", {}).get("identified")]
    report.check("it is identified for 90 % of the joints without play", len(told) >= 0.9 * len(tight) - 1, f"{len(told)} of {len(tight)}")
    _, _, wrong = identified(joints, "coulomb", lambda joint: joint["coulomb"], 0.05, None)
    report.check("Coulomb friction is within 5 % or flagged", not wrong, wrong)
    told = [joint for joint in joints if joint.get("found_coulomb", {}).get("identified")]
    report.check("it is identified for 88 % of the joints", len(told) >= 0.88 * count - 2, f"{len(told)} of {count}")
    hosted = [joint for joint in joints if joint["closed_on_host"]]
    _, _, wrong = identified(hosted, "delay", true_delay, 0.1, CYCLE)
    report.check("the delay is within a tenth of a cycle or flagged", not wrong, wrong)
    told = [joint for joint in hosted if joint.get("found_delay", {}).get("identified")]
    report.check("it is identified for a tenth of those that the host closes", len(told) >= 0.1 * len(hosted) - 2,
                 f"{len(told)} of {len(hosted)}")
    worst = {name: max(joint[name] for joint in joints) for name in ("travel", "torque", "seconds")}
    share = [joint["torque"] / joint["rated_torque"] for joint in joints]
    print(f"   torque: median {100 * np.median(share):.0f} %, highest {100 * max(share):.0f} % of rated; travel up to "
          f"{math.degrees(worst['travel']):.2f} deg to one side; {worst['seconds']:.1f} s at most")
    report.check("each joint takes under 60 simulated seconds", worst["seconds"] < 60, worst["seconds"])
    report.check("each joint moves by under 5 degrees to either side", math.degrees(worst["travel"]) < 5, worst["travel"])
    report.check("each joint takes under 30 % of its rated torque", max(share) < 0.3, max(share))


def control_of_the_judge(report):
    """The judge tells a loop that is unstable, and one without margin."""
    joint = {"rotor_inertia": 0.02, "viscous": 0.1, "inertia": 0.1, "stiffness_first": 1e4, "reducer_damping": 1.2,
             "current_bandwidth_hz": 2000.0, "closed_on_host": True, "arrival_ns": 158000, "delay_cycles": 2,
             "gain_stiffness": 3.0, "gain_damping": 0.5}
    phase, factor, _, _ = margins(true_loop(joint))
    report.check("the judge passes soft gains", radius(true_loop(joint)) < 1 and phase > 45 and factor > 2, (phase, factor))
    report.check("the judge tells gains that are ten times as high",
                 radius(true_loop({**joint, "gain_stiffness": 30.0, "gain_damping": 5.0})) > 1)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    report = Report()
    built = subprocess.run(["swift", "build", "-c", "release", "--product", "tuning-benchmark"], cwd=ROOT,
                           capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if not report.check("the program of Benchmarks/Tuning builds", built.returncode == 0, built.stdout[-2000:]):
        report.close()
    program = ROOT / ".build/release/tuning-benchmark"
    control_of_the_judge(report)
    with tempfile.TemporaryDirectory() as folder:
        check_golden(report, program, folder)
        check_measured(report, program, folder)
        check_joints(report, program, folder, count, seed)
    report.close()


if __name__ == "__main__":
    main()
