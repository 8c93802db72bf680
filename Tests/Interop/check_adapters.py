#!/usr/bin/env python3
"""slcan over pseudo-terminals and TCP, and cannelloni over UDP: python-can or a decoder of this script at the other end."""
import json
import os
import pathlib
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time
import tty

import can

from report import SINEW, Report, run
from served_robot import Served, confine, write_robot

REAL = ["--target", "real", "--yes", "--realtime", "preferred", "--fault-file", "none"]
ENABLE = bytes([0xFF] * 7 + [0xFC])
TIMING = can.BitTimingFd(f_clock=80_000_000, nom_brp=1, nom_tseg1=63, nom_tseg2=16, nom_sjw=16, data_brp=1, data_tseg1=11,
                         data_tseg2=4, data_sjw=4)


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check_run(report, folder):
    """Our host and our robot over every adapter at once."""
    ports = [free_port(), *(free_port(socket.SOCK_DGRAM) for _ in range(2))]
    interfaces = {"damiao": f"slcan:{folder}/adapter", "robstride": f"slcan://127.0.0.1:{ports[0]}",
                  "moteus": f"cannelloni://127.0.0.1:{ports[1]}?local={ports[2]}"}
    robot = write_robot(folder / "all", interfaces, rate=100)
    with Served(robot) as served:
        code, output, errors = run("run", str(robot), *REAL, "--motion", "swing", "--json")
        if not report.check("run over slcan and cannelloni: exit 0", code == 0, f"exit {code}: {errors[-400:]}"):
            return
        # A second controller finds channel and ports free again.
        code, _, errors = run("run", str(robot), *REAL, "--for", "0.2")
        report.check("run again on the same adapters: exit 0", code == 0, f"exit {code}: {errors[-400:]}")
    result = json.loads(output)
    for family in interfaces:
        ours, theirs = result["buses"][f"{family}_bus"], served.summary["buses"][f"{family}_bus"]
        report.check(f"{family}: every frame arrived, none strange", ours["sent_frames"] > 100
                     and ours["received_frames"] > 100 and theirs["received_frames"] > ours["sent_frames"]
                     and not any(counts[key] for counts in (ours, theirs) for key in (
                         "missing_frames", "remote_frames", "error_frames", "overlong_frames", "foreign_frames",
                         "refused_requests")), (ours, theirs))
        report.check(f"{family}: moved as asked", result["joints"][family]["position_max_rad"] > 0.2,
                     result["joints"][family]["position_max_rad"])
    report.check("the link to the pseudo-terminal is gone with its program", not os.path.lexists(folder / "adapter"))


def heard(bus, message, wanted, patience=5.0):
    """Sends until an answer comes; None when none does."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        bus.send(message)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            answer = bus.recv(0.1)
            if answer is not None and wanted(answer):
                return answer
    return None


def check_python_can_host(report, folder):
    """python-can's slcan host with our simulated drives, over a pseudo-terminal and over TCP."""
    port = free_port()
    interfaces = {"damiao": f"slcan:{folder}/served", "robstride": f"slcan://127.0.0.1:{port}"}
    with Served(write_robot(folder / "served_robot", interfaces)) as served:
        with can.Bus(interface="slcan", channel=f"{folder}/served", timing=TIMING, sleep_after_open=0.1) as bus:
            version = bus.get_version(2)
            answer = heard(bus, can.Message(arbitration_id=1, is_extended_id=False, is_fd=True, bitrate_switch=True,
                                            data=ENABLE), lambda m: m.arbitration_id == 0x11)
            report.check("slcan on a pseudo-terminal: a drive enabled by python-can answers, in CAN FD",
                         answer is not None and answer.is_fd and answer.bitrate_switch and answer.data[0] == 0x11, answer)
            bus.send(can.Message(arbitration_id=1, is_extended_id=False, is_remote_frame=True, dlc=8))
            bus.send(can.Message(arbitration_id=0x1234567, is_extended_id=True, is_remote_frame=True, dlc=0))
            time.sleep(0.1)
        report.check("slcan: the adapter says its version", version == (1, 1), version)
        with can.Bus(interface="slcan", channel=f"socket://127.0.0.1:{port}", bitrate=1000000,
                     sleep_after_open=0.1) as bus:
            answer = heard(bus, can.Message(arbitration_id=0x0000FD02, is_extended_id=True, data=bytes(8)),
                           lambda m: m.is_extended_id and m.arbitration_id >> 8 & 0xFF == 2)
            report.check("slcan over TCP: a drive asked by python-can says who it is",
                         answer is not None and not answer.is_fd and len(answer.data) == 8, answer)
        # Another bit rate than the bus has: refused with a bell, which python-can does not look at.
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.settimeout(5)
            raw.sendall(b"C\rS6\rS8\rO\rt0018FFFFFFFFFFFFFFFC\rb0018FFFFFFFFFFFFFFFC\r\x00garbage\r")
            text = b""
            while text.count(b"\r") + text.count(b"\a") < 7:
                text += raw.recv(100)
        report.check("slcan: a foreign bit rate, CAN FD on a classic bus and garbage are answered with a bell",
                     text == b"\r\a\r\rz\r\a\a", text)
    counts = served.summary["buses"]
    report.check("slcan: remote requests are counted and not decoded", counts["damiao_bus"]["remote_frames"] == 2,
                 counts["damiao_bus"])
    report.check("slcan: what is no frame of the bus is counted", counts["robstride_bus"]["foreign_frames"] == 2,
                 counts["robstride_bus"])


