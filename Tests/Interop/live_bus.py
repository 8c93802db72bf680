"""A bus between this program and sinew: python-can's udp_multicast, in a network that ends at the loopback."""
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time

import can

import served_robot
from report import SINEW

GROUP = "239.74.163.2"
#: python-can's own; some peers can be told a group but no port.
PORT = 43113
#: Longest wait for anything: a slow machine may be late, and what never comes is a failed check.
PATIENCE = 30

LINK = """<link name="{name}_link"><inertial><origin xyz="0 0 -0.1"/><mass value="0.5"/>
<inertia ixx="0.002" ixy="0" ixz="0" iyy="0.002" iyz="0" izz="0.002"/></inertial></link>
<joint name="{name}" type="revolute"><origin xyz="{place} 0 0"/><parent link="base"/><child link="{name}_link"/>
<axis xyz="0 1 0"/><limit lower="-2" upper="2" velocity="6" effort="8"/></joint>
"""


def confine():
    """Starts the calling script again in a network of its own; where that is not allowed, datagrams get no further hop."""
    if served_robot.confine():
        os.environ["CAN_CONFIG"] = json.dumps({"hop_limit": 0})  # python-can's own way to set it for every bus


def options():
    """What the interface of robot.yaml says behind its port."""
    return "?hops=0" if "CAN_CONFIG" in os.environ else ""


def open_bus(**options):
    """A python-can bus of CAN FD."""
    return can.Bus(interface="udp_multicast", channel=GROUP, port=PORT, **options)


def wait_until(condition, timeout=PATIENCE, interval=0.01):
    """The first true value of a condition; what it was last when none came in time."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(interval)


def write_robot(folder, joints, rate=1000, bus=None, **more):
    """Pendulums of 0.5 kg on one fixed base, `joints` by name as (actuator, keys of the joint), all on one bus."""
    folder = pathlib.Path(folder)
    links = "".join(LINK.format(name=name, place=index / 2) for index, name in enumerate(joints))
    (folder / "bench.urdf").write_text(f'<robot name="bench"><link name="base"/>\n{links}</robot>\n')
    description = {
        "robot": "bench", "urdf": "bench.urdf", "base": "fixed", "update_rate": rate,
        "buses": {"only": {"interface": f"udp-multicast://{GROUP}:{PORT}{options()}", "bitrate": 1000000} | (bus or {})},
        "actuators": {f"{name}_actuator": actuator for name, (actuator, _) in joints.items()},
        "defaults": {"gains": {"stiffness": 30, "damping": 1}, "limits": {"max_acceleration": 60, "max_effort": 5}},
        "joints": {name: {"actuator": f"{name}_actuator", "bus": "only"} | keys for name, (_, keys) in joints.items()},
    } | more
    (folder / "robot.yaml").write_text(json.dumps(description, indent=1) + "\n")


class Sinew:
    """A running sinew. What it says is read as it comes, so that it never waits for us."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([SINEW, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.said = {"out": [], "err": []}
        self.readers = [threading.Thread(target=self._read, args=(name, stream), daemon=True)
                        for name, stream in (("out", self.process.stdout), ("err", self.process.stderr))]
        for reader in self.readers:
            reader.start()

    def _read(self, name, stream):
        for line in stream:
            self.said[name].append(line)

    @property
    def output(self):
        return "".join(self.said["out"])

    @property
    def errors(self):
        return "".join(self.said["err"])

    def is_ready(self):
        """Whether it serves its buses, waited for."""
        wait_until(lambda: "ready" in self.errors or self.process.poll() is not None)
        return self.process.poll() is None and "ready" in self.errors

    def end(self, signal=None, timeout=2 * PATIENCE):
        """Its exit code, after a signal to it if one is given; 124 when it does not end."""
        if signal is not None and self.process.poll() is None:
            self.process.send_signal(signal)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = 124
        for reader in self.readers:
            reader.join(timeout=PATIENCE)
        return code

    def result(self):
        """Its --json object; empty when there is none."""
        with contextlib.suppress(ValueError):
            return json.loads(self.output)
        return {}


@contextlib.contextmanager
def simulated(report, name, joints, **robot):
    """`sinew simulate` serving pendulums; None when it does not come up, which is a failed check."""
    with tempfile.TemporaryDirectory() as folder:
        write_robot(folder, joints, **robot)
        sinew = Sinew("simulate", folder, "--json")
        try:
            up = report.check(f"{name}: sinew simulate serves it", sinew.is_ready(), sinew.errors.strip()[-600:])
            yield sinew if up else None
        finally:
            sinew.end(signal=2)
