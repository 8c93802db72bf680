"""Margins that were measured, judged by python-control on the simulator's own equations: a part of check_tuning.py."""

import json
import math
import pathlib
import subprocess

import control
import numpy as np

from loop_equations import CYCLE, STEP, TRACKING, held, quantiles


def plain_step(joint, viscous):
    """One step of a joint without a profile: rotor and load are one, the current lags, the velocity takes the acceleration first. The
    state is angle, speed and the motor's torque; of the step's beginning, angle and speed are measured."""
    inertia, decay = joint["inertia"], math.exp(-2 * math.pi * joint["current_bandwidth_hz"] * STEP)
    gain = STEP / inertia
    speed = np.array([[0, 1 - gain * viscous, gain * decay]])
    moved = np.array([[1.0, 0, 0]]) + STEP * speed
    system = np.vstack([moved, speed, [[0, 0, decay]]])
    push = np.array([[STEP * gain * (1 - decay)], [gain * (1 - decay)], [1 - decay]])
    return system, push


def profile_step(joint, viscous):
    """One step of a joint with a profile, exact under a hold: rotor, load, torque of the motor."""
    rotor, load = joint["rotor_inertia"], joint["inertia"] - joint["rotor_inertia"]
    spring, damper = joint["stiffness_first"], joint["reducer_damping"]
    current = 2 * math.pi * joint["current_bandwidth_hz"]
    system = np.array([[0, 1, 0, 0, 0],
                       [-spring / rotor, -(damper + viscous) / rotor, spring / rotor, damper / rotor, 1 / rotor],
                       [0, 0, 0, 1, 0], [spring / load, damper / load, -spring / load, -damper / load, 0],
                       [0, 0, 0, 0, -current]])
    return held(system, np.array([[0], [0], [0], [0], [current]]), STEP)


def known_loop(joint, omega, viscous, gains=None):
    """Open loop at frequencies, and the speed that a unit of excitation makes of the joint with the gains in use.

    The simulator integrates half a step early (velocity before position), which an exact hold does not."""
    step, push = (profile_step if joint["profile"] else plain_step)(joint, viscous)
    size = len(step)
    early = np.exp(0.5j * omega * STEP) if joint["profile"] else np.ones(len(omega))
    pole = math.exp(-TRACKING * STEP)
    position_gain, velocity_gain = 1 - pole**2, (1 - pole) ** 2 / STEP
    whole = np.zeros((size + 2, size + 2))
    whole[:size, :size] = step
    whole[size:, :1] = [[position_gain], [velocity_gain]]
    whole[size:, size:] = [[1 - position_gain, (1 - position_gain) * STEP], [-velocity_gain, 1 - velocity_gain * STEP]]
    feed = np.vstack([push, np.zeros((2, 1))])
    angle = np.eye(1, size + 2)
    speed = whole[size + 1:]
    stiffness, damping = gains or (joint["gain_stiffness"], joint["gain_damping"])
    arrival = joint["arrival_ns"] * 1e-9

    def at(system, inputs, out, period):
        grid = np.exp(1j * omega * period)
        return np.array([(out @ np.linalg.solve(z * np.eye(len(system)) - system, inputs))[0, 0] for z in grid])

    if not joint["closed_on_host"]:
        torque = at(whole, feed, stiffness * angle + damping * speed, STEP) * early
        motion = at(whole, feed, angle, STEP) * early
        # A command is held over a cycle.
        hold = np.sinc(omega * CYCLE / 2 / math.pi)
        return torque, np.abs(1j * omega * motion * hold / (1 + torque))
    steps = round(CYCLE / STEP)
    waiting, begun = math.ceil(arrival / STEP - 1e-9), int(arrival / STEP)
    powers = [np.linalg.matrix_power(whole, count) for count in range(steps + 1)]
    old = sum((powers[steps - 1 - n] @ feed for n in range(waiting)), np.zeros_like(feed))
    new = sum((powers[steps - 1 - n] @ feed for n in range(waiting, steps)), np.zeros_like(feed))
    lifted = np.block([[powers[steps], old], [np.zeros((1, size + 3))]])
    entry = np.vstack([new, [[1]]])
    # Measured as the command arrives, in a step that began before; the command before acts up to there.
    before = np.hstack([powers[begun], sum((powers[begun - 1 - n] @ feed for n in range(begun)), np.zeros_like(feed))])
    after = whole @ before + feed @ np.eye(1, size + 3, size + 2)
    part = arrival / STEP - begun
    if joint["profile"]:
        seen = angle @ before + part * STEP * (speed @ before)
    else:
        seen = (1 - part) * (angle @ before) + part * (angle @ after)
    # The host carries the position forward from when its answer came to its next cycle.
    carried = damping + stiffness * (CYCLE - joint["answer_ns"] * 1e-9)
    torque = at(lifted, entry, stiffness * seen + carried * (speed @ before), CYCLE) * early
    return torque * np.exp(-1j * omega * CYCLE * joint["delay_cycles"]), None


