"""What a cycle takes from a bus and what it gives, inside the guest: bounded calls, own frames that come back, who stamps, and
what `sinew` says of it. On virtual interfaces, and where it is loaded on the project's own controllers (canfault): those stamp.
Ends with a sum.
"""
import errno
import json
import os
import pathlib
import random
import statistics
import subprocess
import threading
import time

from robot_bench import EFF, SINEW, Run, packets, robot, serve, steady, until, virtual
from shim import EXTENDED, FD, FRAME_COST, LIBRARY, SWITCH, Bus, Filter, drain, frame, raw, shell

from report import Report

report = Report()
random.seed(20261129)
CONTROLLERS = pathlib.Path("/sys/class/net/can0/fault").exists()
SECOND = 10**9


def plain(identifier, value=0):
    """A frame of 8 bytes as a plain socket sends it."""
    return identifier.to_bytes(4, "little") + bytes([8, 0, 0, 0]) + value.to_bytes(8, "little")


def shortest(name):
    """Time that any frame takes on an interface's wire at least [ns]; in a guest of virtual time a virtual one takes none."""
    return 0 if name.startswith("v") else 10000


def check_bounded_calls():
    bus, peer = Bus("vcan0", receive_bytes=512 * FRAME_COST), raw("vcan0")
    report.check("a call that takes everything leaves nothing behind", bus.receive(16) == [] and bus.stamps.overrun == 0)
    sizes, numbers, times = [], [], []
    for number in range(100):
        peer.send(plain(0x100, number))
    sent = LIBRARY.servo_clock_now()
    time.sleep(0.05)
    for _ in range(8):
        frames = bus.receive(16)
        sizes.append(len(frames))
        numbers += [int.from_bytes(bytes(f.data[:8]), "little") for f in frames]
        times += [f.time_ns for f in frames]
        time.sleep(0.01)
    report.check("a bus that babbles gives a call what it asks for, and the rest to the next ones",
                 sizes == [16] * 6 + [4, 0] and numbers == list(range(100)), sizes)
    report.check("what was left is counted, each frame once", bus.stamps.overrun == 84, bus.stamps.overrun)
    report.check("and keeps the instant at which it came", times == sorted(times) and times[-1] <= sent + SECOND // 100,
                 f"{(times[-1] - sent) / 1e6:.1f} ms behind")
    peer.send(plain(0x100, 100))
    fresh = []
    until(lambda: fresh.extend(bus.receive(16)) or fresh)
    report.check("what comes later is not counted", len(fresh) == 1 and bus.stamps.overrun == 84 and bus.health.received == 101)
    bus.close()
    peer.close()


def exchange_random(bus, peer, flexible):
    """Frames sent in batches and looked at by both ends; how many batches went wrong, and how many frames were sent."""
    wrong = sent = 0
    for _ in range(100):
        frames = []
        for _ in range(random.randint(1, 40)):
            extended = random.random() < 0.5
            flags = (EXTENDED if extended else 0) | (random.choice([0, FD, FD | SWITCH]) if flexible else 0)
            frames.append(frame(random.getrandbits(29 if extended else 11), random.randbytes(random.choice([0, 3, 8])), flags))
        sent += bus.send(frames)
        answers = [plain(random.choice([0x281, 0x282]), number) for number in range(10)]
        for answer in answers:
            peer.send(answer)
        wanted = [answer for answer in answers if answer[0] == 0x81]
        heard = []
        arrived = until(lambda heard=heard, wanted=wanted, sent=sent: heard.extend(bus.receive(256)) or
                        (len(heard) >= len(wanted) and bus.confirmation.confirmed == sent))
        # Own frames are no answers, whatever their identifiers are.
        wrong += not arrived or [f.id for f in heard] != [0x281] * len(wanted)
        wrong += len(drain(peer)) != len(frames)
        if wrong:
            break
    return wrong, sent


def check_confirmation_on(name, flexible):
    bus = Bus(name, [Filter(0x281, 0x7FF, 0)], flexible=flexible, receive_bytes=512 * FRAME_COST, confirm_ns=SECOND)
    peer = raw(name)
    report.check(f"{name}: a bus that asks for it opens", bus.error == 0, bus.error)
    wrong, sent = exchange_random(bus, peer, flexible)
    told = bus.confirmation
    report.check(f"{name}: every frame comes back and is told from the drives' answers, which pass as they should",
                 wrong == 0 and told.confirmed == sent > 1000 and told.outstanding == told.unconfirmed == told.strange == 0,
                 f"{wrong} wrong; {told.confirmed} of {sent}, {told.strange} strange")
    report.check(f"{name}: how long they took is told", shortest(name) <= told.latency_p50_ns <= told.latency_p99_ns <= told.latency_max_ns < SECOND,
                 f"{told.latency_p50_ns} {told.latency_p99_ns} {told.latency_max_ns}")
    bus.close()
    peer.close()
    # All identifiers pass here: what was sent must not, although the interface gives it back.
    bus, silent = Bus(name, confirm_ns=SECOND), Bus(name)
    for opened in (bus, silent):
        opened.send([frame(0x281, b"\1")])
    heard = []
    until(lambda: heard.extend(bus.receive()) or bus.confirmation.confirmed == 1)
    until(lambda: heard.extend(silent.receive()) or len(heard) == 2)
    # Two sockets of one host hear each other, and neither itself.
    report.check(f"{name}: own frames are never passed on, those of another socket are", len(heard) == 2 and
                 bus.confirmation.confirmed == 1 and silent.confirmation is None, f"{len(heard)} {bus.confirmation.confirmed}")
    bus.close()
    silent.close()


