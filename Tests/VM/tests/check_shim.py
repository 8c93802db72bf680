"""CServoBus on the kernel's CAN, inside the guest: frames, filters, instants, full queues, states, unplug. Ends with a sum."""
import ctypes
import errno
import os
import random
import socket
import time

from shim import (ACTIVE, BUS_OFF, DOWN, ERROR, EXTENDED, FD, FRAME_COST, GONE, INDICATOR, LIBRARY, PASSIVE, REMOTE, SWITCH,
                  WARNING, Bus, Filter, Rates, drain, frame, link, raw, shell)
from slcan_adapter import Adapter
from report import Report

report = Report()
random.seed(20261128)
EFF, RTR = 0x80000000, 0x40000000
FD_LENGTHS = [*range(9), 12, 16, 20, 24, 32, 48, 64]


def until(holds, limit=1.0):
    """Waits until something holds, at most `limit` seconds; whether it does."""
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


def collect(bus, count):
    """At least `count` frames, or what a second brings: the kernel passes frames on when it finds time."""
    frames = []
    until(lambda: frames.extend(bus.receive()) or len(frames) >= count)
    return frames


def settled(bus):
    """The bus's health after what has arrived was taken."""
    bus.receive()
    return bus.health


def random_frame(flexible):
    extended = random.random() < 0.5
    identifier = random.getrandbits(29 if extended else 11)
    flags = EXTENDED if extended else 0
    if flexible and random.random() < 0.5:
        length = random.choice(FD_LENGTHS)
        flags |= FD | random.choice([0, SWITCH])
    else:
        length = random.randint(0, 8)
    return frame(identifier, random.randbytes(length), flags)


def as_raw(made):
    """A frame as a plain socket gives it."""
    flexible = bool(made.flags & FD)
    switch = 1 if made.flags & SWITCH else 0
    return made.id | (EFF if made.flags & EXTENDED else 0), made.length, (switch, flexible), bytes(made.data[:made.length])


def check_opening():
    shell("ip link add down0 type vcan; ip link add classic0 type vcan; ip link set classic0 mtu 16 up")
    for name, options, expected in (
            ("nosuch0", {}, errno.ENODEV), ("averyveryverylongname", {}, errno.ENODEV), ("lo", {}, errno.EPROTOTYPE),
            ("down0", {}, errno.ENETDOWN), ("classic0", {"flexible": True}, errno.EMSGSIZE)):
        bus = Bus(name, **options)
        report.check(f"opening {name} says {errno.errorcode[expected]}", bus.error == -expected, bus.error)
    bus = Bus("classic0")
    report.check("a classic interface opens for classic frames", bus.error == 0, bus.error)
    bus.close()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(1000):
        bus = Bus("classic0")
        bus.close()
        Bus("down0")
    after = len(os.listdir("/proc/self/fd"))
    report.check("1000 openings, and as many refused, leave no descriptor", before == after, f"{before} {after}")


