"""The whole loop on the kernel's CAN, inside the guest: `sinew run --target real` in one process, `sinew simulate` in another,
on virtual interfaces, classic and CAN FD; then everything that can happen to a bus. Ends with a sum.

SINEW_VM_SECONDS: how long the robots move (3).
"""
import pathlib
import re
import shutil
import time

from robot_bench import FOLDER, Asked, Bridge, Run, environment, packets, robot, serve, steady, until, virtual
from shim import ROOT, shell

from report import Report

report = Report()
SECONDS = environment("SINEW_VM_SECONDS", 3.0)
#: Cycles a second that user-mode-linux, whose every system call takes some 15 us, holds beside the simulation.
SMALL_RATE, NAVIGATOR_RATE = 100, 50


def check_carried(what, run, served):
    """No frame lost between the two processes, in either direction, and nothing out of the ordinary on any bus."""
    wrong = []
    for name, bus in run.report.get("buses", {}).items():
        other = served.summary.get("buses", {}).get(name, {})
        # The drives' answers to the last cycle come after the loop has ended.
        behind = other.get("sent_frames", 0) - bus["received_frames"]
        if bus["sent_frames"] != other.get("received_frames") or bus["sent_frames"] == 0 or not 0 <= behind <= 16:
            wrong.append(f"{name}: sent {bus['sent_frames']} of {other.get('received_frames')}, received "
                         f"{bus['received_frames']} of {other.get('sent_frames')}")
        if any(bus[key] for key in ("unsent_frames", "missing_frames", "error_frames", "foreign_frames", "overrun_frames")):
            wrong.append(f"{name}: {bus}")
        if bus["health"]["worst"] != "error-active" or bus["lost"] is not None:
            wrong.append(f"{name}: {bus['health']}")
    report.check(f"{what}: no frame is lost, every bus error-active", run.report.get("buses") and not wrong, wrong or run.summary)
    oldest = run.report.get("worst_sample_age_cycles", 99)
    report.check(f"{what}: samples stay young", 0 < oldest <= 10, oldest)


def moved(description, *arguments, before=()):
    """A run beside its simulation, from beginning to end."""
    with serve(description) as served:
        run = Run(description, *arguments, before=before).finish()
        time.sleep(0.3)  # the drives read what came last
    return run, served


def check_small():
    virtual("vcan0", "vcan1")
    description = robot("small", {"damiao": "vcan0", "robstride": "vcan1"}, rate=SMALL_RATE)
    run, served = steady(lambda: moved(description, "--for", str(SECONDS)))
    report.check(f"two buses, CAN FD and classic, at {SMALL_RATE} Hz: the run ends as asked",
                 run.code == 0 and run.report.get("outcome") == "completed", run.summary)
    check_carried("two buses", run, served)
    report.check("two buses: the drives are off at the end",
                 all(drive["mode"] == "disabled" for drive in served.summary["drives"].values()), served.summary["drives"])

    def interrupted():
        with serve(description):
            run, begin = Run(description), packets("vcan1")
            armed = until(lambda: packets("vcan1") > begin + 300)
            run.interrupt()
            return run.finish(), armed

    run, armed = steady(interrupted)
    report.check("SIGINT ends in a controlled stop", armed and run.code == 130 and run.report.get("outcome") == "interrupted", run.summary)


def check_calls():
    """strace of the loop: between two sleeps one receive and one send call a bus."""
    description = robot("traced", {"damiao": "vcan0", "robstride": "vcan1"}, rate=50)
    trace = FOLDER / "calls"
    # At a real-time priority, so that the simulation does not keep strace, and strace the loop.
    run, _ = steady(lambda: moved(description, "--for", "1", before=(
        "chrt", "-f", "70", "strace", "-f", "--seccomp-bpf", "-o", str(trace), "-e",
        "trace=recvmmsg,sendmmsg,clock_nanosleep,recvmsg,sendmsg,sendto")))
    calls = [match.groups() for line in trace.read_text().splitlines()
             if (match := re.match(r"(\d+) +(\w+)\((\d+)?", line))]
    loop = [thread for thread, call, _ in calls if call == "recvmmsg"][:1]
    cycles, current = [], []
    for thread, call, descriptor in calls:
        if [thread] != loop:
            continue
        if call == "clock_nanosleep":
            cycles.append(current)
            current = []
        else:
            current.append((call, descriptor))
    cycles = cycles[1:]
    odd = [cycle for cycle in cycles if len(cycle) != len(set(cycle)) or len(cycle) > 4 or
           sum(call == "recvmmsg" for call, _ in cycle) != 2]
    commanded = sum(len(cycle) == 4 for cycle in cycles)
    report.check("one receive and one send call a bus and cycle, and no other", run.code == 0 and not odd and commanded >= 50,
                 f"{len(cycles)} cycles, {commanded} with commands, {odd[:2]} {run.summary}")


