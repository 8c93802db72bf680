#!/usr/bin/env python3
"""An example of a policy: every joint sways a little around where it stands, from sets at 50 Hz.

    sinew run Robots/navigator --port navigator          # in one terminal
    python3 Clients/Python/sway.py navigator --for 5     # in another
"""
import argparse
import math

from sinew_port import Port


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("port", help="name or path of the command port")
    parser.add_argument("--rate", type=float, default=50, help="sets a second [Hz]")
    parser.add_argument("--for", dest="time", type=float, default=5, help="time to sway [s]")
    parser.add_argument("--amplitude", type=float, default=0.05, help="of each joint, where its limits allow [rad]")
    parser.add_argument("--frequency", type=float, default=0.5, help="of the swaying [Hz]")
    parser.add_argument("--take", action="store_true", help="take the lease from who has it")
    parser.add_argument("--ends", action="store_true", help="end the run afterwards")
    arguments = parser.parse_args()
    with Port(arguments.port, name="sway", period=1 / arguments.rate, take=arguments.take) as port:
        state = port.wait()
        centres, amplitudes = [], []
        for joint, position in zip(port.joints, state.positions):
            room = (joint.position_max - joint.position_min) / 2
            amplitude = min(arguments.amplitude, room / 2)
            amplitudes.append(amplitude)
            centres.append(min(max(position, joint.position_min + amplitude), joint.position_max - amplitude))
        start = state.time_ns
        while (time := (state.time_ns - start) * 1e-9) < arguments.time:
            turn = 2 * math.pi * arguments.frequency
            positions = [c + a * math.sin(turn * time) for c, a in zip(centres, amplitudes)]
            velocities = [a * turn * math.cos(turn * time) for a in amplitudes]
            port.send(positions, velocities, answers=state.cycle)
            state = port.wait()
        port.send(centres, answers=state.cycle, ends=arguments.ends)
        refused = {reason: count for reason, count in state.refused.items() if count}
        print(f"{state.accepted} sets followed, refused: {refused or 'none'}, "
              f"newest from state to loop in {state.set_latency_cycles} cycles")
        if not arguments.ends:
            port.wait()


if __name__ == "__main__":
    main()
