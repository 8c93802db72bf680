"""An interface plugged in and pulled out again and again, in the guest, while Tests/HotplugStress has it open and watches: each is seen
and each is lost, and nothing is left over. In QEMU PCI cards, and the thread sanitizer looks on. Ends with a sum.

SINEW_VM_PLUGS: how often; without, 1000 times, a controller 60 times. Tests/VM/run asks for 10,000 in virtual time.
HOTPLUG_STRESS: the program that Tests/HotplugStress is built into; HOTPLUG_TSAN the same with the thread sanitizer.
"""
import json
import os
import pathlib
import re
import time

from plug import CANFAULT, MONITOR, Cards, Lines, Netlink, bound
from robot_bench import environment, until
from shim import shell

from report import Report

report = Report()
HAS_FAULTS, HAS_CARDS = CANFAULT.exists(), MONITOR.exists()
PLUGS = environment("SINEW_VM_PLUGS", 60 if HAS_FAULTS else 1000)


class VirtualPlug:
    """A virtual interface of one name."""
    name = "stress0"

    def __init__(self):
        self._netlink = Netlink()

    def plug(self):
        self._netlink.add(self.name)

    def pull(self):
        self._netlink.remove(self.name)


class FaultPlug:
    """One of canfault's controllers, taken up as soon as it is there."""
    name = "can0"

    def __init__(self):
        bound()

    def plug(self):
        (CANFAULT / "bind").write_text("canfault.0")
        shell("ip link set can0 up type can bitrate 1000000 dbitrate 5000000 fd on")

    def pull(self):
        (CANFAULT / "unbind").write_text("canfault.0")


class CardPlug(Cards):
    """A PCI card, taken up as soon as it is there; `name` is the interface it becomes, the emulator's own being can0 and can1."""
    name = "can2"

    def plug(self):
        super().plug()
        there = pathlib.Path("/sys/class/net/can2").exists
        until(lambda: until(there, 1) or self.push(), 60)
        shell("ip link set can2 up type can bitrate 1000000")


def heard(stress, expected, limit):
    """Whether a program says all of it, in any order, and nothing else."""
    left = set(expected)
    while left:
        line = stress.next(limit)
        if line not in left:
            print(f"# heard {line}, expected {left}", flush=True)
            return False
        left.discard(line)
    return True


def cycles(program, plug, count, environment=None, limit=20.0):
    """Plugs and pulls in step with the program, so often: how often it went well, and what the program said."""
    done = 0
    plug.plug()
    with Lines(program, plug.name, "kernel", environment=environment) as stress:
        if stress.until("watching", limit) is None:
            return 0, {}, stress.finish()[1]
        # What was there when it began to watch is not back.
        expected = {"open"}
        while heard(stress, expected, limit):
            plug.pull()
            if not heard(stress, {"gone", "lost"}, limit):
                break
            done += 1
            if done == count:
                break
            plug.plug()
            expected = {"open", "back"}
        lines, errors = stress.finish()
        told = next((json.loads(line) for line in lines if line.startswith("{")), {})
        return done, told, errors


def check_cycles(what, plug):
    begin = time.monotonic()
    done, told, errors = cycles(os.environ["HOTPLUG_STRESS"], plug, PLUGS)
    took = time.monotonic() - begin
    report.check(f"{done} times {what} plugged in and pulled out under an open socket, in {took:.0f} s: each seen, each lost",
                 done == PLUGS and told.get("opened") == told.get("lost") == done, f"{done} {told} {errors[-500:]}")
    settled, end = told.get("settled", {}), told.get("end", {})
    report.check(f"no descriptor more than after 50 ({end.get('descriptors')})",
                 0 < settled.get("descriptors", 0) == end.get("descriptors", -1), told)
    grown, resident = (end.get(key, 1 << 40) - settled.get(key, 0) for key in ("heap", "resident"))
    report.check(f"the heap holds {grown} bytes more than after 50 of {settled.get('heap')}, {resident >> 10} KiB more are resident",
                 grown <= 4096 and resident <= 2 << 20, told)


def check_sanitizer():
    program = os.environ["HOTPLUG_TSAN"]
    options = {"TSAN_OPTIONS": "exitcode=66 halt_on_error=0"}
    card = CardPlug()
    done, told, errors = cycles(program, card, 5, options, 60)
    report.check(f"thread sanitizer: {done} PCI cards plugged in and pulled out, no data race", done == 5 and
                 "WARNING: ThreadSanitizer" not in errors and told.get("lost") == done, f"{done} {told} {errors[-2000:]}")
    card.plug()
    stress = Lines(program, "can2", "kernel", "--broken", environment=options)
    stress.until("open", 60)
    card.pull()
    heard(stress, {"gone", "lost"}, 60)
    time.sleep(1)  # the loop's side goes on writing
    _, errors = stress.finish()
    report.check("thread sanitizer: a value shared without a lock is reported", re.search("WARNING: ThreadSanitizer: .* race", errors),
                 errors[-500:])


if HAS_CARDS:
    check_sanitizer()
elif "HOTPLUG_STRESS" not in os.environ:
    print("left out: HotplugStress is not built; type: swift build --product HotplugStress", flush=True)
elif HAS_FAULTS:
    check_cycles("a controller", FaultPlug())
else:
    check_cycles("a virtual interface", VirtualPlug())
report.close()