def check_exchange():
    bus, peer = Bus("vcan0", flexible=True, receive_bytes=512 * FRAME_COST), raw("vcan0")
    wrong = 0
    for _ in range(200):
        frames = [random_frame(True) for _ in range(random.randint(1, 150))]
        sent = bus.send(frames)
        there = [(i, length, (flags & 1, flexible), data) for i, length, flags, data, flexible in drain(peer)]
        wrong += sent != len(frames) or there != [as_raw(made) for made in frames]
    report.check("200 batches of up to 150 random frames go out unchanged", wrong == 0, wrong)
    wrong = 0
    begin = LIBRARY.servo_clock_now()
    for _ in range(200):
        frames = [random_frame(True) for _ in range(random.randint(1, 150))]
        for made in frames:
            identifier, length, (switch, flexible), data = as_raw(made)
            peer.send(identifier.to_bytes(4, "little") + bytes([length, switch, 0, 0]) + data.ljust(64 if flexible else 8, b"\0"))
        time.sleep(0.001)
        early = LIBRARY.servo_clock_now()
        back = collect(bus, len(frames))
        now = LIBRARY.servo_clock_now()
        times = [made.time_ns for made in back]
        wrong += [made.key() for made in back] != [made.key() for made in frames]
        wrong += times != sorted(times) or times[0] < begin or times[-1] > now
        # Taken from the kernel's stamps: the frames were there before they were asked for.
        wrong += times[0] >= early
        begin = early
    report.check("200 batches come in unchanged, in order, with the kernel's instants", wrong == 0, wrong)
    for there, back_again in (("+1 hour", "-2 hours"), ("-1 hour", "+2 hours")):
        bus.receive()
        begin = LIBRARY.servo_clock_now()
        shell(f"date -s '{there}' >/dev/null")
        peer.send((0x10).to_bytes(4, "little") + bytes(12))
        shell(f"date -s '{back_again}' >/dev/null")
        back = collect(bus, 1)
        report.check(f"setting the wall clock by {back_again} between frame and call leaves the instant within the two calls",
                     len(back) == 1 and begin - 10**7 <= back[0].time_ns <= LIBRARY.servo_clock_now(), [f.time_ns - begin for f in back])
        shell(f"date -s '{there}' >/dev/null")
    health = bus.health
    report.check("all of it is counted", health.received == LIBRARY.servo_can_get_health(bus.handle).received > 1000 and
                 health.refused == health.overflowed == health.ignored == 0 and health.state == ACTIVE, health.received)
    peer.send((0x123 | RTR).to_bytes(4, "little") + bytes(12))
    report.check("a remote frame is counted and not passed on", until(lambda: bus.receive() == [] and bus.health.ignored == 1))
    monitor = Bus("vcan0", monitor=True)
    peer.send((0x123 | RTR).to_bytes(4, "little") + bytes([5]) + bytes(11))
    seen = collect(monitor, 1)
    report.check("a monitor sees it, at the time of day", len(seen) == 1 and seen[0].flags == REMOTE and seen[0].length == 5
                 and abs(seen[0].time_ns - time.time_ns()) < 10**9)
    for opened in (bus, monitor, peer):
        opened.close()


def check_filters():
    filters = [Filter(0x281, 0x7FF, 0), Filter(0x18000000, 0x1F000000, 1)]
    bus, peer = Bus("vcan0", filters), raw("vcan0")
    expected = 0
    for _ in range(3000):
        extended = random.random() < 0.5
        identifier = random.choice([0x281, 0x280, 0x18000000 | random.getrandbits(24), random.getrandbits(29)])
        identifier &= 0x1FFFFFFF if extended else 0x7FF
        remote = RTR if random.random() < 0.2 else 0
        passes = (identifier & 0x1F000000 == 0x18000000) if extended else identifier == 0x281
        expected += passes and not remote
        peer.send((identifier | remote | (EFF if extended else 0)).to_bytes(4, "little") + bytes(12))
        if random.random() < 0.05:
            bus.receive()
    until(lambda: settled(bus).received == expected)
    report.check("filters let through what they name and nothing else", bus.health.received == expected > 100 and
                 bus.health.ignored == 0, f"{bus.health.received} of {expected}")
    bus.close()
    peer.close()


def check_overflow():
    bus, peer = Bus("vcan0", receive_bytes=16 * FRAME_COST), raw("vcan0")
    for flood in (1, 2):
        for number in range(1000):
            peer.send((number & 0x7FF).to_bytes(4, "little") + bytes(12))
        time.sleep(0.1)
        first = bus.receive()
        before = bus.health.received
        peer.send((1).to_bytes(4, "little") + bytes(12))  # the kernel tells its count with the next frame
        until(lambda before=before: settled(bus).received > before)
        health = bus.health
        report.check(f"what finds the buffer full is counted, each frame once, the flood number {flood}",
                     16 <= len(first) < 100 and health.received + health.overflowed == flood * 1001,
                     f"{health.received} {health.overflowed}")
    bus.close()
    peer.close()


