#!/usr/bin/env python3
"""All six drive families in one robot: what tracking costs beside two families, recording and replay, a bus that dies.

    python3 Tests/Interop/check_mixed.py --table     also prints the table of Documentation/MixedDrives.md
"""
import json
import pathlib
import re
import sys
import tempfile

from report import SINEW_DEBUG, Report, run

SINGLE, MIXED = "Robots/navigator", "Robots/navigator/mixed.yaml"
MOST = 2.0  # times the tracking RMS of the same joint in the robot of two families
#: One bus a family, with the joints that are on it.
LOST = {
    "upper_waist": ["Pitch_Y_M", "Waist_Z"],  # CANopen beside RobStride
    "neck": ["Neck_Z", "Neck_Y"],  # CubeMars AK
    "left_arm": ["Chest_Z_L", "Shoulder_Y_L", "Shoulder_X_L", "Shoulder_Z_L", "Elbow_L"],  # Damiao
    "left_wrist": ["Wrist_Z_L", "Wrist_Y_L", "Wrist_X_L"],  # moteus
    "right_shoulder": ["Chest_Z_R", "Shoulder_Y_R", "Shoulder_X_R"],  # ODrive 0.6
    "right_elbow": ["Shoulder_Z_R", "Elbow_R", "Wrist_X_R"],  # ODrive 0.5 beside CyberGear
    "left_knee": ["Hip_Y_L", "Knee_L"],  # RobStride
}


def play(robot, motion, *more):
    code, output, errors = run("run", robot, "--motion", motion, "--pace", "fast", "--fault-file", "none", "--json", *more)
    return code, json.loads(output) if output.startswith("{") else {}, errors


def check_tracking(report, motion, drives):
    results = {}
    for name, robot in (("two families", SINGLE), ("six families", MIXED)):
        code, results[name], errors = play(robot, motion)
        if not report.check(f"{motion}, {name}: completed", code == 0 and results[name].get("outcome") == "completed",
                            f"exit {code}: {errors.strip()[-300:]}"):
            return {}
    single, mixed = results["two families"]["joints"], results["six families"]["joints"]
    report.check(f"{motion}: the same 34 joints", list(single) == list(mixed) and len(mixed) == 34)
    rms = {joint: (single[joint]["tracking_rms_rad"], mixed[joint]["tracking_rms_rad"]) for joint in mixed}
    worse = {joint: f"{b / a:.2f}" for joint, (a, b) in rms.items() if not 0 < b <= MOST * a}
    report.check(f"{motion}: no joint's RMS above {MOST:g} times that with two families", not worse, worse)
    bad = [joint for joint, values in mixed.items() if values["saturated_cycles"] or values["limit_violated"]]
    report.check(f"{motion}: nothing saturated, no limit violated", not bad, bad)
    worst = max(rms, key=lambda joint: rms[joint][1] / rms[joint][0])
    print(f"# {motion}: worst ratio {rms[worst][1] / rms[worst][0]:.2f} ({worst}, {drives[worst]})", flush=True)
    return rms


def check_replay(report):
    """Byte for byte the same in both builds, and two runs alike."""
    with tempfile.TemporaryDirectory() as folder:
        path, trace = str(pathlib.Path(folder) / "mixed.mcap"), pathlib.Path(folder) / "mixed.log"
        code, result, errors = play(MIXED, "wave", "--for", "2", "--record", path, "--trace", str(trace))
        recorded = result.get("recording", {})
        report.check("recorded, nothing lost", code == 0 and recorded.get("lost_cycles") == 0, errors[-300:])
        code, output, errors = run("replay", path, "--with", SINEW_DEBUG, "--json")
        replayed = json.loads(output) if output.startswith("{") else {}
        report.check("release and debug put out the same bytes of it",
                     code == 0 and replayed.get("cycles", 0) > 2000 and replayed.get("differing_cycles") == 0,
                     f"exit {code}: {errors[-300:]}")
        code, output, errors = run("replay", path, "--json")
        report.check("replays to the bytes that were sent", code == 0 and '"cycles"' in output, errors[-300:])
        again = pathlib.Path(folder) / "again.log"
        play(MIXED, "wave", "--for", "2", "--trace", str(again))
        report.check("two runs put the same frames on the buses",
                     trace.stat().st_size > 1_000_000 and trace.read_bytes() == again.read_bytes())