class PythonAdapter:
    """A slcan adapter whose far side is python-can: its own slcan codec at one end, udp_multicast at the other."""

    def __init__(self, port, options):
        self.ours, self.theirs = os.openpty()
        self.near, self.far = os.openpty()
        for descriptor in (self.theirs, self.far):
            tty.setraw(descriptor)
        self.path = os.ttyname(self.theirs)
        self.group = can.Bus(interface="udp_multicast", channel="239.74.163.2", port=port, fd=True,
                             hop_limit=0 if options else 1)
        self.line = can.Bus(interface="slcan", channel=os.ttyname(self.far), sleep_after_open=0)
        self.going = True
        self.threads = [threading.Thread(target=job) for job in (self.copy, self.to_group, self.to_line)]
        for thread in self.threads:
            thread.start()

    def copy(self):
        """Characters between the two pseudo-terminals."""
        while self.going:
            for source in select.select([self.ours, self.near], [], [], 0.1)[0]:
                os.write(self.near if source == self.ours else self.ours, os.read(source, 4096))

    def to_group(self):
        while self.going:
            if (message := self.line.recv(0.1)) is not None:
                self.group.send(message)

    def to_line(self):
        while self.going:
            if (message := self.group.recv(0.1)) is not None:
                self.line.send(message)

    def close(self):
        self.going = False
        for thread in self.threads:
            thread.join()
        self.group.shutdown()
        self.line.shutdown()
        for descriptor in (self.ours, self.theirs, self.near, self.far):
            os.close(descriptor)


def check_schema(report, folder):
    """Every kind of interface passes the published schema, and what is none of them does not."""
    validate = ["check-jsonschema", "--schemafile", "Robots/robot.schema.json"]
    good = ["can0", "udp-multicast://239.74.163.2:43113?interface=lo&hops=0", "udp-multicast://[ff15::1]",
            "slcan:/dev/ttyACM0", "slcan://10.0.0.2:29537", "cannelloni://10.0.0.2:20000?local=20001"]
    bad = ["can:0", "udp-multicast://10.0.0.1", "slcan:ttyACM0", "slcan://10.0.0.2", "cannelloni://10.0.0.2:20000"]
    for interfaces, passes in ((good, True), (bad, False)):
        for interface in interfaces:
            robot = write_robot(folder / "schema", {"robstride": interface})
            done = subprocess.run([*validate, robot / "robot.yaml"], capture_output=True, text=True)
            code, _, errors = run("check", str(robot))
            report.check(f"schema and reader {'take' if passes else 'refuse'} {interface}",
                         (done.returncode == 0) == passes == (code == 0), f"{done.stdout[-200:]} {errors[-200:]}")


def check_python_can_adapter(report, folder, options):
    """Our host on an slcan adapter that python-can plays, bridged to our simulated drive in a multicast group."""
    port = 43120
    group = write_robot(folder / "behind", {"robstride": f"udp-multicast://239.74.163.2:{port}{options}"}, rate=50)
    adapter = PythonAdapter(port, options)
    robot = write_robot(folder / "before", {"robstride": f"slcan:{adapter.path}"}, rate=50)
    # python-can hears its own datagrams and would bring our commands back to us; the drive's answers are told by theirs.
    with Served(group) as served:
        code, output, errors = run("run", str(robot), *REAL, "--for", "1", "--json")
    adapter.close()
    report.check("run on python-can's slcan: exit 0", code == 0, f"exit {code}: {errors[-400:]}")
    if code == 0:
        ours = json.loads(output)["buses"]["robstride_bus"]
        report.check("run on python-can's slcan: commands arrived and answers came back",
                     served.summary["buses"]["robstride_bus"]["received_frames"] >= ours["sent_frames"] > 50
                     and ours["received_frames"] > 50, (ours, served.summary["buses"]))


