"""`sinew can` beside can-utils, inside the guest: dump, send, stat, up and down. Ends with a sum."""
import fcntl
import json
import os
import pathlib
import pty
import random
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

from robot_bench import SINEW, robot, until, virtual
from shim import raw, shell
from slcan_adapter import Adapter

from report import Report

report = Report()
random.seed(227)
NO_RIGHTS = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]


def can(*arguments, before=()):
    """`sinew can`: exit code, standard output, standard error."""
    done = subprocess.run([*before, SINEW, "can", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    return done.returncode, done.stdout, done.stderr


def formatted(line):
    """A line of candump without the bit of its flags that says CAN FD: newer kernels set it, and the second # says so."""
    head, mark, tail = line.partition("##")
    return f"{head}##{int(tail[0], 16) & 3:X}{tail[1:]}" if mark else line


def stat(name):
    return json.loads(can("stat", name, "--json")[1])["interfaces"][name]


class Recording:
    """A program that prints what it sees, until the end of a with block; `lines` are what it printed."""

    def __init__(self, *command):
        self.command = command
        # Files, because a pipe that nobody reads yet would hold the program up.
        self.output, self.errors = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.errors)
        time.sleep(0.7)
        return self

    def __exit__(self, *_):
        time.sleep(0.5)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)
        for name in ("output", "errors"):
            file = getattr(self, name)
            file.seek(0)
            setattr(self, name, file.read())
        self.lines = self.output.splitlines()


def check_dump():
    virtual("vcan0", "vcan10")
    with Recording(SINEW, "can", "dump", "vcan0", "vcan10") as ours, \
            Recording("candump", "-L", "-r", "8000000", "vcan0,0:0,#FFFFFFFF", "vcan10,0:0,#FFFFFFFF") as theirs:
        for options in ("-g 0 -n 300", "-g 0 -n 300 -e", "-g 0 -n 300 -f -b", "-g 0 -n 300 -e -f", "-g 0 -n 300 -R"):
            shell(f"cangen vcan0 {options}; cangen vcan10 {options}")
    for name in ("vcan0", "vcan10"):
        # Frames of one interface come in their order; the kernel promises none between two.
        mine = [line for line in ours.lines if line.split()[1] == name]
        other = [formatted(line) for line in theirs.lines if line.split()[1] == name]
        differing = next(((a, b) for a, b in zip(mine, other) if a != b), "")
        report.check(f"1500 frames of every format on {name}: the lines of candump -L, to the microsecond",
                     mine == other and len(mine) == 1500,
                     f"{len(mine)} and {len(other)} lines, {differing} {ours.errors[-300:]} {theirs.errors[-300:]}")
    code, output, _ = can("dump", "vcan0", "--for", "0.3")
    report.check("--for ends a quiet dump", code == 0 and output == "", f"{code} {output}")
    with Recording(SINEW, "can", "dump", "vcan0", "--count", "3") as counted:
        shell("cangen vcan0 -g 1 -n 20")
    report.check("--count ends it after so many frames", len(counted.lines) == 3 and counted.process.returncode == 0, counted.lines)
    code, _, errors = can("dump", "nosuch0")
    report.check("an interface that is not there: exit code 3", code == 3 and "nosuch0: there is no such interface" in errors, errors)


def check_write():
    folder = pathlib.Path(tempfile.mkdtemp())
    with Recording(SINEW, "can", "dump", "vcan0", "vcan10", "--write", str(folder / "both.pcapng")) as ours, \
            Recording(SINEW, "can", "dump", "vcan0", "--write", str(folder / "one.pcap")), \
            Recording("candump", "-L", "-r", "8000000", "vcan0,0:0,#FFFFFFFF", "vcan10,0:0,#FFFFFFFF") as theirs:
        for options in ("-g 0 -n 200 -e", "-g 0 -n 200 -e -f -b", "-g 0 -n 200 -R"):
            shell(f"cangen vcan0 {options}; cangen vcan10 {options}")
    report.check("--write: no lines, and how many frames it wrote", ours.output == "" and "both.pcapng: 1200 frames" in ours.errors,
                 f"{ours.output[:200]} {ours.errors}")
    other = [formatted(line).split() for line in theirs.lines]
    for file in ("both.pcapng", "one.pcap"):
        code, output, errors = can("convert", str(folder / file), "-", "--name", "vcan0")
        mine = [line.split() for line in output.splitlines()]
        for name in ("vcan0", "vcan10") if file == "both.pcapng" else ("vcan0",):
            report.check(f"--write {file}, converted: the frames of candump on {name}", code == 0 and errors != "" and
                         [line for line in mine if line[1] == name] == [line for line in other if line[1] == name] != [],
                         f"{code} {len(mine)} {len(other)} {errors[-200:]}")
    code, _, errors = can("dump", "vcan0", "--write", "/nowhere/x.pcap", "--for", "1")
    report.check("--write where nothing can be written: exit code 3", code == 3 and "/nowhere/x.pcap" in errors, errors)


