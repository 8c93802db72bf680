#!/usr/bin/env python3
"""`sinew simulate` and `sinew run --target real` over user-space transports, python-can beside them or at the other end."""
import json
import os
import pathlib
import pty
import socket
import tempfile
import time

import can

from report import SINEW, Report, run
from served_robot import Served, confine, write_robot

GROUP = "239.74.163.2"
PORTS = {"damiao": 43113, "robstride": 43114}
# Not every machine that tests may give real-time scheduling.
REAL = ["--target", "real", "--yes", "--realtime", "preferred", "--fault-file", "none"]


def multicast(options):
    return {family: f"udp-multicast://{GROUP}:{port}{options}" for family, port in PORTS.items()}


def python_can(port, options, **more):
    return can.Bus(interface="udp_multicast", channel=GROUP, port=port, fd=True,
                   hop_limit=0 if "hops=0" in options else 1, **more)


def answer(bus, message, wanted, patience=5.0):
    """Sends until something matches, as datagrams may be late; the first message that does, or None."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        bus.send(message)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            heard = bus.recv(0.1)
            if heard is not None and wanted(heard):
                return heard
    return None


def check_run(report, robot, options):
    """One process moves what another simulates; a third listens."""
    listener = python_can(PORTS["damiao"], options)
    with Served(robot) as served:
        code, output, errors = run("run", str(robot), *REAL, "--motion", "swing", "--json")
    if not report.check("run --target real: exit 0", code == 0, f"exit {code}: {errors[-400:]}"):
        listener.shutdown()
        return
    result, summary = json.loads(output), served.summary
    report.check("run --target real: says so", (result["target"], result["seed"], result["outcome"])
                 == ("real", None, "completed"), (result["target"], result["outcome"]))
    for family in PORTS:
        ours, theirs = result["buses"][f"{family}_bus"], summary["buses"][f"{family}_bus"]
        report.check(f"{family}: what the host sent, the robot received or missed",
                     ours["sent_frames"] == theirs["received_frames"] + theirs["missing_frames"] > 100,
                     (ours["sent_frames"], theirs))
        report.check(f"{family}: what the robot sent, the host received or missed while it listened",
                     0 < ours["received_frames"] <= theirs["sent_frames"], (ours, theirs["sent_frames"]))
        report.check(f"{family}: own datagrams came back and were dropped",
                     theirs["own_frames"] == theirs["sent_frames"] and ours["own_frames"] > 0, theirs)
        strange = [key for key in ("remote_frames", "error_frames", "overlong_frames", "foreign_frames")
                   if ours[key] or theirs[key]]
        report.check(f"{family}: nothing strange on the bus", not strange, strange)
        drive = summary["drives"][family]
        report.check(f"{family}: the drive is off at the end because it was told so",
                     drive["mode"] == "disabled" and drive["let_go_after_s"] == 0, drive)
        moved = result["joints"][family]
        report.check(f"{family}: moved as asked", moved["position_max_rad"] > 0.25, moved["position_max_rad"])
    report.check("no frame of an unknown drive", result["unknown_frames"] == 0, result["unknown_frames"])
    seen = set()
    while (heard := listener.recv(0)) is not None:
        seen.add((heard.arbitration_id, heard.is_fd, heard.bitrate_switch, len(heard.data)))
    listener.shutdown()
    report.check("python-can heard commands and answers", seen >= {(0x01, True, True, 8), (0x11, True, True, 8)}, seen)


def check_peer(report, robot, options):
    """python-can alone with the simulated drives."""
    with Served(robot) as served:
        damiao, robstride = (python_can(PORTS[family], options) for family in ("damiao", "robstride"))
        # Drives are delivered with their watchdog off. Register 9 counts in 50 us: 0.1 s.
        heard = answer(damiao, can.Message(arbitration_id=0x7FF, is_extended_id=False, is_fd=True, bitrate_switch=True,
                                           data=bytes([1, 0, 0x55, 9]) + (2000).to_bytes(4, "little")),
                       lambda m: m.arbitration_id == 0x11 and m.data[2:4] == b"\x55\x09")
        report.check("a register of a Damiao drive written by python-can is read back",
                     heard is not None and heard.data[4:] == (2000).to_bytes(4, "little"), heard)
        heard = answer(damiao, can.Message(arbitration_id=1, is_extended_id=False, is_fd=True, bitrate_switch=True,
                                           data=bytes([0xFF] * 7 + [0xFC])), lambda m: m.arbitration_id == 0x11)
        report.check("a Damiao drive enabled by python-can answers that it is on",
                     heard is not None and heard.is_fd and heard.data[0] == 0x11, heard)
        # Type 0, "who are you", from host 0xFD to drive 2; the answer's identifier carries the drive's in its middle.
        heard = answer(robstride, can.Message(arbitration_id=0x0000FD02, is_extended_id=True, data=bytes(8)),
                       lambda m: m.is_extended_id and m.arbitration_id >> 8 & 0xFF == 2)
        report.check("a RobStride drive asked by python-can says who it is",
                     heard is not None and not heard.is_fd and len(heard.data) == 8, heard)
        time.sleep(0.3)
        damiao.shutdown()
        robstride.shutdown()
    drives = served.summary["drives"]
    report.check("the drive that python-can left on let go by its watchdog",
                 drives["damiao"]["mode"] == "fault"
                 and 0 <= drives["damiao"]["let_go_after_s"] - drives["damiao"]["watchdog_s"] <= 0.001,
                 drives["damiao"])
    report.check("the drive that was only asked never was on", drives["robstride"]["mode"] == "disabled"
                 and drives["robstride"]["let_go_after_s"] is None, drives["robstride"])


def check_strange(report, robot, options):
    """What is no data frame is counted, never decoded."""
    enable = bytes([0xFF] * 7 + [0xFC])
    with Served(robot) as served:
        bus = python_can(PORTS["damiao"], options)
        for message in (can.Message(arbitration_id=1, is_extended_id=False, is_remote_frame=True, dlc=8),
                        can.Message(arbitration_id=1, is_extended_id=False, is_remote_frame=True, dlc=8),
                        can.Message(arbitration_id=1, is_extended_id=False, is_error_frame=True, data=enable)):
            bus.send(message)
        raw = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0 if "hops=0" in options else 1)
        whole = can.interfaces.udp_multicast.utils.pack_message(
            can.Message(arbitration_id=1, is_extended_id=False, data=enable))
        place = whole.index(b"\xc4\x08" + enable)
        overlong = whole[:place] + b"\xc4\x09" + enable + b"\0" + whole[place + 10:]
        overlong = overlong.replace(b"\xa3dlc\x08", b"\xa3dlc\x09")
        for data in (overlong, b"", b"hello", whole[:-1], whole + b"\0", os.urandom(200), b"\x8b" + b"\xc0" * 100):
            raw.sendto(data, (GROUP, PORTS["damiao"]))
        time.sleep(0.3)
        raw.close()
        bus.shutdown()
    counts, drive = served.summary["buses"]["damiao_bus"], served.summary["drives"]["damiao"]
    found = {key: counts[f"{key}_frames"] for key in ("received", "remote", "error", "overlong", "foreign")}
    report.check("remote, error, over-long and foreign datagrams are counted and not decoded",
                 found == {"received": 0, "remote": 2, "error": 1, "overlong": 1, "foreign": 6}, found)
    report.check("none of them reached a drive", drive["last_frame_s"] is None and drive["mode"] == "disabled", drive)


def asked(robot, reply):
    """Runs on a terminal and types a reply: exit code and what was on the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(SINEW, [SINEW, "run", str(robot), "--target", "real", "--for", "0.2", "--realtime", "preferred",
                         "--fault-file", "none"])
    shown = b""
    while b"Type yes" not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, reply + b"\n")
    try:
        while data := os.read(terminal, 4096):
            shown += data
    except OSError:  # the end of a terminal whose program has gone
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode(errors="replace")