def check_delayed_queue():
    shell("tc qdisc add dev vcan0 root netem delay 100ms limit 64")
    bus = Bus("vcan0", confirm_ns=SECOND // 100)
    bus.send([frame(number, b"\1") for number in range(20)])
    time.sleep(0.03)
    bus.receive()
    early = bus.confirmation
    report.check("on a virtual interface the kernel gives frames back when it takes them, not when they leave the queue",
                 early.confirmed == 20, early.confirmed)
    bus.close()
    shell("tc qdisc del dev vcan0 root")


def check_offers():
    offered = {name: LIBRARY.servo_can_offers_hardware_stamps(name.encode()) for name in ("vcan0", "lo", "nosuch0")}
    report.check("a virtual interface has no stamps of its own, and one that is not there none at all",
                 offered == {"vcan0": 0, "lo": 0, "nosuch0": -errno.ENODEV}, offered)
    bus, peer = Bus("vcan0"), raw("vcan0")
    peer.send(plain(1))
    until(bus.receive)
    stamps = bus.stamps
    report.check("frames there have the kernel's instants", (stamps.is_hardware_offered, stamps.hardware, stamps.kernel, stamps.neither)
                 == (0, 0, 1, 0), stamps.kernel)
    bus.close()
    peer.close()


def check_reports(interface, source):
    """The loop on a bus that asks for confirmation, and on one that does not."""
    description = robot("confirmed" + interface, {"damiao": interface, "robstride": "vcan1"}, rate=50)
    path = description / "robot.yaml"
    path.write_text(path.read_text().replace("dbitrate: 5000000", "dbitrate: 5000000, confirm: true"))
    twin = robot("answers" + interface, {"damiao": "can1" if interface == "can0" else interface, "robstride": "vcan1"}, rate=50)

    def played():
        with serve(twin):
            return Run(description, "--for", "1").finish(),

    run, = steady(played)
    bus = run.report.get("buses", {}).get("damiao_bus", {})
    told, stamps = bus.get("confirmation") or {}, bus.get("stamps") or {}
    # Nobody looks for the command of the last cycle any more.
    came = told.get("confirmed_frames", 0)
    report.check(f"{interface}: a run says what came back", run.code == 0 and 50 < came == bus.get("sent_frames", 0) - 1 and
                 told.get("outstanding_frames") == 1 and told.get("latency_max_ns", -1) >= shortest(interface), f"{told} {bus.get('sent_frames')} {run.summary}")
    other = run.report.get("buses", {}).get("robstride_bus", {})
    report.check(f"{interface}: a bus that does not ask has no confirmation", "confirmation" in other and other["confirmation"] is None)
    report.check(f"{interface}: a run says who stamped: {source}", stamps.get("source") == source, stamps)
    report.check(f"{interface}: a run says how far the samples of a cycle are apart",
                 shortest(interface) <= run.report.get("sample_skew_p50_ns", -1) <= run.report.get("sample_skew_max_ns", -1), run.report.get("sample_skew_max_ns"))
    report.check(f"{interface}: nothing was left to a later cycle", bus.get("overrun_frames") == 0, bus.get("overrun_frames"))
    output = subprocess.run([SINEW, "can", "stat", interface, "--json"], capture_output=True, text=True, timeout=60).stdout
    report.check(f"{interface}: sinew can stat says who stamps",
                 json.loads(output)["interfaces"][interface].get("stamps") == source, output[-200:])


class Babbler:
    """Sends what passes the filter of a RobStride drive on an interface, three hundred frames every five milliseconds."""

    def __init__(self, name):
        self._bus = raw(name)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)
        self._thread.start()

    def _speak(self):
        while not self._is_over.wait(0.005):
            for number in range(300):
                try:
                    self._bus.send(plain(EFF | 0x1F000201, number))
                except OSError:
                    break

    def close(self):
        self._is_over.set()
        self._thread.join()
        self._bus.close()