class Screen:
    """A program on a terminal of its own; `text` is all it wrote."""

    def __init__(self, *command, rows=24, columns=80, **environment):
        self.primary, secondary = pty.openpty()
        self.resize(rows, columns)
        self.text = ""
        self.process = subprocess.Popen(command, stdin=secondary, stdout=secondary, stderr=secondary, start_new_session=True,
                                        env={**os.environ, "TERM": "xterm", **environment})
        os.close(secondary)

    def resize(self, rows, columns):
        fcntl.ioctl(self.primary, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        """What it writes in so many seconds."""
        begin, end = len(self.text), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and select.select([self.primary], [], [], left)[0]:
            try:
                piece = os.read(self.primary, 65536)
            except OSError:
                break
            if not piece:
                break
            self.text += piece.decode()
        return self.text[begin:]

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        rest = self.read(3)
        self.process.wait(timeout=10)
        os.close(self.primary)
        return rest


def check_table():
    # The first byte counts; the others change when it has gone round.
    senders = [subprocess.Popen(["cangen", "vcan0", *options.split()]) for options in
               ("-I 123 -L 3 -D i -g 20", "-I 124 -e -R -L 0 -g 100")]
    try:
        screen = Screen(SINEW, "can", "dump", "vcan0", "--table")
        first = screen.read(3)
        report.check("table: on the alternate screen, redrawn several times a second",
                     first.startswith("\x1b[?1049h") and 6 <= first.count("\x1b[H") <= 30, first[:300])
        last = first.split("\x1b[H")[-1]
        report.check("table: identifiers, formats, and the byte that changes and no other in colour",
                     re.search(r"vcan0 +123 +classic .* \x1b\[1;33m[0-9A-F]{2}\x1b\[0m 00 00", last) is not None and
                     re.search(r"vcan0 +00000124 +remote", last) is not None, last)
        screen.resize(6, 30)
        small = screen.read(2).split("\x1b[H")[-1]
        lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).strip("\r") for line in small.split("\r\n")]
        report.check("table: fits a terminal that was made smaller", 1 < len(lines) <= 6 and
                     all(len(line) <= 30 for line in lines), lines)
        rest = screen.interrupt()
        summary = rest.split("\x1b[?1049l")[-1]
        report.check("table: Ctrl-C gives the screen back and prints the table, exit code 0", "\x1b[?25h\x1b[?1049l" in rest and
                     screen.process.returncode == 0 and re.search(r"vcan0 +123 +classic", summary) is not None and
                     "\x1b" not in summary, f"{screen.process.returncode} {rest[-400:]}")
        screen = Screen(SINEW, "can", "dump", "vcan0", "--table", NO_COLOR="1")
        plain = screen.read(2)
        screen.interrupt()
        report.check("table: NO_COLOR underlines", "\x1b[4m" in plain and "\x1b[1;33m" not in plain, plain[-300:])
        code, output, errors = can("dump", "vcan0", "--table", "--for", "2", "--bitrate", "500000")
        report.check("table: no terminal, one table of plain lines at the end", code == 0 and "\x1b" not in output and
                     output.count("bus ") == 2 and re.search(r"vcan0 +500000 ", output) is not None, f"{code} {output} {errors}")
        rate = re.search(r"vcan0 +123 +classic +(\d+) +([\d.]+)", output)
        report.check("table: counts what came, and its rate", rate is not None and int(rate[1]) > 5 and float(rate[2]) > 1, output)
    finally:
        for sender in senders:
            sender.kill()
            sender.wait()


def check_error_frames():
    adapter = Adapter()
    shell(f"ip link set {adapter.name} type can bitrate 1000000; ip link set {adapter.name} up")
    path = str(pathlib.Path(tempfile.mkdtemp()) / "errors.pcap")
    with Recording(SINEW, "can", "dump", adapter.name) as ours, Recording(SINEW, "can", "dump", adapter.name, "--write", path), \
            Recording("candump", "-L", f"{adapter.name},0:0,#FFFFFFFF") as theirs:
        for text in ("e1a", "e2Bs", "e1o", "sw000100", "t1232ABCD", "sp000130", "sa000050", "r1234", "sb000256"):
            adapter.say(text)
            time.sleep(0.02)
    report.check("error frames, states and bus-off: the lines of candump -L", ours.lines == theirs.lines and len(ours.lines) == 9,
                 f"{ours.lines} {theirs.lines}")
    code, output, errors = can("convert", path, "-", "--name", adapter.name)
    report.check("the same from a pcap of --write", code == 0 and output.splitlines() == theirs.lines, f"{code} {output} {errors}")
    report.check("the states are told as they change", [line.split(": ")[1] for line in ours.errors.splitlines()]
                 == ["error-warning", "error-passive", "error-active", "bus-off"], ours.errors)
    found = stat(adapter.name)
    report.check("stat: bus-off", found["state"] == "bus-off" and found["bus_offs"] == 1 and found["bit_rate"] == 1000000, found)
    adapter.unplug()


