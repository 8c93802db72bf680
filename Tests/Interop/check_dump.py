#!/usr/bin/env python3
"""`sinew can dump` on interfaces outside the kernel: lines, the table with a robot's joints, and files."""
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time

import can

from report import SINEW, Report, run
from served_robot import Served, confine, write_robot

GROUP = "239.74.163.5"
PORTS = {"damiao": 43121, "robstride": 43122, "moteus": 43123, "odrive": 43124}


def dump(*arguments):
    """`sinew can dump`, begun."""
    process = subprocess.Popen([SINEW, "can", "dump", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    return process


def ended(process):
    """Its output, errors and exit code, after Ctrl-C."""
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    return output, errors, process.returncode


def check_robot(report, folder, options):
    """The table of a robot that moves, and the file of the same frames."""
    robot = write_robot(folder / "bench", {family: f"udp-multicast://{GROUP}:{port}{options}" for family, port in PORTS.items()})
    with Served(robot):
        table = dump("--robot", str(robot), "--table", "--write", str(folder / "bench.pcapng"))
        lines = dump("damiao_bus", "--robot", str(robot))
        code, _, errors = run("run", str(robot), "--target", "real", "--yes", "--realtime", "preferred", "--fault-file", "none",
                              "--motion", "swing")
        report.check("a robot moves", code == 0, errors[-300:])
        output, told, code = ended(table)
        text, more, other = ended(lines)
    report.check("table: exit 0, and no escape sequence where there is no terminal", code == 0 and "\x1b" not in output,
                 f"{code} {told[-300:]}")
    def rows(family, kind):
        """Identifier, count and what follows, of the rows of a joint."""
        return re.findall(rf"^{family}_bus +([0-9A-Fx]+) .* {family} +{family} +{kind} +(\d+) (.*)", output, re.M)

    for family in PORTS:
        report.check(f"table: {family}'s answers, by joint, with what they say",
                     any(int(count) > 10 and " rad " in rest for _, count, rest in rows(family, "answer")), output[-3000:])
        report.check(f"table: {family}'s commands", any(int(count) > 10 for _, count, _ in rows(family, "command")), output[-3000:])
    # Operation, enable, disable and the like: one of each kind, though torque stands in the identifier.
    kinds = [identifier for identifier, _, _ in rows("robstride", "command")]
    report.check("table: a RobStride's commands share rows whatever torque they carry", "01xxxx02" in kinds and
                 len(kinds) == len(set(kinds)) <= 10 and all(kind.endswith("xxxx02") for kind in kinds), kinds)
    code, converted, errors = run("can", "convert", str(folder / "bench.pcapng"), "-")
    names = {line.split()[1] for line in converted.splitlines()}
    report.check("--write: every bus by the robot's name for it", code == 0 and names == {f"{family}_bus" for family in PORTS}, names)
    counted = sum(int(row) for row in re.findall(r"^\w+_bus +\d+[/\d]* +\d+ % +\d+ +(\d+) ", output, re.M))
    report.check("--write: as many frames as the table counted", counted == len(converted.splitlines()) > 500
                 and f"bench.pcapng: {counted} frames" in told, f"{counted} {len(converted.splitlines())}")
    report.check("lines: candump -L of one bus by its name", other == 0 and len(text.splitlines()) > 100 and
                 all(re.fullmatch(r"\(\d{10}\.\d{6}\) damiao_bus [0-9A-F]{3}##[0-3]([0-9A-F]{2})+", line) for line in text.splitlines()),
                 f"{other} {text[:200]} {more}")


def check_python_can(report, options):
    """Frames of python-can, CAN FD and extended among them, as lines."""
    lines = dump(f"udp-multicast://{GROUP}:43129{options}", "--count", "3")
    bus = can.Bus(interface="udp_multicast", channel=GROUP, port=43129, fd=True, hop_limit=0 if "hops=0" in options else 1)
    sent = [can.Message(arbitration_id=0x123, is_extended_id=False, data=b"\xde\xad"),
            can.Message(arbitration_id=0x1234567, data=b""),
            can.Message(arbitration_id=0x7, is_extended_id=False, is_fd=True, bitrate_switch=True, data=bytes(12))]
    for message in sent:
        bus.send(message)
        time.sleep(0.05)
    output, errors = lines.communicate(timeout=20)
    bus.shutdown()
    report.check("python-can's frames, and --count", [line.split()[1:] for line in output.splitlines()] ==
                 [["udp0", "123#DEAD"], ["udp0", "01234567#"], ["udp0", "007##1" + "00" * 12]], f"{output} {errors}")
    now = time.time()
    report.check("their time is the time of day", all(abs(float(line[1:18]) - now) < 60 for line in output.splitlines()), output)


def check_others(report, folder):
    """slcan on a pseudo-terminal, cannelloni from a socket."""
    primary, secondary = os.openpty()
    name = os.ttyname(secondary)
    process = subprocess.Popen([SINEW, "can", "dump", f"slcan:{name}", "--count", "2", "--bitrate", "500000"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = b""
    deadline = time.monotonic() + 10
    while b"O\r" not in said and time.monotonic() < deadline:
        piece = os.read(primary, 100)
        said += piece
        os.write(primary, b"\r" * piece.count(b"\r"))
    # What comes while the adapter is being set up is not kept.
    time.sleep(1.5)
    os.write(primary, b"t1232AABB\rT000001230\r")
    output, errors = process.communicate(timeout=20)
    report.check("slcan: the adapter is set to --bitrate and its frames are shown", b"S6\r" in said and
                 [line.split()[1:] for line in output.splitlines()] == [["slcan0", "123#AABB"], ["slcan0", "00000123#"]],
                 f"{said} {output} {errors}")
    os.close(primary)
    os.close(secondary)
    process = dump("cannelloni://127.0.0.1:20190?local=20191", "--count", "1", "--write", str(folder / "one.pcap"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 20190))
        sender.sendto(struct.pack(">BBBHIB", 2, 0, 0, 1, 0x80000123, 2) + b"\xca\xfe", ("127.0.0.1", 20191))
        output, errors = process.communicate(timeout=20)
    _, converted, _ = run("can", "convert", str(folder / "one.pcap"), "-", "--name", "gateway")
    report.check("cannelloni: its frame, in a pcap", output == "" and "one.pcap: 1 frames" in errors and
                 converted.split()[1:] == ["gateway", "00000123#CAFE"], f"{output} {errors} {converted}")


def check_refusals(report):
    for words, said in (((), "Give at least one interface"), (("carrier:x",), "names no transport that is known"),
                        (("slcan:/dev/nowhere",), "No such file"), (("can0", "can0"), "is given twice"),
                        (("nobus", "--robot", "Robots/navigator"), "no such interface"),
                        (("slcan:/dev/tty9", "--bitrate", "123456"), "slcan has no request for 123456")):
        code, output, errors = run("can", "dump", *words, "--for", "1", timeout=30)
        # Where the kernel has no CAN at all it says that.
        holds = said in errors or "this kernel has no CAN" in errors and "interface" in said
        report.check(f"dump {' '.join(words)}: refused with the reason", code in (2, 3) and holds and output == "", f"{code} {errors}")


def main():
    report = Report()
    options = confine()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_robot(report, folder, options)
        check_python_can(report, options)
        check_others(report, folder)
        check_refusals(report)
    report.close()


if __name__ == "__main__":
    main()