def datagram(sequence, frames):
    body = b"".join(struct.pack(">IB", number, len(data)) + data for number, data in frames)
    return struct.pack(">BBBH", 2, 0, sequence, len(frames)) + body


def parse(data):
    """The frames of a datagram, from the layout in cannelloni.h."""
    version, operation, _, count = struct.unpack_from(">BBBH", data)
    place, frames = 5, []
    for _ in range(count):
        number, length = struct.unpack_from(">IB", data, place)
        place += 6 if length & 0x80 else 5
        frames.append((number, data[place:place + (length & 0x7F)]))
        place += length & 0x7F
    assert (version, operation, place) == (2, 0, len(data)), data.hex()
    return frames


def check_cannelloni_peer(report, folder):
    """A decoder of our own, written from the layout, with our simulated drives."""
    port, local = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    robot = write_robot(folder / "tunnel", {"robstride": f"cannelloni://127.0.0.1:{port}?local={local}"})
    asks = (0x80000000 | 0x0000FD02, bytes(8))
    with Served(robot) as served, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(5)
        peer.connect(("127.0.0.1", port))
        peer.send(datagram(250, [asks, asks]))
        answers = parse(peer.recv(2000))
        while len(answers) < 2:
            answers += parse(peer.recv(2000))
        report.check("cannelloni: two frames in one datagram, two answers of the drive", len(answers) == 2 and all(
            number >> 31 and number >> 8 & 0xFF == 2 and len(data) == 8 for number, data in answers), answers)
        peer.send(datagram(251, [(0x40000000 | 0x123, b""), (0x20000001, bytes(8))]))
        peer.send(datagram(2, [asks]))  # 252 to 255, 0 and 1 are missing
        for strange in (b"", b"\x02", b"\x01\0\0\0\0", datagram(3, [asks])[:-1], datagram(4, [asks]) + b"\0"):
            peer.send(strange)
        time.sleep(0.3)
    counts = served.summary["buses"]["robstride_bus"]
    found = {key: counts[f"{key}_frames"] for key in ("received", "remote", "error", "missing", "foreign")}
    report.check("cannelloni: gaps, remote and error frames, and what is broken are counted",
                 found == {"received": 4, "remote": 1, "error": 1, "missing": 6, "foreign": 5}, found)


def check_unplugged(report, folder):
    """The adapter's connection ends in mid-motion: a controlled stop that names the bus, and why."""
    port, behind = free_port(), free_port()
    served_robot = write_robot(folder / "plugged", {"robstride": f"slcan://127.0.0.1:{behind}"})
    robot = write_robot(folder / "unplugged", {"robstride": f"slcan://127.0.0.1:{port}"})
    with Served(served_robot) as served, socket.create_server(("127.0.0.1", port)) as listener:
        process = subprocess.Popen([SINEW, "run", str(robot), *REAL, "--for", "20", "--json"], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        near, _ = listener.accept()
        far = socket.create_connection(("127.0.0.1", behind))
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            for source in select.select([near, far], [], [], 0.1)[0]:
                (far if source is near else near).sendall(source.recv(4096))
        near.close()
        far.close()
        output, errors = process.communicate(timeout=30)
    report.check("adapter unplugged: a fault stop, exit 1", process.returncode == 1,
                 f"exit {process.returncode}: {errors[-300:]}")
    if process.returncode == 1:
        result = json.loads(output)
        report.check("adapter unplugged: the fault names bus and joint", result["fault"]["buses"] == ["robstride_bus"]
                     and result["fault"]["joints"] == ["robstride"], result["fault"]["message"])
        report.check("adapter unplugged: the report says why the bus is lost",
                     result["buses"]["robstride_bus"]["lost"] is not None, result["buses"])
    drive = served.summary["drives"]["robstride"]
    report.check("adapter unplugged: the drive let go by itself", not drive["obeys"]
                 and drive["let_go_after_s"] <= drive["watchdog_s"] + 0.01, drive)


def main():
    options = confine()
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for check in (check_schema, check_run, check_python_can_host, check_python_can_adapter, check_cannelloni_peer, check_unplugged):
            try:
                check(report, folder, *([options] if check is check_python_can_adapter else []))
            except Exception as error:  # a script that stops half-way would hide the rest
                report.check(f"{check.__name__} ran to its end", False, repr(error))
    report.close()


if __name__ == "__main__":
    main()