def known_margins(joint):
    """Margins of a known joint where they were measured: phase [deg] and gain of the crossings within 15 % of the measured ones. Coulomb
    friction is counted as what it damps at the speed that the chirp makes (its describing function, 4 F / (pi speed))."""
    def near(place):
        omega = place * np.linspace(0.85, 1.15, 41)
        if joint["coulomb"] == 0:
            return known_loop(joint, omega, joint["viscous"])[0], omega
        viscous = np.full(len(omega), joint["viscous"])
        in_use = (joint["stiffness_in_use"], joint["damping_in_use"])
        for _ in range(6):
            moved = np.array([known_loop(joint, omega[n:n + 1], viscous[n], in_use)[1][0] for n in range(len(omega))])
            viscous = joint["viscous"] + 4 * joint["coulomb"] / (math.pi * joint["amplitude"] * moved)
        return np.array([known_loop(joint, omega[n:n + 1], viscous[n])[0][0] for n in range(len(omega))]), omega

    def margins_near(place):
        loop, omega = near(place)
        return control.stability_margins(control.frd(loop, omega), returnall=True)

    phase = gain = math.inf
    if joint["crossover"]:
        _, phases, _, _, places, _ = margins_near(joint["crossover"])
        phase = min(zip(phases, places), key=lambda p: abs(p[1] - joint["crossover"]), default=(math.inf, 0))[0]
    if joint["phase_crossover"]:
        gains, _, _, places, _, _ = margins_near(joint["phase_crossover"])
        gain = min(zip(gains, places), key=lambda g: abs(g[1] - joint["phase_crossover"]), default=(math.inf, 0))[0]
    return phase, gain


def check_measured(report, program, folder):
    """Margins that were measured are those of the simulator's own numbers."""
    file = pathlib.Path(folder, "loops.json")
    subprocess.run([program, "loops", file], check=True)
    joints = [json.loads(line) for line in file.read_text().splitlines()]
    report.check("no chirp on a known joint is broken off", not any(j["abort"] for j in joints),
                 [(j["seed"], j["abort"]) for j in joints if j["abort"]])
    phases, gains, said, told = [], [], [], 0
    for joint in joints:
        for gain in joint.get("measured", []):
            case = {**joint, **gain}
            name = (joint["seed"], joint["profile"], joint["coulomb"] > 0, round(gain["gain_stiffness"], 1))
            phase, factor = known_margins(case)
            said.append((joint["closed_on_host"], gain["phase_deg"] is not None, gain["gain"] is not None))
            if gain["phase_deg"] is not None:
                phases.append((gain["phase_deg"] - phase, name))
                # The judge's control: a loop that is a millisecond later than the one that was measured.
                told += abs(phases[-1][0] - math.degrees(1e-3 * gain["crossover"])) >= 1
            if gain["gain"] is not None:
                gains.append((20 * math.log10(gain["gain"] / factor), name))
    drive = [s for s in said if not s[0]]
    host = [s for s in said if s[0]]
    print(f"   {len(phases)} phase margins, off by {quantiles([p[0] for p in phases])} deg; {len(gains)} gain margins, off by "
          f"{quantiles([g[0] for g in gains])} dB; of {len(said)} loops")
    report.check("measured phase margins are within 1 deg of the simulator's", all(abs(p[0]) < 1 for p in phases),
                 [p for p in phases if abs(p[0]) >= 1])
    report.check("measured gain margins are within 0.2 dB of the simulator's", all(abs(g[0]) < 0.2 for g in gains),
                 [g for g in gains if abs(g[0]) >= 0.2])
    report.check("phase margins are said of nine loops in ten that the drive closes, and that the host closes",
                 all(sum(s[1] for s in part) >= 0.9 * len(part) for part in (drive, host)), (drive, host))
    report.check("gain margins are said of a third of the loops that the host closes",
                 sum(s[2] for s in host) >= len(host) / 3, host)
    report.check("the judge tells each of them from a loop that is a millisecond later", told == len(phases), (told, len(phases)))
