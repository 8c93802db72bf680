#!/usr/bin/env python3
"""Recordings: read and validated by PyPI mcap with its checksums, decoded by mcap-ros2-support, replayed to the bit at
every pace and build, recovered after SIGKILL at random instants, and a run that goes on when the disk does not.

    SINEW_KILLS=200 python3 Tests/Interop/check_record.py     more kills than the 10 of a usual run
"""
import csv
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import tempfile
import threading
import time

from mcap.reader import make_reader
from mcap.stream_reader import StreamReader
from mcap_ros2.decoder import DecoderFactory
from report import SINEW, SINEW_DEBUG, Report, run

ROBOT = "Robots/navigator"
RUN = ["run", ROBOT, "--motion", "wave", "--fault-file", "none"]
KILLS = int(os.environ.get("SINEW_KILLS", "10"))
# A block of half a second, the recorder's nap, and the time a busy machine takes to run its thread.
LOSS = 1.0


def messages(path):
    """Every message of a recording by topic, checksums verified: (log time, sequence, bytes)."""
    topics = {}
    with open(path, "rb") as file:
        for _, channel, message in make_reader(file, validate_crcs=True).iter_messages():
            topics.setdefault(channel.topic, []).append((message.log_time, message.sequence, message.data))
    return topics


def validate(report, what, path):
    """Reads a file twice with mcap: by its index, and from front to back; every checksum must hold."""
    try:
        topics = messages(path)
        with open(path, "rb") as file:
            count = sum(1 for _ in StreamReader(file, validate_crcs=True).records)
        with open(path, "rb") as file:
            summary = make_reader(file).get_summary()
        counted = sum(len(list_) for list_ in topics.values())
        report.check(f"{what}: mcap validates it", count > 0 and summary.statistics.message_count == counted,
                     f"{counted} messages, statistics say {summary.statistics.message_count}")
        return topics
    except Exception as error:  # whatever the reader raises is its verdict
        report.check(f"{what}: mcap validates it", False, repr(error))
        return {}


def replays(report, what, path, binary=SINEW):
    """`sinew log check` and `sinew replay` find nothing; the number of cycles replayed."""
    code, output, errors = run("log", "check", str(path), binary=binary)
    report.check(f"{what}: log check", code == 0, (output + errors)[-300:])
    code, output, errors = run("replay", str(path), "--json", binary=binary)
    result = json.loads(output) if output.startswith("{") else {}
    report.check(f"{what}: replays to the same bytes", code == 0 and result.get("cycles", 0) > 0,
                 f"exit {code}: {(output + errors)[-300:]}")
    return result.get("cycles", 0)


def record(report, what, path, *arguments, binary=SINEW):
    code, output, errors = run(*RUN, "--record", str(path), "--json", *arguments, binary=binary)
    result = json.loads(output).get("recording", {}) if code == 0 else {}
    report.check(f"{what}: recorded, nothing lost", code == 0 and result.get("lost_cycles") == 0,
                 f"exit {code}: {errors[-300:]}")
    return result


def check_decoded(report, path, topics):
    """mcap-ros2-support decodes every topic, and what it decodes is what `sinew log export` writes."""
    last = {}
    counts = {}
    try:
        with open(path, "rb") as file:
            reader = make_reader(file, decoder_factories=[DecoderFactory()])
            for schema, channel, message, decoded in reader.iter_decoded_messages():
                counts[channel.topic] = counts.get(channel.topic, 0) + 1
                last[channel.topic] = (schema.name, message, decoded)
    except Exception as error:
        report.check("mcap-ros2-support decodes every message", False, repr(error))
        return
    report.check("mcap-ros2-support decodes every message",
                 counts == {topic: len(list_) for topic, list_ in topics.items()}, counts)
    name, message, state = last["/joint_states"]
    stamp = state.header.stamp.sec * 1_000_000_000 + state.header.stamp.nanosec
    report.check("a JointState of 34 joints at the message's time",
                 name == "sensor_msgs/msg/JointState" and len(state.name) == 34 and stamp == message.log_time)
    cycle = last["/cycle"][2]
    report.check("a cycle of 34 setpoints and 34 frames out",
                 len(cycle.setpoints) == 34 and len(cycle.transmitted) == 34 and cycle.time == stamp)
    table = path.with_suffix(".csv")
    code, _, errors = run("log", "export", str(path), "--csv", str(table))
    rows = list(csv.reader(table.open())) if code == 0 else [[]]
    column = rows[0].index(f"{state.name[3]}/position") if len(rows) > 1 else 0
    report.check("log export: a row a cycle, the numbers of the messages",
                 len(rows) == counts["/cycle"] + 1 and float(rows[-1][column]) == state.position[3], errors)


