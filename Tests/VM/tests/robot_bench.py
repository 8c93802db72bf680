"""Robots on the guest's CAN interfaces: one process simulates them, another moves them."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

from shim import raw, shell
from slcan_adapter import Adapter

from report import SINEW
from served_robot import Served, write_robot

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="sinew-vm-"))
EFF, RTR = 0x80000000, 0x40000000
#: How long to wait for a program [s]. In virtual time a guest's clock may run ahead while it waits for the host.
PATIENCE = 24 * 3600


def virtual(*names, mtu=72):
    """Makes virtual interfaces and takes them up."""
    for name in names:
        shell(f"ip link add {name} type vcan; ip link set {name} mtu {mtu} up")


def robot(name, interfaces, **settings):
    """A robot of `served_robot` in a folder of its own."""
    return write_robot(FOLDER / name, interfaces, **settings)


def serve(description):
    """`sinew simulate`, at ordinary priority: the loop goes first on the guest's one processor."""
    return Served(description, "--realtime", "off", patience=PATIENCE)


def command(description, *arguments):
    """What runs the loop."""
    return [SINEW, "run", str(description), "--target", "real", "--yes", "--realtime", "preferred", "--json",
            "--fault-file", "none", *arguments]


class Run:
    """`sinew run --target real` in the background; `report` is its JSON once it ended."""

    def __init__(self, description, *arguments, before=()):
        self.process = subprocess.Popen([*before, *command(description, *arguments)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, timeout=90):
        output, self.errors = self.process.communicate(timeout=timeout)
        self.code = self.process.returncode
        self.report = json.loads(output) if output.startswith("{") else {}
        return self

    @property
    def stall(self):
        """Longest time for which something kept the loop from running [s]; infinite where the simulation was kept from it: then
        no drive answers in time, on any bus."""
        lost = (self.report.get("fault") or {}).get("joints", [])
        if "no answer to" in self.errors or 1 < len(lost) == len(self.report.get("joints", ())):
            return float("inf")
        times = [stage["max_ns"] for stage in self.report.get("stages", {}).values()]
        return max(times, default=0) * 1e-9

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    @property
    def summary(self):
        """A few words for a check that failed."""
        fault = self.report.get("fault") or {}
        return f"code {self.code} {fault.get('message', '')} {self.errors[-300:]}"


class Asked(Run):
    """A run whose questions are answered: what it says on stderr is in `errors` while it says it."""

    def __init__(self, description, *arguments, before=()):
        self.process = subprocess.Popen([*before, *command(description, "--on-loss", "recover", *arguments)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.errors = ""
        self._output = b""
        self._threads = [threading.Thread(target=self._hear, daemon=True), threading.Thread(target=self._keep, daemon=True)]
        for thread in self._threads:
            thread.start()

    def _hear(self):
        while piece := os.read(self.process.stderr.fileno(), 4096):
            self.errors += piece.decode(errors="replace")

    def _keep(self):
        self._output = self.process.stdout.read()

    def answer(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def finish(self, timeout=90):
        self.code = self.process.wait(timeout=timeout)
        for thread in self._threads:
            thread.join()
        output = self._output.decode()
        self.report = json.loads(output) if output.startswith("{") else {}
        return self


def steady(scenario, tries=4):
    """What a scenario gives: its run, and whatever else. Played again, three times at most, when a busy host kept loop or simulation
    from running for half of a drive's watchdog: then the robot stops, and rightly."""
    for left in reversed(range(tries)):
        run, *rest = scenario()
        if run.stall < 0.05 or left == 0:
            return run, *rest
        print(f"# kept from running for {run.stall * 1000:.0f} ms: once more", flush=True)


class Bridge:
    """An slcan adapter whose bus is a virtual interface: what the host sends goes there, what is there comes to the host."""

    def __init__(self, interface):
        self.adapter = Adapter()
        self.interface = interface
        #: Frames of the host that came to the adapter so far.
        self.heard = 0
        #: All that the host sent, in its order: frames and the adapter's own commands.
        self.lines = []
        self._bus = raw(interface)
        self._bus.setblocking(True)
        self._bus.settimeout(0.02)
        self._is_over = False
        self.adapter.hear = self._hear
        self._thread = threading.Thread(target=self._speak, daemon=True)
        self._thread.start()

    def up(self, rate=1000000):
        shell(f"ip link set {self.adapter.name} type can bitrate {rate}; ip link set {self.adapter.name} txqueuelen 64 up")

    def _hear(self, line):
        kind = line[:1]
        self.lines.append(line)
        if kind not in (b"t", b"T"):
            return
        digits = 3 if kind == b"t" else 8
        identifier = int(line[1:1 + digits], 16) | (EFF if kind == b"T" else 0)
        length = line[1 + digits] - ord("0")
        data = bytes.fromhex(line[2 + digits:2 + digits + 2 * length].decode())
        self.heard += 1
        self._bus.send(identifier.to_bytes(4, "little") + bytes([length, 0, 0, 0]) + data.ljust(8, b"\0"))

    def _speak(self):
        while not self._is_over:
            try:
                frame = self._bus.recv(16)
            except (TimeoutError, OSError):
                continue
            identifier = int.from_bytes(frame[:4], "little")
            text = f"T{identifier & 0x1FFFFFFF:08X}" if identifier & EFF else f"t{identifier:03X}"
            self.adapter.say(text + str(frame[4]) + frame[8:8 + frame[4]].hex().upper())

    def close(self):
        self._is_over = True
        self._thread.join()
        self._bus.close()
        self.adapter.unplug()


def until(holds, limit=30.0):
    """Waits until something holds, at most `limit` seconds; whether it does."""
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def packets(interface):
    """Frames an interface carried so far."""
    return int(pathlib.Path(f"/sys/class/net/{interface}/statistics/tx_packets").read_text())


def environment(name, default):
    """A number that a longer run by hand may set."""
    return type(default)(os.environ.get(name, default))