def check_full_queue():
    shell("ip link add slow0 type vcan; ip link set slow0 mtu 72 up; tc qdisc add dev slow0 root netem delay 100ms limit 5")
    bus, peer = Bus("slow0"), raw("slow0")
    sent = bus.send([frame(number) for number in range(1, 21)])
    health = bus.health
    report.check("a full queue drops and counts the rest", sent == 5 and health.sent == 5 and health.refused == 15
                 and health.send_error == errno.ENOBUFS, f"{sent} {health.refused} {health.send_error}")
    time.sleep(0.3)
    arrived = [identifier for identifier, *_ in drain(peer)]
    report.check("what was dropped is never sent", arrived == [1, 2, 3, 4, 5], arrived)
    report.check("when it has drained, sending goes on", bus.send([frame(0x55)]) == 1 and bus.health.state == ACTIVE)
    bus.close()
    peer.close()
    shell("ip link del slow0")


def check_down_and_gone():
    shell("ip link add plug0 type vcan; ip link set plug0 up")
    bus, peer = Bus("plug0"), raw("plug0")
    shell("ip link set plug0 down")
    report.check("an interface taken down is noticed by receiving", settled(bus).state == DOWN == bus.health.lost)
    report.check("on it nothing is sent", bus.send([frame(1), frame(2)]) == 0 and bus.health.withheld == 2)
    shell("ip link set plug0 up")
    peer.close()
    peer = raw("plug0")
    bus.send([frame(3)])
    peer.send((4).to_bytes(4, "little") + bytes(12))
    passed = []
    ignored = until(lambda: passed.extend(bus.receive()) or bus.health.ignored == 1)
    sent = drain(peer)
    report.check("nor passed on when it is up again: the bus stays lost", passed == [] and sent == [] and ignored
                 and bus.health.withheld == 3,
                 f"{len(passed)} {sent} {bus.health.withheld} {bus.health.ignored}")
    bus.close()
    bus = Bus("plug0")
    shell("ip link set plug0 down")
    bus.send([frame(1)])
    report.check("an interface taken down is noticed by sending", bus.health.state == DOWN, bus.health.state)
    bus.close()
    shell("ip link set plug0 up")
    bus = Bus("plug0")
    shell("ip link del plug0")
    report.check("unplugged under an open socket: gone", settled(bus).state == GONE, bus.health.state)
    report.check("and stays so", bus.receive() == [] and bus.send([frame(1)]) == 0 and bus.health.withheld == 1)
    bus.close()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        shell("ip link add plug0 type vcan; ip link set plug0 up")
        bus = Bus("plug0")
        shell("ip link del plug0")
        bus.receive()
        if bus.health.state != GONE:
            report.check("each of 10 unplugs is noticed", False, bus.health.state)
        bus.close()
    report.check("10 unplugs leave no descriptor", before == len(os.listdir("/proc/self/fd")))


def check_states():
    adapter = Adapter()
    name = adapter.name.encode()
    code, found = link(adapter.name)
    report.check("an interface with a controller is read", code == 0 and found.kind == b"can" and found.has_controller == 1
                 and found.controller_state == 4 and not found.is_up, f"{code} {found.controller_state}")
    refused = LIBRARY.servo_can_link_set_rates(name, ctypes.byref(Rates(123456, 0, 0, 0)), 0)
    report.check("a bit rate its driver does not know is refused", refused < 0, refused)
    codes = (LIBRARY.servo_can_link_set_rates(name, ctypes.byref(Rates(1000000, 0, 0, 0)), 32),
             LIBRARY.servo_can_link_set_up(name, 1))
    told = adapter.commands()
    report.check("set to 1 Mbit/s and taken up", codes == (0, 0) and told == [b"C", b"S8", b"O"], f"{codes} {told}")
    code, found = link(adapter.name)
    report.check("as it then says itself", found.is_up == 1 and found.bit_rate == 1000000 and found.queue_length == 32
                 and found.controller_state == 0, f"{found.bit_rate} {found.queue_length}")
    bus = Bus(adapter.name)
    adapter.say("t1232ABCD")
    report.check("a frame of the adapter arrives", until(lambda: any(f.key() == (0x123, 0, b"\xab\xcd") for f in bus.receive())))
    for text, state, transmit, receive in (("sw000100", WARNING, 100, 0), ("sp000130", PASSIVE, 130, 0), ("sw110000", WARNING, 0, 110),
                                           ("sa005007", ACTIVE, 7, 5)):
        adapter.say(text)
        holds = until(lambda state=state: settled(bus).state == state)
        health = bus.health
        report.check(f"{text} is {('active', 'warning', 'passive')[state]}", holds, health.state)
    report.check("the worst of them is kept", bus.health.worst == PASSIVE and bus.health.lost == 0)
    report.check("error frames are counted and not passed on", bus.health.error_frames == 4 and bus.health.ignored == 0)
    adapter.commands()
    adapter.say("sb000256")
    report.check("bus-off is bus-off, and the bus is lost", until(lambda: settled(bus).lost == BUS_OFF) and bus.health.bus_offs == 1)
    report.check("from then on nothing reaches the adapter", bus.send([frame(1, b"\1")]) == 0 and bus.health.withheld == 1
                 and adapter.commands() == [])
    code, found = link(adapter.name)
    report.check("the kernel agrees", found.controller_state == 3 and found.bus_offs == 1, found.controller_state)
    report.check("its restart by hand is refused by this driver", LIBRARY.servo_can_link_restart(name) < 0)
    bus.close()
    LIBRARY.servo_can_link_set_up(name, 0)
    LIBRARY.servo_can_link_set_up(name, 1)
    report.check("down and up again mends it", link(adapter.name)[1].controller_state == 0)
    bus = Bus(adapter.name)
    adapter.is_stalled = True
    adapter.unplug()
    report.check("the terminal hangs up: gone", until(lambda: settled(bus).state == GONE))
    bus.close()