def check_same(report, folder):
    """One run at every pace and build: the same messages; the same file where nothing but time differs."""
    first = folder / "fast.mcap"
    record(report, "release, fast", first, "--pace", "fast")
    topics = validate(report, "release, fast", first)
    cycles = replays(report, "release, fast", first)
    report.check("every cycle is in the file", cycles == len(topics.get("/cycle", [])) > 6000, cycles)
    again = folder / "again.mcap"
    record(report, "release, fast, again", again, "--pace", "fast")
    report.check("two release runs: the same file", first.read_bytes() == again.read_bytes())
    debug = folder / "debug.mcap"
    record(report, "debug, fast", debug, "--pace", "fast", "--for", "2", binary=SINEW_DEBUG)
    short = folder / "short.mcap"
    record(report, "release, fast, 2 s", short, "--pace", "fast", "--for", "2")
    real = folder / "real.mcap"
    record(report, "release, real pace, 2 s", real, "--pace", "real", "--for", "2")
    expected = validate(report, "release, fast, 2 s", short)
    for name, path in (("debug", debug), ("real pace", real)):
        other = validate(report, name, path)
        other.pop("/timing", None)
        report.check(f"{name} and fast: the same messages", other == expected != {})
    replays(report, "debug recording, release replay", debug)
    replays(report, "release recording, debug replay", short, binary=SINEW_DEBUG)
    replays(report, "real pace", real)
    check_decoded(report, first, topics)
    return first


def check_what_if(report, folder, recording):
    """A stiffer waist: the replay with it names that joint alone."""
    other = folder / "other"
    other.mkdir()
    text = pathlib.Path(ROBOT, "robot.yaml").read_text()
    (other / "navigator.urdf").write_bytes(pathlib.Path(ROBOT, "navigator.urdf").read_bytes())
    before, _, after = text.partition("  Waist_Z:")
    changed = after.replace("stiffness: 300", "stiffness: 360", 1)
    report.check("what if: the robot file has a joint to change", changed != after)
    (other / "robot.yaml").write_text(before + "  Waist_Z:" + changed)
    code, output, errors = run("replay", str(recording), "--with", str(other), "--json")
    result = json.loads(output) if code == 0 else {"joints": {}}
    report.check("what if: only the changed joint is commanded differently",
                 list(result["joints"]) == ["Waist_Z"]
                 and abs(result["joints"]["Waist_Z"]["stiffness_max_nm_rad"] - 60) < 1e-9,
                 f"exit {code}, {list(result['joints'])}: {errors[-300:]}")


def check_fault(report, folder):
    """A fault stop leaves a file of the last seconds, and `sinew explain` tells the chain."""
    code, output, errors = run("run", ROBOT, "--motion", "wave", "--pace", "fast", "--inject", "left_arm lost at 1",
                               "--fault-file", str(folder / "fault-%.mcap"))
    files = list(folder.glob("fault-*.mcap"))
    report.check("fault stop: one file, named in the output",
                 code == 1 and len(files) == 1 and str(files[0]) in errors, f"exit {code}, {files}: {errors[-300:]}")
    if not files:
        return
    validate(report, "fault file", files[0])
    replays(report, "fault file", files[0])
    code, output, errors = run("explain", str(files[0]))
    words = ["no more answers", "bus left_arm", "older than allowed", "sample_lost: ", "cable", "armed -> stopping"]
    places = [output.find(word) for word in words]
    report.check("explain: the chain of causes in order", code == 0 and -1 not in places and places == sorted(places),
                 f"{places}: {output[-600:]}{errors}")


