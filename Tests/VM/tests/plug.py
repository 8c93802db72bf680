"""Interfaces that come and go in the guest: virtual ones by netlink, canfault by its driver, PCI cards by the emulator."""
import os
import pathlib
import select
import socket
import struct
import subprocess
import time

from robot_bench import SINEW

RTM_NEWLINK, RTM_DELLINK = 16, 17
IFLA_IFNAME, IFLA_LINKINFO, IFLA_INFO_KIND = 3, 18, 1
REQUEST, ACK, EXCLUSIVE, CREATE = 1, 4, 0x200, 0x400
IFF_UP = 1
CANFAULT = pathlib.Path("/sys/bus/platform/drivers/canfault")
MONITOR = pathlib.Path("/run/port-mon")


class Netlink:
    """Makes and removes virtual interfaces without starting a program each time."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self._socket.settimeout(10)

    def add(self, name):
        self._ask(RTM_NEWLINK, CREATE | EXCLUSIVE, IFF_UP, attribute(IFLA_IFNAME, name.encode() + b"\0")
                  + attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, b"vcan")))

    def remove(self, name):
        self._ask(RTM_DELLINK, 0, 0, attribute(IFLA_IFNAME, name.encode() + b"\0"))

    def _ask(self, kind, flags, up, attributes):
        body = struct.pack("BxHiII", 0, 0, 0, up, up) + attributes
        self._socket.send(struct.pack("IHHII", 16 + len(body), kind, REQUEST | ACK | flags, 1, 0) + body)
        code = struct.unpack_from("i", self._socket.recv(4096), 16)[0]
        if code:
            raise OSError(-code, os.strerror(-code))


def attribute(kind, data):
    return struct.pack("HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


class Cards:
    """Emulated PCI cards, plugged in and pulled out by the monitor of the guest's own emulator."""

    def __init__(self):
        self._monitor = os.open(MONITOR, os.O_RDWR | os.O_NONBLOCK)
        self._number = 0

    def _say(self, command):
        try:
            while os.read(self._monitor, 4096):
                pass
        except BlockingIOError:
            pass
        os.write(self._monitor, command.encode() + b"\n")

    def plug(self):
        """Always into one slot. A new name each time: the old one is free only when the guest has let the card go."""
        self._number += 1
        self.push()

    def push(self):
        """Once more, for a slot that was not free yet: where the card is in, the emulator refuses it."""
        self._say(f"device_add kvaser_pci,canbus=cb0,id=card{self._number},addr=0x10")

    def pull(self):
        self._say(f"device_del card{self._number}")


def bound(*order):
    """Takes both controllers away and plugs them in again, in an order."""
    for number in (0, 1):
        if (CANFAULT / f"canfault.{number}").exists():
            (CANFAULT / "unbind").write_text(f"canfault.{number}")
    for number in order:
        (CANFAULT / "bind").write_text(f"canfault.{number}")


class Lines:
    """A program's lines as they come, each waited for; ended with SIGTERM at the end of a with block."""

    def __init__(self, *command, environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**os.environ, **(environment or {})})
        self.seen, self._rest = [], b""

    def next(self, limit=20.0):
        """The next line, or None when none comes."""
        end = time.monotonic() + limit
        while b"\n" not in self._rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                return None
            self._rest += more
        line, self._rest = self._rest.split(b"\n", 1)
        self.seen.append(line.decode())
        return self.seen[-1]

    def until(self, start, limit=20.0):
        """The next line that begins so, or None."""
        while (line := self.next(limit)) is not None:
            if line.startswith(start):
                return line
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.finish()

    def finish(self, limit=60):
        """Ends the program: what it still printed, and its standard error."""
        if self.process.poll() is None:
            self.process.terminate()
        output, errors = self.process.communicate(timeout=limit)
        return (self._rest + output).decode().splitlines(), errors.decode()


def watching(group):
    """`sinew can list --watch`, once it watches."""
    watch = Lines(SINEW, "can", "list", "--watch", "--group", group)
    watch.until("watching")
    return watch