def check_questions(report, robot):
    code, _, errors = run("run", str(robot), "--target", "real", "--realtime", "preferred")
    report.check("without a terminal and --yes: exit 2", code == 2 and "--yes" in errors, f"exit {code}: {errors}")
    code, shown = asked(robot, b"no")
    report.check("the answer no: exit 1, nothing sent", code == 1 and "nothing was sent" in shown, shown[-300:])
    report.check("the question says which joints, how far and how hard", all(
        word in shown for word in ("damiao", "robstride", "-2.000...2.000", "10.0", "holds")), shown[:600])
    code, shown = asked(robot, b"yes")
    report.check("the answer yes: goes on, and says that no drive answers", code == 3 and "no answer to" in shown,
                 f"exit {code}: {shown[-300:]}")
    for options in (["--pace", "real"], ["--seed", "2"], ["--inject", "damiao_bus lost"]):
        code, _, errors = run("run", str(robot), *REAL, *options)
        report.check(f"--target real refuses {options[0]}", code == 2 and options[0] in errors, f"exit {code}: {errors}")
    code, _, errors = run("run", "Robots/navigator", *REAL)
    report.check("interfaces of the kernel: exit 3, each bus named with what to do", code == 3
                 and errors.count("cannot be opened yet") == 13 and "left_hip" in errors, f"exit {code}: {errors[:300]}")


def main():
    options = confine()
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        robot = write_robot(pathlib.Path(name) / "bench", multicast(options))
        check_run(report, robot, options)
        check_peer(report, robot, options)
        check_strange(report, robot, options)
        check_questions(report, robot)
    report.close()


if __name__ == "__main__":
    main()
