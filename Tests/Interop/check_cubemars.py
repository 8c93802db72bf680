#!/usr/bin/env python3
"""Force control of CubeMars V3 beside motor-python: random commands packed, random answers read, both to the bit."""
import json
import math
import random
import struct
import subprocess

import can
from motor_python import cube_mars_motor_can, definitions

from report import SINEW, Report


COUNT = 2000
MODEL = "AK60-6_V3"
LIMITS = definitions.AK60_6_V3_0_MIT_LIMITS
SPEC = definitions.AK60_6_V3_0_MOTOR_SPEC


def peer(drive):
    """The peer without its bus."""
    motor = object.__new__(cube_mars_motor_can.CubeMarsAK606v3CAN)
    motor._motor_spec = SPEC
    motor._feedback_ids_ext, motor._feedback_ids_std = {0x2900 | drive}, set()
    motor._last_feedback = None
    motor._active_feedback_id = 0x2900 | drive
    return motor


def sinew(direction, drive, lines):
    done = subprocess.run([SINEW, "frame", direction, "--family", "mit", "--model", MODEL, "--id", str(drive)],
                          input="\n".join(map(json.dumps, lines)) + "\n", text=True, capture_output=True, timeout=120)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def commands(report, generator, drive):
    """Beyond full scale too, where both saturate."""
    motor, lines, frames = peer(drive), [], []
    for _ in range(COUNT):
        p, v, t = (generator.uniform(-1.2, 1.2) * full for full in (LIMITS.p_max, LIMITS.v_max, LIMITS.t_max))
        kp, kd = generator.uniform(0, 1.2) * LIMITS.kp_max, generator.uniform(0, 1.2) * LIMITS.kd_max
        lines.append({"command": "mit", "p": p, "v": v, "kp": kp, "kd": kd, "t_ff": t})
        frames.append((8 << 8 | drive, motor.pack_mit_frame(p, v, kp, kd, t, limits=LIMITS).hex()))
    code, out, errors = sinew("encode", drive, lines)
    ours = [(frame["id"], frame["data"]) for frame in out if frame["extended"]]
    wrong = [pair for pair in zip(ours, frames) if pair[0] != pair[1]]
    report.check(f"{COUNT} random commands are motor-python's to the bit", code == 0 and ours == frames,
                 f"{len(ours)} frames, {wrong[:2]}, {errors[-200:]}")


def answers(report, generator, drive):
    """Full range of every word; torque is amperes times rated torque over rated current."""
    motor, lines, wants = peer(drive), [], []
    for _ in range(COUNT):
        words = [generator.randint(-0x8000, 0x7FFF) for _ in range(3)]
        data = struct.pack(">hhhbB", *words, generator.randint(-20, 127), 0)
        state = motor._parse_feedback_msg(can.Message(arbitration_id=0x2900 | drive, data=data, is_extended_id=True))
        lines.append({"id": 0x2900 | drive, "extended": True, "data": data.hex()})
        wants.append((math.radians(state.position_degrees), motor._erpm_to_rad_s(state.speed_erpm),
                      state.current_amps * SPEC.rated_torque_nm / SPEC.rated_current_amps, state.temperature_celsius))
    code, out, errors = sinew("decode", drive, lines)
    ours = [(reply["p"], reply["v"], reply["t"], reply["temperature_celsius"]) for reply in out]
    wrong = [pair for pair in zip(ours, wants)
             if any(abs(a - b) > 1e-9 * max(1, abs(b)) for a, b in zip(*pair))]
    report.check(f"{COUNT} random answers read as motor-python reads them",
                 code == 0 and len(ours) == COUNT and not wrong, f"{len(ours)} read, {wrong[:2]}, {errors[-200:]}")
    report.check("an answer names neither mode nor faults while there is no error",
                 all("mode" not in reply and reply["completes_sample"] for reply in out))


def main():
    report = Report()
    generator = random.Random(29)
    for drive in (1, 0x68, 255):
        commands(report, generator, drive)
        answers(report, generator, drive)
    report.close()


if __name__ == "__main__":
    main()
