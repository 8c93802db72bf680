"""What two processes say of the frames between them, and of the time they took: for guests in which it can be told exactly."""
import pathlib
import re
import time

from robot_bench import PATIENCE, Run, serve


def moved(description, *arguments, twin=None):
    """A run beside its simulation, from beginning to end; `twin` is the simulation's description where it is another."""
    with serve(twin or description) as served:
        run = Run(description, *arguments).finish(PATIENCE)
        time.sleep(0.3)  # the drives read what came last
    return run, served


def joints_of(description):
    """How many joints each bus of a description has."""
    path = pathlib.Path(description)
    text = (path / "robot.yaml" if path.is_dir() else path).read_text()
    names = re.findall(r"\bbus: (\w+)", text)
    return {name: names.count(name) for name in names}


def lost(description, run, served, answers=1, unheard=()):
    """Buses on which the two processes count differently, or where anything is out of the ordinary. A joint sends at most `answers`
    frames a cycle; on buses of `unheard` drives also send what the loop does not listen to, and the kernel's filters drop for it."""
    joints = joints_of(description)
    wrong = [] if run.report.get("buses") else ["no buses"]
    for name, bus in run.report.get("buses", {}).items():
        other = served.summary.get("buses", {}).get(name, {})
        # The drives' answers to the last cycle come after the loop has ended.
        behind = other.get("sent_frames", 0) - bus["received_frames"]
        if bus["sent_frames"] != other.get("received_frames") or bus["sent_frames"] == 0 or behind < 0 or (
                behind > answers * joints[name] and name not in unheard):
            wrong.append(f"{name}: sent {bus['sent_frames']} of {other.get('received_frames')}, received "
                         f"{bus['received_frames']} of {other.get('sent_frames')}")
        odd = {key: bus[key] for key in ("unsent_frames", "missing_frames", "error_frames", "foreign_frames", "overrun_frames")
               if bus[key]}
        if odd or bus["health"]["worst"] not in ("error-active", None) or bus["lost"] is not None or other.get("unsent_frames"):
            wrong.append(f"{name}: {odd} {bus['health']['worst']} {bus['lost']} {other.get('unsent_frames')}")
    return wrong


def check_run(report, what, description, run, served, rate, seconds, oldest, answers=1, unheard=()):
    """A run that lost nothing, missed nothing, and ended as asked."""
    found = run.report
    sent = sum(bus["sent_frames"] for bus in found.get("buses", {}).values())
    received = sum(bus["received_frames"] for bus in found.get("buses", {}).values())
    report.check(f"{what}: the run ends as asked, after {found.get('armed_time_s', 0):.3f} s in {found.get('cycles')} cycles",
                 run.code == 0 and found.get("outcome") == "completed" and abs(found["armed_time_s"] - seconds) < 2.5 / rate and
                 found["cycles"] >= rate * seconds, run.summary)
    wrong = lost(description, run, served, answers, unheard)
    report.check(f"{what}: no frame is lost of {sent} there and {received} back, on {len(found.get('buses', {}))} buses", not wrong, wrong)
    age = found.get("worst_sample_age_cycles", 99)
    report.check(f"{what}: no sample is older than {oldest} cycles: {age}", 0 < age <= oldest and
                 all(joint["worst_sample_age_cycles"] <= oldest for joint in found["joints"].values()), age)
    late = {key: found.get(key) for key in ("deadline_misses", "skipped_cycles", "dropped_frames", "unknown_frames", "rejected_samples")}
    report.check(f"{what}: no cycle is late or left out; the latest wakes {found.get('wake_lateness_max_ns')} ns after its instant",
                 not any(late.values()) and found.get("wake_lateness_max_ns", 1e9) < 20000, f"{late} {found.get('wake_lateness_max_ns')}")
    drives = served.summary.get("drives", {})
    report.check(f"{what}: all {len(drives)} drives are off at the end",
                 drives and not any(drive["obeys"] for drive in drives.values()), drives)