def check_stale_commands():
    adapter = Adapter()
    name = adapter.name.encode()
    LIBRARY.servo_can_link_set_rates(name, ctypes.byref(Rates(1000000, 0, 0, 0)), 64)
    LIBRARY.servo_can_link_set_up(name, 1)
    bus = Bus(adapter.name, send_bytes=8 * FRAME_COST)
    adapter.commands()
    adapter.is_stalled = True
    time.sleep(0.05)
    taken = sum(bus.send([frame(0x100 + number, bytes([number]))]) for number in range(60))
    report.check("the socket's buffer bounds how many commands can wait, with 64 places in the queue",
                 8 <= taken <= 16 and bus.health.refused == 60 - taken, f"{taken} taken")
    waiting = LIBRARY.servo_can_waiting(bus.handle)
    report.check("what waits in the queue is told", (taken - 2) * 3 * FRAME_COST // 4 <= waiting <= taken * FRAME_COST, waiting)
    adapter.say("sb000256")
    until(lambda: settled(bus).lost == BUS_OFF)
    report.check("on bus-off the interface can be taken down", LIBRARY.servo_can_link_set_up(name, 0) == 0)
    in_adapter = adapter.commands()
    adapter.is_stalled = False
    adapter.commands()
    LIBRARY.servo_can_link_set_up(name, 1)
    after = [command for command in adapter.commands() if command[:1] in (b"t", b"T")]
    report.check("and then nothing waits", LIBRARY.servo_can_waiting(bus.handle) == 0, LIBRARY.servo_can_waiting(bus.handle))
    report.check("and none of them is ever on the wire, also after it is up again", after == [], f"{in_adapter} {after}")
    bus.close()
    adapter.unplug()


def check_errors_of_links():
    report.check("an interface that is none", link("nosuch0")[0] == -errno.ENODEV)
    report.check("an interface that is not CAN", link("lo")[0] == -errno.EPROTOTYPE)
    code, found = link("vcan0")
    report.check("a virtual one has no controller", code == 0 and found.kind == b"vcan" and found.has_controller == 0
                 and found.maximum_unit == 72 and found.transmit_errors == -1)
    report.check("and no rates to set", LIBRARY.servo_can_link_set_rates(b"vcan0", ctypes.byref(Rates(1000000, 0, 0, 0)), 0)
                 == -errno.EOPNOTSUPP)


shell("ip link add vcan0 type vcan; ip link set vcan0 mtu 72 up")
for check in (check_opening, check_exchange, check_filters, check_overflow, check_full_queue, check_down_and_gone,
              check_errors_of_links, check_states, check_stale_commands):
    begin = time.monotonic()
    check()
    print(f"{check.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
report.close()