def check_lost(report, bus, joints):
    code, result, errors = play(MIXED, "wave", "--inject", f"{bus} lost at 2")
    fault = result.get("fault", {})
    report.check(f"{bus} lost: a stop, exit 1", code == 1 and fault, f"exit {code}: {errors[-300:]}")
    named = fault.get("joints", [])
    report.check(f"{bus} lost: names that bus and joints on it", fault.get("buses") == [bus] and named
                 and set(named) <= set(joints), fault.get("message"))
    others = [joint for joint, values in result.get("joints", {}).items()
              if joint not in joints and values["limit_violated"]]
    report.check(f"{bus} lost: no other joint leaves its limits", not others, others)


def check_fields(report):
    """`sinew check --json` says what each field does; numbers from the protocols' own tables."""
    code, output, errors = run("check", MIXED, "--json")
    joints = json.loads(output)["joints"] if code == 0 else {}
    if not report.check("sinew check", code == 0, errors[-300:]):
        return {}
    neck, knee, trunk = joints["Neck_Z"]["fields"], joints["Knee_L"]["fields"], joints["Pitch_Y_B"]["fields"]
    close = lambda value, expected: abs(value / expected - 1) < 1e-9
    report.check("AK60-6: 12 bits of 0...5 N.m.s/rad", close(neck["command"]["damping"]["step_nms_rad"], 5 / 4095))
    report.check("AK60-6: 16 bits of 25 rad", close(neck["answer"]["position"]["step_rad"], 25 / 65535))
    report.check("RS04: 16 bits of 240 N.m", close(knee["command"]["torque"]["step_nm"], 240 / 65535))
    report.check("CiA 402: 1/1000 of 4.5 N.m behind 18:1", close(trunk["command"]["torque"]["step_nm"], 0.0045 * 18))
    report.check("CiA 402: one of 65536 counts behind 18:1",
                 close(trunk["answer"]["position"]["step_rad"], 6.283185307179586 / 65536 / 18))
    report.check("CiA 402: gains do not travel", trunk["command"]["stiffness"] == {"carried": False, "closed_on_host": True})
    saturated = [(joint, name) for joint, values in joints.items() for part in values["fields"].values()
                 for name, field in part.items() if field.get("saturates")]
    report.check("nothing saturates within the joints' limits", not saturated, saturated)
    code, output, _ = run("check", MIXED, "--fields")
    rows = [re.match(r"(\S+) +\S+ +(command|answer) ", line) for line in output.splitlines()]
    found = sorted((row[1], row[2]) for row in rows if row and row[1] in joints)
    report.check("--fields prints a row a joint and direction",
                 code == 0 and found == sorted((joint, way) for joint in joints for way in ("command", "answer")), found)
    return {joint: values["drive"] for joint, values in joints.items()}


def main():
    report = Report()
    drives = check_fields(report)
    tables = {motion: check_tracking(report, motion, drives) for motion in ("wave", "squat", "sweep")}
    check_replay(report)
    for bus, joints in LOST.items():
        check_lost(report, bus, joints)
    if "--table" in sys.argv:
        for joint, drive in drives.items():
            cells = [f"{a * 1e3:.3f} | {b * 1e3:.3f} | {b / a:.2f}" for a, b in (tables[m][joint] for m in tables)]
            print(f"| {joint} | {drive} | " + " | ".join(cells) + " |")
    report.close()


if __name__ == "__main__":
    main()
