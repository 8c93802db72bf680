#!/usr/bin/env python3
"""sinew move as a program in a shell: streams from a pipe, trajectories out of MCAP files that ROS 2's own library wrote, tables of
teaching, and refusals.

Run by make test with SINEW, the release build.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

from mcap_ros2.writer import Writer

from report import Report, SINEW, run

RIG = "Robots/rig"
LIMIT = 60
SEPARATOR = "=" * 80
TIME = "int32 sec\nuint32 nanosec\n"
HEADER = f"{SEPARATOR}\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n{SEPARATOR}\nMSG: builtin_interfaces/Time\n{TIME}"
TRAJECTORY = (
    "std_msgs/Header header\nstring[] joint_names\ntrajectory_msgs/JointTrajectoryPoint[] points\n"
    f"{SEPARATOR}\nMSG: trajectory_msgs/JointTrajectoryPoint\nfloat64[] positions\nfloat64[] velocities\nfloat64[] accelerations\n"
    f"float64[] effort\nbuiltin_interfaces/Duration time_from_start\n{SEPARATOR}\nMSG: builtin_interfaces/Duration\n{TIME}{HEADER}")
STATE = f"std_msgs/Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort\n{HEADER}"


def stamp(time):
    return {"sec": int(time), "nanosec": round((time - int(time)) * 1e9)}


def write(path, kind, text, topic, messages):
    """Messages of one topic, by the time at which each was written down, as ros2 bag writes them."""
    with open(path, "wb") as file:
        writer = Writer(file, chunk_size=4096)
        schema = writer.register_msgdef(kind, text)
        for time, message in messages:
            nanoseconds = round(time * 1e9)
            writer.write_message(
                topic=topic, schema=schema, message=message, log_time=nanoseconds, publish_time=nanoseconds)
        writer.finish()


def trajectory(names, rows):
    header = {"stamp": stamp(0), "frame_id": "a frame"}
    points = [
        {"positions": p, "velocities": v, "accelerations": [], "effort": [], "time_from_start": stamp(t)} for t, p, v in rows]
    return {"header": header, "joint_names": names, "points": points}


def move(*arguments, text=None):
    """Exit code, the report, and what was said."""
    done = subprocess.run(
        [SINEW, "move", RIG, *arguments, "--json"], input=text, capture_output=True, text=True, timeout=LIMIT, check=False)
    try:
        return done.returncode, json.loads(done.stdout), done.stderr
    except json.JSONDecodeError:
        return done.returncode, {}, done.stderr


def check_mcap(report, folder):
    names = ["elbow", "shoulder"]
    rows = [(0.0, [-0.8, 0.5], [0, 0]), (1.0, [-0.6, 0.6], [0.1, 0.1]), (2.0, [-0.5, 0.8], [0, 0])]
    path = folder / "trajectory.mcap"
    write(path, "trajectory_msgs/msg/JointTrajectory", TRAJECTORY, "/arm/joint_trajectory",
          [(5.0, trajectory(names, rows))])
    code, found, said = move("trajectory", "--file", str(path), "--pace", "fast")
    report.check("a JointTrajectory is followed to its end", code == 0 and found["steps"][0]["reached"], said)
    code, found, said = move("trajectory", "--file", str(path), "--dry-run")
    joints = found.get("joints", {})
    report.check(
        "each joint ends at its own number", code == 0 and abs(joints["elbow"]["end_rad"] + 0.5) < 1e-12
        and abs(joints["shoulder"]["end_rad"] - 0.8) < 1e-12 and abs(found["duration_s"] - 2) < 0.003, [joints, said])
    code, _, said = move("trajectory", "--file", str(path), "--topic", "/other", "--dry-run")
    report.check("a topic that is not there is refused", code == 2 and "/other" not in said and "no motion" in said, said)

    states = []
    for index in range(400):
        t = 0.01 * index
        position = -0.8 + 0.2 * (1 - math.cos(math.pi * t / 3.99)) / 2
        header = {"stamp": stamp(100 + t), "frame_id": ""}
        states.append((100 + t, {"header": header, "name": ["elbow"], "position": [position], "velocity": [], "effort": []}))
    path = folder / "states.mcap"
    write(path, "sensor_msgs/msg/JointState", STATE, "/joint_states", states)
    code, found, said = move("trajectory", "--file", str(path), "--dry-run")
    report.check(
        "JointStates in many chunks are a smooth motion",
        code == 0 and abs(found["joints"]["elbow"]["end_rad"] + 0.6) < 1e-3 and abs(found["duration_s"] - 3.95) < 0.05
        and found["joints"]["elbow"]["velocity_peak_rad_s"] < 0.1, [found.get("joints"), said])

    path = folder / "foreign.mcap"
    write(path, "trajectory_msgs/msg/JointTrajectory", TRAJECTORY, "/t", [(0.0, trajectory(["knee"], [(0.0, [0], [0])]))])
    code, _, said = move("trajectory", "--file", str(path), "--dry-run")
    report.check("a joint of another robot is refused by name", code == 2 and "no driven joint 'knee'" in said, said)
    rows[1] = (1.0, [9.0, 0.6], [0, 0])
    write(path, "trajectory_msgs/msg/JointTrajectory", TRAJECTORY, "/t", [(0.0, trajectory(names, rows))])
    code, _, said = move("trajectory", "--file", str(path), "--dry-run")
    report.check("a point beyond a limit is refused", code == 2 and "elbow" in said, said)
    whole = (folder / "trajectory.mcap").read_bytes()
    codes = []
    for part in (8, 4, 2, 1.1):
        (folder / "cut.mcap").write_bytes(whole[: int(len(whole) / part)])
        codes.append(move("trajectory", "--file", str(folder / "cut.mcap"), "--dry-run")[0])
    report.check("a file that breaks off is refused, or read as far as it is whole", codes[0] == 2 and set(codes) <= {0, 2}, codes)
    damaged = bytearray(whole)
    damaged[len(whole) // 4] ^= 0x10
    (folder / "cut.mcap").write_bytes(damaged)
    code, _, said = move("trajectory", "--file", str(folder / "cut.mcap"), "--dry-run")
    report.check("a damaged chunk is refused", code == 2, [code, said])


def check_recording(report, folder):
    path = folder / "swing.mcap"
    code, _, said = run("run", RIG, "--motion", "swing", "--pace", "fast", "--record", str(path))
    report.check("a run is recorded", code == 0, said)
    code, found, said = move("trajectory", "--file", str(path), "--pace", "fast")
    step = found["steps"][0] if found else {}
    report.check(
        "a recording of a run is followed again", code == 0 and step["reached"] and step["final_error_rad"] < 0.01, [step, said])


def check_streams(report):
    lines = "".join(json.dumps({"elbow": -0.8 + 0.004 * n, "time": 0.02 * n}) + "\n" for n in range(50))
    code, found, said = move("servoj", "--pace", "fast", text=lines)
    step = found["steps"][0] if found else {}
    report.check(
        "servoj follows a pipe", code == 0 and step["targets"] == 50 and step["final_error_rad"] < 0.01
        and found["targets"] == {"taken": 50, "refused": 0, "refusals": []}, [step, said])
    code, found, said = move("servoj", "--pace", "fast", text="elbow\n-0.7\nmuch\n-0.6\n9\n-0.5\n")
    numbers = [refusal["line"] for refusal in found["targets"]["refusals"]] if found else []
    report.check("lines that cannot be followed are refused by number, the others followed",
                 code == 1 and numbers == [3, 5] and found["steps"][0]["targets"] == 3, [numbers, said])
    code, found, said = move("speedj", "--pace", "fast", "--watchdog", "0.1", text="time,elbow\n0,0.3\n0.05,0.3\n2,0.3\n")
    report.check("a stream that falls silent ends with 1", code == 1 and found["steps"][0]["outcome"] == "silent", said)
    code, found, said = move("speedj", "--pace", "fast", "--watchdog", "3", text="time,elbow\n0,0.3\n0.05,0.3\n2,0\n")
    report.check("the same, patiently, does not", code == 0 and found["steps"][0]["outcome"] == "done", said)


def check_teaching(report, folder):
    path = folder / "led.csv"
    teach = ["teach", "--joints", "elbow", "--for", "0.6", "--every", "0.1", "--file", str(path), "--pace", "fast"]
    code, found, said = move(*teach)
    lines = path.read_text().splitlines() if path.exists() else [""]
    report.check(
        "teach writes a table of all joints, to its end", code == 0 and found["steps"][0]["outcome"] == "done"
        and found["taught"]["rows"] == len(lines) - 1 and len(lines) in (8, 9) and found["taught"]["file"] == str(path)
        and lines[0] == "time,shoulder,elbow,wrist,shoulder_velocity,elbow_velocity,wrist_velocity", [lines[:2], said])
    code, found, said = move("trajectory", "--file", str(path), "--pace", "fast")
    report.check(
        "the table is followed", code == 0 and found["steps"][0]["reached"] and found["steps"][0]["final_error_rad"] < 0.01, said)
    before = path.read_bytes()
    code, _, said = move("teach", "--for", "1", "--file", str(folder / "none" / "led.csv"), "--pace", "fast")
    report.check("a table that cannot be written is told before anything moves", code == 3 and "cannot be written" in said, [code, said])
    code, _, said = move("teach", "--joints", "elbw", "--for", "1", "--file", str(path), "--pace", "fast")
    report.check("a joint that is not there is refused by name, the old table stays",
                 code == 2 and "did you mean 'elbow'" in said and path.read_bytes() == before, [code, said])
    report.check("nothing half written is left", not list(folder.glob("*.part")), list(folder.iterdir()))


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_mcap(report, folder)
        check_recording(report, folder)
        check_teaching(report, folder)
    check_streams(report)
    report.close()


if __name__ == "__main__":
    sys.exit(main())