def check_navigator():
    shell("for i in {0..12}; do ip link add can$i type vcan; ip link set can$i mtu 72 up; done")
    folder = FOLDER / "navigator"
    shutil.copytree(ROOT / "Robots" / "navigator", folder)
    text = (folder / "robot.yaml").read_text()
    text = re.sub(r"(?m)^update_rate:.*$", f"update_rate: {NAVIGATOR_RATE}\nschedule: {{misses: {{limit: 60, window: 128}}}}", text)
    text = re.sub(r"watchdog: 0\.0\d+", "watchdog: 0.1", text)
    (folder / "robot.yaml").write_text(text)
    run, served = steady(lambda: moved(folder, "--motion", "wave", "--for", str(SECONDS)))
    report.check(f"navigator, 34 joints on 13 buses, at {NAVIGATOR_RATE} Hz: the run ends as asked", run.code == 0, run.summary)
    check_carried("navigator", run, served)
    shell("for i in {0..12}; do ip link del can$i; done")


def lose(what, command, state, kind="bus_lost"):
    """A command hits the second bus while the robot is armed; the run must end in a fault stop that names it."""
    description = FOLDER / "small"

    def played():
        shell("ip link del vcan1 2>/dev/null || true; ip link add vcan1 type vcan; ip link set vcan1 mtu 72 up")
        with serve(description):
            run = Run(description)
            armed = until(lambda: packets("vcan1") > 300)
            shell(command)
            return run.finish(), armed

    run, armed = steady(played)
    buses, fault = run.report.get("buses", {}), run.report.get("fault", {})
    bus, other = buses.get("robstride_bus", {}), buses.get("damiao_bus", {})
    report.check(f"{what}: fault stop, exit code 1", armed and run.code == 1, f"{armed} {run.summary}")
    report.check(f"{what}: what happened is {kind}", fault.get("kind") == kind, fault.get("message"))
    report.check(f"{what}: the drives of the bus are lost, and no others",
                 fault.get("joints") == ["robstride"] and fault.get("buses") == ["robstride_bus"], fault.get("message"))
    if state is not None:
        report.check(f"{what}: the bus is {state}", bus.get("health", {}).get("state") == state, bus)
    report.check(f"{what}: the other bus goes on", other.get("lost", "") is None and
                 other.get("health", {}).get("state") == "error-active", other)
    return bus


def check_losses():
    lose("unplugged under the loop", "ip link del vcan1", "gone")
    bus = lose("taken down under the loop", "ip link set vcan1 down", "down")
    report.check("taken down: nothing more is sent", bus.get("unsent_frames", 0) > 0, bus)
    bus = lose("a queue that is full", "tc qdisc add dev vcan1 root netem delay 5s limit 3", None, "bus_queue_full")
    report.check("a queue that is full: what found no room is counted",
                 bus.get("health", {}).get("queue_full_frames", 0) > 0 and bus.get("unsent_frames", 0) > 0, bus)
    shell("tc qdisc del dev vcan1 root")


def check_bus_off():
    virtual("wire0", mtu=16)
    twin = robot("twin", {"damiao": "vcan0", "robstride": "wire0"}, rate=SMALL_RATE)

    def played(before=()):
        bridge = Bridge("wire0")
        bridge.up()
        description = robot("slcan", {"damiao": "vcan0", "robstride": bridge.adapter.name}, rate=SMALL_RATE)
        with serve(twin):
            run = Run(description, before=before)
            armed = until(lambda: bridge.heard > 200)
            bridge.adapter.say("sw000100")
            time.sleep(0.3)
            # The adapter no longer takes what the host sends, so that commands wait; then it goes off the bus.
            bridge.adapter.is_stalled = True
            time.sleep(0.1)
            bridge.adapter.say("sb000256")
            run.finish()
            # What the terminal held when the adapter stopped had left the kernel's CAN already.
            bridge.adapter.is_stalled = False
            time.sleep(0.5)
            heard = bridge.heard
            shell(f"ip link set {bridge.adapter.name} up")
            time.sleep(0.5)
            late = bridge.heard - heard
        bridge.close()
        return run, armed, late

    run, armed, late = steady(played)
    bus = run.report.get("buses", {}).get("robstride_bus", {})
    health = bus.get("health", {})
    report.check("bus-off: fault stop, exit code 1", armed and run.code == 1, f"{armed} {run.summary}")
    report.check("bus-off: the bus is bus-off, its counters are told", bus.get("lost") == "bus-off" and
                 health.get("bus_offs") == 1 and health.get("transmit_errors") == 100, health)
    report.check("bus-off: commands that waited are dropped", health.get("waiting_commands") == "dropped", health)
    report.check("bus-off: and not sent when the bus is up again", late == 0, f"{late} after it")
    run, armed, _ = steady(lambda: played(("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")))
    health = run.report.get("buses", {}).get("robstride_bus", {}).get("health", {})
    report.check("bus-off without the right to drop what waits: fault stop, and said", armed and run.code == 1 and
                 health.get("state") == "bus-off" and health.get("waiting_commands") == "kept", f"{health} {run.summary}")