def check_babbling():
    """The loop while one of its buses babbles: its drive is lost behind the frames, the other bus and the cycle mind nothing."""
    description = robot("babbled", {"damiao": "vcan0", "robstride": "vcan1"}, rate=100)
    with serve(description):
        run = Run(description, "--for", "5")
        armed = until(lambda: packets("vcan0") > 200)
        babbler = Babbler("vcan1")
        run.finish()
        babbler.close()
    buses, fault = run.report.get("buses", {}), run.report.get("fault") or {}
    bus, other = buses.get("robstride_bus", {}), buses.get("damiao_bus", {})
    report.check("a bus that babbles is held to its share, what is over is counted", armed and bus.get("overrun_frames", 0) > 100, bus)
    report.check("its drive is lost behind it, and no other", run.code == 1 and fault.get("joints") == ["robstride"],
                 f"{fault.get('message')} {run.summary}")
    report.check("no answer of the other bus is late, and no deadline missed", other.get("late_answers") == 0 and
                 other.get("overrun_frames") == 0 and run.report.get("deadline_misses") == 0,
                 f"{other} {run.report.get('deadline_misses')}")


# Controllers that stamp

def settings(state):
    for name in ("can0", "can1"):
        shell(f"ip link set {name} down; ip link set {name} txqueuelen 256 {state}; ip link set {name} up")


def check_controllers_stamps():
    """Frames stamped by a counter of another epoch that runs 80 millionths fast."""
    bus, peer = Bus("can0", flexible=True, receive_bytes=512 * FRAME_COST), raw("can1")
    late, count, before = [], 0, 0
    end = time.monotonic() + 4
    while time.monotonic() < end:
        handed = LIBRARY.servo_clock_now()
        peer.send(plain(count & 0x7FF, count))
        time.sleep(random.uniform(0.0005, 0.004))
        begin = LIBRARY.servo_clock_now()
        for got in bus.receive():
            count += 1
            late.append(got.time_ns - handed)
            if not (before <= got.time_ns <= LIBRARY.servo_clock_now()) or got.time_ns < handed:
                report.check("instants are in order, behind the sending and before now", False, f"{got.time_ns} {handed} {before}")
            before = got.time_ns
    stamps = bus.stamps
    report.check("the controller's stamps are taken where it offers them", stamps.is_hardware_offered == 1 and
                 stamps.hardware == count > 300 and stamps.kernel == stamps.neither == 0, f"{stamps.hardware} of {count}")
    # A frame of 8 bytes takes 111 us there; of its instant nothing is later than the kernel's, and the least delay counts.
    report.check("they are carried over to the loop's clock: in order, after sending, never lost", stamps.restarts == 0 and
                 111000 < statistics.median(late) < 3 * SECOND // 1000, f"{statistics.median(late)} {stamps.restarts}")
    print(f"# on the wire {statistics.median(late) / 1000:.0f} us after sending (median); the kernel's stamp up to "
          f"{stamps.latest_ns / 1000:.0f} us later than the controller's", flush=True)
    bus.close()
    peer.close()


def check_stalled_controller():
    bus, peer = Bus("can0", confirm_ns=SECOND // 100), raw("can1")
    (pathlib.Path("/sys/class/net/can0/fault")).write_text("stall 1")
    sent = bus.send([frame(number, b"\1") for number in range(8)])
    time.sleep(0.05)
    bus.receive()
    told = bus.confirmation
    report.check("what a controller does not send is unconfirmed", sent == 8 and told.confirmed == 0 and
                 told.unconfirmed == told.most_unconfirmed == told.outstanding == 8, f"{told.confirmed} {told.unconfirmed}")
    (pathlib.Path("/sys/class/net/can0/fault")).write_text("stall 0")
    until(lambda: bus.receive() or bus.confirmation.outstanding == 0)
    told = bus.confirmation
    report.check("and confirmed when it does", told.confirmed == 8 and told.unconfirmed == 8 and
                 told.latency_max_ns > 50 * 10**6 and len(drain(peer)) == 8, f"{told.confirmed} {told.latency_max_ns}")
    bus.close()
    peer.close()


shell("ip link del vcan0 2>/dev/null || true; ip link del vcan1 2>/dev/null || true")
virtual("vcan0", "vcan1")
ONLY_SHIM = "SINEW_VM_ONLY_SHIM" in os.environ
checks = [check_offers, check_bounded_calls, lambda: check_confirmation_on("vcan0", True), check_delayed_queue,
          *([] if ONLY_SHIM else [lambda: check_reports("vcan0", "kernel")])]
if CONTROLLERS:
    settings("type can bitrate 1000000 dbitrate 5000000 fd on restart-ms 0")
    checks = [lambda: check_confirmation_on("can0", True), check_controllers_stamps, check_stalled_controller, check_babbling,
              lambda: check_reports("can0", "hardware")]
for check in checks:
    begin = time.monotonic()
    check()
    print(f"# {time.monotonic() - begin:.1f} s", flush=True)
report.close()