def check_killed(report, folder):
    """SIGKILL at random instants of a run at real pace: what is on disk recovers, with at most a second lost."""
    generator = random.Random(5)
    path, whole = folder / "killed.mcap", folder / "whole.mcap"
    unreadable, late, worst = [], [], 0.0
    for number in range(KILLS):
        path.unlink(missing_ok=True)
        process = subprocess.Popen([SINEW, *RUN, "--pace", "real", "--record", str(path)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # From the first chunk on: before it there is nothing that could be lost for longer than a block.
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if path.exists() and path.stat().st_size > 60_000:
                break
            time.sleep(0.005)
        began, already = time.monotonic(), 0.5
        time.sleep(generator.uniform(0, 2.5))
        alive = process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        ran = time.monotonic() - began
        process.wait()
        code, output, errors = run("log", "recover", str(path), str(whole))
        try:
            with open(whole, "rb") as file:
                times = [message.log_time for _, channel, message in
                         make_reader(file, validate_crcs=True).iter_messages() if channel.topic == "/cycle"]
        except Exception as error:
            unreadable.append((number, repr(error), errors[-200:]))
            continue
        if code != 0 or not times or not alive:
            unreadable.append((number, code, len(times), alive, errors[-200:]))
            continue
        # The first chunk ended with half a second; the loop went on at real pace for as long as it was let.
        lost = already + ran - times[-1] * 1e-9
        worst = max(worst, lost)
        if lost > LOSS:
            late.append((number, round(lost, 3)))
        if number == 0:
            replays(report, "killed and recovered", whole)
    report.check(f"killed {KILLS} times: every file opens after log recover, checksums hold", not unreadable, unreadable)
    report.check(f"killed {KILLS} times: at most {LOSS:g} s lost", not late, late)
    print(f"killed {KILLS} times: at most {worst:.3f} s lost", flush=True)


def check_full(report, folder):
    """A limit on the file's size stands for a full disk: the run ends as asked, the loss is counted, the file opens."""
    path = folder / "full.mcap"
    limit = 1_000_000

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run([SINEW, *RUN, "--pace", "fast", "--record", str(path), "--json"], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, preexec_fn=limited, timeout=300)
    result = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    recording = result.get("recording", {})
    report.check("full disk: the run completes, exit 3, the loss is counted",
                 done.returncode == 3 and result.get("outcome") == "completed" and recording.get("lost_cycles", 0) > 0
                 and recording["cycles"] + recording["lost_cycles"] == result["cycles"],
                 f"exit {done.returncode}, {recording}: {done.stderr[-300:]}")
    report.check("full disk: says what to do", "cycles lost" in done.stderr and "fix" in done.stderr, done.stderr)
    report.check("full disk: the limit was kept", path.stat().st_size <= limit, path.stat().st_size)
    whole = folder / "full-whole.mcap"
    code, _, errors = run("log", "recover", str(path), str(whole))
    report.check("full disk: recovers", code == 0, errors)
    validate(report, "full disk, recovered", whole)
    replays(report, "full disk, recovered", whole)
    for name, place in (("no such folder", folder / "missing" / "a.mcap"), ("a folder", folder),
                        ("a file that takes nothing", pathlib.Path("/proc/version"))):
        code, output, errors = run(*RUN, "--pace", "fast", "--record", str(place))
        report.check(f"{name}: refused before anything moves, exit 3", code == 3 and output == "" and str(place) in errors,
                     f"exit {code}: {errors[-200:]}")


def check_slow(report, folder):
    """A disk that stands still for the whole run: nothing is lost and the joints move as without a recording."""
    fifo, copy = folder / "slow.fifo", folder / "slow.mcap"
    os.mkfifo(fifo)
    ended = threading.Event()

    def reader():
        with open(fifo, "rb", buffering=0) as file, open(copy, "wb") as target:
            target.write(file.read(1 << 16))
            ended.wait(120)
            while block := file.read(1 << 20):
                target.write(block)

    thread = threading.Thread(target=reader, daemon=True)
    thread.start()
    process = subprocess.Popen([SINEW, *RUN, "--pace", "real", "--record", str(fifo), "--json"], text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # The motion takes under 8 s; the loop must end while the reader still sleeps.
    time.sleep(12)
    ended.set()
    output, errors = process.communicate(timeout=120)
    thread.join(60)
    result = json.loads(output) if output.startswith("{") else {}
    recording = result.get("recording", {})
    report.check("disk stuck for 12 s: the run completes, exit 0, no cycle is lost",
                 process.returncode == 0 and result.get("outcome") == "completed"
                 and recording.get("lost_cycles") == 0 and recording["cycles"] == result["cycles"],
                 f"exit {process.returncode}, {recording}: {errors[-300:]}")
    validate(report, "disk stuck for 12 s", copy)
    code, output, errors = run(*RUN, "--pace", "fast", "--json")
    calm = json.loads(output) if code == 0 else {}
    report.check("disk stuck for 12 s: the joints moved as without a recording",
                 result.get("joints") == calm.get("joints") is not None)


def check_read_only(report, folder):
    """A read-only disk: a recording is refused before anything moves; a fault file is missed, the run is not."""
    # Root may write anywhere but into a file system that takes no files at all.
    place = "/sys/kernel/run.mcap"
    code, output, errors = run(*RUN, "--pace", "fast", "--record", place)
    report.check("read-only: a recording is refused before anything moves, exit 3, with the path",
                 code == 3 and output == "" and place in errors, f"exit {code}: {errors[-200:]}")
    code, output, errors = run("run", ROBOT, "--motion", "wave", "--pace", "fast", "--inject", "left_arm lost at 1",
                               "--fault-file", "/sys/kernel/fault-%.mcap", "--json")
    result = json.loads(output) if output.startswith("{") else {}
    calm_code, calm, _ = run("run", ROBOT, "--motion", "wave", "--pace", "fast", "--inject", "left_arm lost at 1",
                             "--fault-file", "none", "--json")
    report.check("read-only: the fault stop is the same without its file, and the missing file is told",
                 code == calm_code == 1 and result.get("joints") == json.loads(calm).get("joints")
                 and "/sys/kernel/fault-" in errors, f"exit {code}: {errors[-300:]}")


def check_profiles(report, folder):
    """A robot whose joints have profiles: they are in the file, and the robot is rebuilt from it alone."""
    place = folder / "Robots/navigator"
    place.mkdir(parents=True)
    actuators = folder / "Robots/actuators"
    actuators.mkdir()
    for path in pathlib.Path("Robots/actuators").glob("*.yaml"):
        (actuators / path.name).write_bytes(path.read_bytes())
    for name in ("profiles.yaml", "navigator.urdf"):
        (place / name).write_bytes(pathlib.Path(ROBOT, name).read_bytes())
    file, motion = folder / "profiles.mcap", pathlib.Path(ROBOT, "motions/wave.yaml").resolve()
    code, _, errors = run("run", str(place / "profiles.yaml"), "--motion", str(motion), "--pace", "fast", "--for", "2",
                          "--fault-file", "none", "--record", str(file), "--json")
    report.check("profiles: recorded", code == 0, errors[-300:])
    with open(file, "rb") as stream:
        kept = {entry.name: entry.data for entry in make_reader(stream).iter_attachments()}
    report.check("profiles: each of the four is kept inside, byte by byte, under a name that leads nowhere else",
                 sorted(name for name in kept if name.startswith("actuators/"))
                 == [f"actuators/{name}.yaml" for name in ("ak80-9", "rs02", "rs03", "rs04")]
                 and all(data == (actuators / pathlib.Path(name).name).read_bytes() for name, data in kept.items()
                         if name.startswith("actuators/")), sorted(kept))
    rougher = actuators / "ak80-9.yaml"
    rougher.write_text(rougher.read_text().replace("coulomb: 0.2686", "coulomb: 0.5"))
    code, output, errors = run("replay", str(file), "--with", str(place / "profiles.yaml"), "--json")
    changed = {name for name, joint in json.loads(output)["joints"].items() if joint["cycles"]} if code == 0 else set()
    arms = ("Chest_", "Shoulder_", "Elbow_", "Wrist_")
    report.check("profiles: what if AK80-9 had more friction: joints of the arms alone would be commanded otherwise",
                 len(changed) > 0 and all(name.startswith(arms) for name in changed), f"{sorted(changed)} {errors[-300:]}")
    for path in actuators.glob("*.yaml"):
        path.unlink()
    replays(report, "profiles, their files gone", file)
    code, output, errors = run("explain", str(file), "--json")
    report.check("profiles: explained without their files", code == 0, errors[-300:])


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        recording = check_same(report, folder)
        check_what_if(report, folder, recording)
        check_profiles(report, folder)
        check_fault(report, folder)
        check_killed(report, folder)
        check_full(report, folder)
        check_slow(report, folder)
        check_read_only(report, folder)
    report.close()


if __name__ == "__main__":
    main()