def check_send():
    frames = ["123#DEADBEEF", "00000123#", "1ABCDEF0#0102030405060708", "7FF#R", "00000102#R4", "001##0", "123##1AABB",
              "12345678##3" + "5A" * 64, "100##2" + "00" * 12]
    with Recording("candump", "-L", "vcan0") as theirs:
        code, _, errors = can("send", "vcan0", *frames)
    report.check("send: candump sees the frames as they were written", code == 0 and
                 [formatted(line).split()[2] for line in theirs.lines] == frames, f"{errors} {theirs.lines}")
    for text in ("12#00", "800#", "123#001", "123##1" + "00" * 9, "123"):
        code, _, errors = can("send", "vcan0", text)
        report.check(f"send: {text[:12]} is refused", code == 2 and "is no frame" in errors, f"{code} {errors}")
    shell("ip link set vcan10 mtu 16 2>/dev/null || { ip link set vcan10 down; ip link set vcan10 mtu 16 up; }")
    code, _, errors = can("send", "vcan10", "123##1AA")
    report.check("send: CAN FD on an interface without says so", code == 3 and errors != "", f"{code} {errors}")


def check_stat():
    for name in ("vcan0", "vcan10"):
        found = stat(name)
        counters = pathlib.Path(f"/sys/class/net/{name}/statistics")
        report.check(f"stat: {name} as the kernel counts", found["virtual"] and found["up"] and found["bit_rate"] is None and
                     found["received_frames"] == int((counters / "rx_packets").read_text()) > 0 and
                     found["sent_frames"] == int((counters / "tx_packets").read_text()), found)
    code, output, _ = can("stat")
    report.check("stat: without names all CAN interfaces and no others", code == 0 and
                 [line.split()[0] for line in output.splitlines()[1:]] == ["vcan0", "vcan10"], output)
    code, _, errors = can("stat", "lo")
    report.check("stat: lo is no CAN interface", code == 3 and "is no CAN interface" in errors, errors)


def check_up_and_down():
    adapter = Adapter()
    description = str(robot("up", {"robstride": adapter.name, "damiao": "vcan0"}))
    code, output, errors = can("up", description, before=NO_RIGHTS)
    report.check("up: without rights, exit code 3 and what to type", code == 3 and "not allowed; type the same with sudo" in errors, errors)
    code, output, errors = can("up", description)
    report.check("up: the adapter is told 1 Mbit/s", code == 0 and adapter.commands() == [b"C", b"S8", b"O"], f"{output} {errors}")
    found = stat(adapter.name)
    report.check("up: set as described, with a queue of 64 and no restart", found["state"] == "error-active" and
                 found["bit_rate"] == 1000000 and found["queue_frames"] == 64 and found["restart_ms"] == 0, found)
    code, output, errors = can("up", description)
    report.check("up again: left alone", code == 0 and f"{adapter.name}: is up as described" in output and adapter.commands() == [], output)
    shell(f"ip link set {adapter.name} down; ip link set {adapter.name} type can bitrate 500000; ip link set {adapter.name} up")
    adapter.commands()
    code, output, errors = can("up", description, "--bus", "robstride_bus")
    report.check("up: another bit rate is corrected", code == 0 and stat(adapter.name)["bit_rate"] == 1000000 and
                 adapter.commands()[-3:] == [b"C", b"S8", b"O"], f"{output} {errors}")
    code, output, errors = can("up", description, "--bus", "neck")
    report.check("up: a bus that is not there", code == 2 and "its buses: robstride_bus, damiao_bus" in errors, errors)
    code, output, errors = can("down", description)
    report.check("down: every interface of the robot", code == 0 and stat(adapter.name)["state"] == "down" and
                 stat("vcan0")["state"] == "down", f"{output} {errors}")
    adapter.unplug()


for check in (check_dump, check_write, check_table, check_error_frames, check_send, check_stat, check_up_and_down):
    begin = time.monotonic()
    check()
    print(f"{check.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
report.close()