def check_recovery():
    """Bus-off under the loop, commands waiting in the kernel's queue; then the adapter works again and somebody types arm."""
    twin = FOLDER / "twin"

    def played(word="arm"):
        bridge = Bridge("wire0")
        bridge.up()
        description = robot("slcan", {"damiao": "vcan0", "robstride": bridge.adapter.name}, rate=SMALL_RATE)
        flags = pathlib.Path(f"/sys/class/net/{bridge.adapter.name}/flags")
        with serve(twin) as served:
            run = Asked(description, "--for", "2")
            run.answer("arm")  # before anybody asked: does not count
            armed = until(lambda: bridge.heard > 200)
            bridge.adapter.is_stalled = True
            time.sleep(0.1)
            bridge.adapter.say("sb000256")
            # The loop has ended and the interface was taken down: what it held is dropped, what the terminal held comes now.
            down = until(lambda: int(flags.read_text(), 16) & 1 == 0)
            mark = len(bridge.lines)
            bridge.adapter.is_stalled = False
            asked = until(lambda: "HELD" in run.errors or run.process.poll() is not None) and "HELD" in run.errors
            quiet = packets("vcan0")
            time.sleep(0.5)
            quiet = packets("vcan0") - quiet
            if asked:
                run.answer(word)
            run.finish()
        lines = bridge.lines[mark:]
        bridge.close()
        return run, armed and down, asked, quiet, lines, served

    run, armed, asked, quiet, lines, served = steady(played)
    report.check("recovery: the bus is brought back, and somebody is asked", armed and asked, run.errors[-600:])
    report.check("recovery: nothing is sent on any bus while nobody has answered", quiet == 0, quiet)
    report.check("recovery: armed again by command, and to its end", run.code == 0 and run.report.get("outcome") == "completed",
                 run.summary)
    recoveries = run.report.get("recoveries", [])
    report.check("recovery: told in the report", len(recoveries) == 1 and
                 recoveries[0]["kind"] in ("bus_lost", "bus_queue_full") and
                 list(recoveries[0]["buses"]) == ["robstride_bus"], recoveries)
    bus = run.report.get("buses", {}).get("robstride_bus", {})
    report.check("recovery: the bus is error-active again, and was bus-off once", bus.get("health", {}).get("state") == "error-active" and
                 bus["health"]["bus_offs"] == 1 and bus["lost"] is None and bus["given_up"] is None, bus)
    # Communication type 1 of RobStride is the command of the loop; bring-up begins with type 4, which clears and stops.
    frames = []
    if b"C" in lines:
        frames = [line for line in lines[lines.index(b"C"):] if line[:1] == b"T"]
    kinds = [int(line[1:9], 16) >> 24 for line in frames]
    report.check("recovery: no command from before the loss leaves after it", len(kinds) > 200 and kinds[0] == 4 and
                 1 in kinds, f"{kinds[:12]} of {len(kinds)}, {lines[:3]}")
    report.check("recovery: the drives are off at the end",
                 all(drive["mode"] == "disabled" for drive in served.summary["drives"].values()), served.summary["drives"])
    run, armed, asked, *_ = steady(lambda: played("yes"))
    report.check("recovery: any other word ends the run, exit code 1", armed and asked and run.code == 1 and
                 run.report.get("outcome") == "fault", run.summary)


def check_refusals():
    bridge = Bridge("wire0")
    name = bridge.adapter.name
    description = robot("refused", {"robstride": name}, rate=SMALL_RATE)
    for what, prepare, words in (
            ("down", "true", f"{name} is down"),
            ("another bit rate", f"ip link set {name} type can bitrate 500000; ip link set {name} up", "runs at 500000 bit/s"),
            ("a queue too short", f"ip link set {name} down; ip link set {name} type can bitrate 1000000; "
             f"ip link set {name} txqueuelen 2 up", "has a queue of 2 frames")):
        shell(prepare)
        run = Run(description, "--for", "1").finish()
        report.check(f"an interface with {what} is refused before anything moves", run.code == 3 and words in run.errors, run.errors)
    bridge.close()
    classic = robot("classic", {"damiao": "wire0"}, rate=SMALL_RATE)
    run = Run(classic, "--for", "1").finish()
    report.check("CAN FD on an interface without is refused", run.code == 3 and "without CAN FD" in run.errors, run.errors)
    run = Run(robot("absent", {"robstride": "nosuch0"}), "--for", "1").finish()
    report.check("an interface that is not there is refused", run.code == 3 and "there is no interface nosuch0" in run.errors, run.errors)


for check in (check_small, check_calls, check_navigator, check_losses, check_bus_off, check_recovery, check_refusals):
    begin = time.monotonic()
    check()
    print(f"{check.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
report.close()
