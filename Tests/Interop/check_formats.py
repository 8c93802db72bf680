#!/usr/bin/env python3
"""Files of bus traffic: `sinew can convert` beside can-utils, python-can, tshark and editcap, on 20,000 frames each way."""
import collections
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import can

from report import SINEW, Report, run

FRAMES = 20_000
SEED = 227
FD_LENGTHS = (0, 1, 5, 8, 12, 16, 20, 24, 32, 48, 64)
START = 1_700_000_000_000_000  # us
ERROR, EXTENDED, REMOTE = 0x20000000, 0x80000000, 0x40000000


class Frame:
    """One frame of any format; `kind` is classic, fd, remote or error."""

    def __init__(self, generator, time, errors=True):
        self.time = time  # us
        self.kind = generator.choice(("classic", "classic", "fd", "fd", "remote") + (("error",) if errors else ()))
        self.extended = self.kind != "error" and generator.random() < 0.5
        # The classes of linux/can/error.h; of the others a dissector knows nothing.
        self.id = (generator.choice([1 << bit for bit in range(9)]) if self.kind == "error"
                   else generator.randrange(1 << (29 if self.extended else 11)))
        self.flags = generator.randrange(4) if self.kind == "fd" else 0
        self.length = generator.choice(FD_LENGTHS) if self.kind == "fd" else 8 if self.kind == "error" else generator.randrange(9)
        self.data = b"" if self.kind == "remote" else generator.randbytes(self.length)

    def line(self, interface="can0"):
        digits = f"{self.id | ERROR:08X}" if self.kind == "error" else f"{self.id:0{8 if self.extended else 3}X}"
        data = {"fd": f"#{self.flags}{self.data.hex().upper()}",
                "remote": f"R{self.length or ''}"}.get(self.kind, self.data.hex().upper())
        return f"({self.time // 1_000_000:010}.{self.time % 1_000_000:06}) {interface} {digits}#{data}"

    def packet(self):
        """A packet of link type 227, by its definition."""
        word = self.id | (EXTENDED if self.extended else 0) | {"error": ERROR, "remote": REMOTE}.get(self.kind, 0)
        flags = self.flags | 4 if self.kind == "fd" else 0
        return struct.pack(">IBBBB", word, self.length, flags, 0, 0) + self.data


def frames(generator, count=FRAMES, **more):
    time, out = START, []
    for _ in range(count):
        time += generator.randrange(1, 3000)
        out.append(Frame(generator, time, **more))
    return out


def text(lines):
    return "".join(line + "\n" for line in lines)


def convert(report, what, *arguments, code=0):
    got, output, errors = run("can", "convert", *map(str, arguments))
    report.check(f"{what}: exit {code}", got == code, f"{got}: {errors[-300:]}")
    return output, errors


def first_difference(ours, theirs):
    return next((pair for pair in zip(ours, theirs) if pair[0] != pair[1]), f"{len(ours)} and {len(theirs)}")


def same(report, what, ours, theirs):
    report.check(what, ours == theirs and len(ours) > 0, first_difference(ours, theirs))


def check_round_trip(report, folder, sent):
    """candump, pcap, candump; and over pcapng with three interfaces and directions."""
    log = folder / "one.log"
    log.write_text(text(frame.line() for frame in sent))
    convert(report, "candump to pcap", log, folder / "one.pcap")
    convert(report, "pcap to candump", folder / "one.pcap", folder / "back.log")
    report.check(f"{len(sent)} frames, error frames among them: candump, pcap, candump byte for byte",
                 (folder / "back.log").read_bytes() == log.read_bytes())
    generator = random.Random(SEED + 1)
    several = folder / "three.log"
    several.write_text(text(frame.line(generator.choice(("can0", "vcan1", "arm"))) + generator.choice(("", " R", " T"))
                            for frame in sent))
    convert(report, "candump to pcapng", several, folder / "three.pcapng")
    output, _ = convert(report, "pcapng to candump", folder / "three.pcapng", folder / "back3.log", "--json")
    report.check("three interfaces and directions: candump, pcapng, candump byte for byte",
                 (folder / "back3.log").read_bytes() == several.read_bytes())
    found = json.loads(output)
    report.check("--json counts them", found["frames"] == len(sent) and set(found["interfaces"]) == {"can0", "vcan1", "arm"}
                 and found["unreadable"] == 0 and found["break_off_byte"] is None, output)
    code, _, errors = run("can", "convert", str(several), str(folder / "three.pcap"))
    report.check("three interfaces into one pcap: exit 3, what to do, and no file", code == 3 and "pcapng" in errors
                 and not list(folder.glob("three.pcap*[!g]")), f"{code} {errors} {sorted(p.name for p in folder.iterdir())}")
    convert(report, "--interface", several, folder / "arm.log", "--interface", "arm")
    same(report, "--interface: its frames and no others", (folder / "arm.log").read_text().splitlines(),
         [line for line in several.read_text().splitlines() if line.split()[1] == "arm"])


def dissected(path):
    """What tshark makes of each packet of a file."""
    fields = ["frame.time_epoch", "can.id", "can.flags.xtd", "can.flags.rtr", "can.flags.err", "can.len", "canfd.flags.brs",
              "canfd.flags.esi", "data.data", "frame.protocols", "frame.interface_name", "_ws.malformed"]
    options = [word for field in fields for word in ("-e", field)]
    # Dissectors that take random data for a protocol of cars would say that it is malformed.
    guesses = subprocess.run(["tshark", "-G", "heuristic-decodes"], capture_output=True, text=True, timeout=60).stdout
    for line in guesses.splitlines():
        words = line.split("\t")
        if words[0].startswith("can"):
            options += ["--disable-heuristic", words[3]] if len(words) > 3 else ["--disable-protocol", words[1]]
    done = subprocess.run(["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=|", *options],
                          capture_output=True, text=True, timeout=120)
    return [line.split("|") for line in done.stdout.splitlines()], done.stderr


def check_tshark(report, folder, sent):
    for name in ("one.pcap", "one.pcapng"):
        if name.endswith("ng"):
            convert(report, "candump to pcapng, one interface", folder / "one.log", folder / name)
        rows, errors = dissected(folder / name)
        expected = [(f"{frame.time // 1_000_000}.{frame.time % 1_000_000:06}000", frame.kind != "error" and frame.id, frame.extended,
                     frame.kind == "remote", frame.kind == "error", frame.length, frame.kind == "fd",
                     frame.kind == "fd" and bool(frame.flags & 1), frame.kind == "fd" and bool(frame.flags & 2), False)
                    for frame in sent]
        # An error frame has classes instead of an identifier; see check_error_fields.
        found = [(row[0], row[1] != "" and int(row[1], 0), row[2] == "1", row[3] == "1", row[4] == "1", int(row[5]), row[6] != "",
                  row[6] == "1", row[7] == "1", row[11] != "") for row in rows]
        same(report, f"tshark, {name}: time, id, format flags, length, CAN FD with BRS and ESI of every frame", found, expected)
        # Error frames have fields of their own instead of data.
        data = [(frame.data.hex(), row[8]) for frame, row in zip(sent, rows) if frame.kind in ("classic", "fd")]
        differing = [pair for pair in data if pair[0] != pair[1]]
        report.check(f"tshark, {name}: the data of every frame", len(data) > 1000 and not differing, f"{differing[:2]} {errors[-200:]}")
        if name.endswith("ng"):
            report.check("tshark, pcapng: the interface's name", {row[10] for row in rows} == {"can0"}, rows[:1])


def check_error_fields(report, folder):
    """tshark on error frames: the classes of each, and a controller that is error-passive."""
    generator = random.Random(SEED)
    sent = [frame for frame in frames(generator, 4000) if frame.kind == "error"]
    (folder / "errors.log").write_text(text(frame.line() for frame in sent))
    convert(report, "error frames to pcap", folder / "errors.log", folder / "errors.pcap")
    classes = ["tx_timeout", "lostarb", "ctrl", "prot", "trx", "ack", "busoff", "buserror", "restarted"]
    options = [word for name in classes for word in ("-e", f"can.err.{name}")]
    done = subprocess.run(["tshark", "-n", "-r", str(folder / "errors.pcap"), "-T", "fields", "-E", "separator=|", *options],
                          capture_output=True, text=True, timeout=60)
    found = [[value == "1" for value in line.split("|")] for line in done.stdout.splitlines()]
    expected = [[frame.id == 1 << bit for bit in range(9)] for frame in sent]
    same(report, "tshark: the class of every error frame", found, expected)


def check_editcap(report, folder):
    """What Wireshark's own tools write is read: pcapng of pcap, microseconds, and back."""
    whole = (folder / "one.log").read_text().splitlines()
    for name, kind in (("edited.pcapng", "pcapng"), ("edited.pcap", "nsecpcap"), ("micro.pcap", "pcap")):
        done = subprocess.run(["editcap", "-F", kind, str(folder / "one.pcap"), str(folder / name)], capture_output=True, text=True)
        convert(report, f"editcap's {kind} to candump", folder / name, folder / "edited.log")
        same(report, f"editcap's {kind}: the same lines", (folder / "edited.log").read_text().splitlines(), whole)
        report.check(f"editcap {kind}: done", done.returncode == 0, done.stderr[-200:])


def check_foreign_pcap(report, folder):
    """Files written from the definition, in both orders of bytes and both units, whole kernel structs among the packets."""
    generator = random.Random(SEED + 2)
    sent = frames(generator)
    for order in "<>":
        for magic, unit in ((0xA1B23C4D, 1000), (0xA1B2C3D4, 1)):
            parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, 227)]
            for index, frame in enumerate(sent):
                packet = frame.packet()
                if index % 3 == 0:
                    packet = packet.ljust(72 if frame.kind == "fd" else 16, b"\0")
                head = struct.pack(order + "IIII", frame.time // 1_000_000, frame.time % 1_000_000 * unit, len(packet), len(packet))
                parts.append(head + packet)
            (folder / "foreign.pcap").write_bytes(b"".join(parts))
            what = f"pcap {'little' if order == '<' else 'big'}-endian, {'ns' if unit > 1 else 'us'}"
            convert(report, what, folder / "foreign.pcap", folder / "foreign.log")
            same(report, f"{what}: {FRAMES} frames of another writer", (folder / "foreign.log").read_text().splitlines(),
                 [frame.line() for frame in sent])


def message(frame):
    return can.Message(timestamp=frame.time / 1e6, arbitration_id=frame.id, is_extended_id=frame.extended,
                       is_remote_frame=frame.kind == "remote", is_fd=frame.kind == "fd", bitrate_switch=bool(frame.flags & 1),
                       error_state_indicator=bool(frame.flags & 2), dlc=frame.length, data=frame.data, channel="can0")


def check_python_can(report, folder):
    """python-can reads what we write and writes what we read, error frames left out: its reader makes data frames of them."""
    generator = random.Random(SEED + 3)
    sent = frames(generator, errors=False)
    (folder / "theirs.log").write_text("")
    writer = can.CanutilsLogWriter(str(folder / "theirs.log"))
    for frame in sent:
        writer.on_message_received(message(frame))
    writer.stop()
    convert(report, "python-can's log to pcap", folder / "theirs.log", folder / "theirs.pcap")
    convert(report, "that to candump", folder / "theirs.pcap", folder / "theirs-back.log")
    # python-can writes a remote frame's length as data of no length: R without it.
    same(report, f"{FRAMES} frames that python-can wrote", [line.split()[2] for line in (folder / "theirs-back.log").read_text().splitlines()],
         [frame.line().split()[2] if frame.kind != "remote" else frame.line().split()[2].split("R")[0] + "R" for frame in sent])
    (folder / "ours.log").write_text(text(frame.line() for frame in sent))
    convert(report, "candump to pcapng for python-can", folder / "ours.log", folder / "ours.pcapng")
    convert(report, "that to candump", folder / "ours.pcapng", folder / "ours-back.log")
    read = list(can.CanutilsLogReader(str(folder / "ours-back.log")))
    fields = lambda item: (round(item.timestamp * 1e6), item.arbitration_id, item.is_extended_id, item.is_remote_frame, item.is_fd,
                           item.bitrate_switch, item.error_state_indicator, bytes(item.data), item.channel)
    same(report, f"python-can reads {FRAMES} frames that we wrote", [fields(item) for item in read],
         [fields(message(frame)) for frame in sent])
    (folder / "error.log").write_text("(0000000001.000000) can0 20000004#0010000000008200\n")
    lost = next(iter(can.CanutilsLogReader(str(folder / "error.log"))))
    report.check("python-can still reads an error frame as a data frame; Peers.md says so", not lost.is_error_frame
                 and lost.arbitration_id & 0x1FFFFFFF == 4, lost)


def check_can_utils(report, folder, sent):
    """log2asc and asc2log there and back, log2long: on our log of a pcap."""
    ours = folder / "back.log"
    converted = folder / "back.asc"
    done = subprocess.run(["log2asc", "-I", str(ours), "-O", str(converted), "can0"], capture_output=True, text=True)
    back = subprocess.run(["asc2log", "-I", str(converted)], capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})
    # asc keeps of an error frame only that it was one, and times from the first frame on.
    found = [line.split()[2] for line in back.stdout.splitlines() if "#" in line]
    expected = [frame.line().split()[2] if frame.kind != "error" else "20000080#" + "00" * 8 for frame in sent]
    same(report, "log2asc and asc2log: every frame comes back", found, expected)
    report.check("log2asc and asc2log: done", done.returncode == 0 and back.returncode == 0, done.stderr + back.stderr)
    (folder / "asc.log").write_text(back.stdout)
    convert(report, "asc2log's log to pcapng", folder / "asc.log", folder / "asc.pcapng")
    convert(report, "that to candump", folder / "asc.pcapng", folder / "asc-back.log")
    same(report, "asc2log's log with directions: the same lines over pcapng", (folder / "asc-back.log").read_text().splitlines(),
         [line for line in back.stdout.splitlines() if "#" in line])
    long = subprocess.run(["log2long"], input=ours.read_text(), capture_output=True, text=True).stdout.splitlines()
    kinds = [(int(line.split()[2], 16) & ~ERROR, "ERRORFRAME" in line, "remote request" in line, int(line.split()[3].strip("[]")))
             for line in long]
    same(report, "log2long: id, length, error and remote frames of every line", kinds,
         [(frame.id, frame.kind == "error", frame.kind == "remote", frame.length) for frame in sent])


def check_broken(report, folder):
    """Cut and spoilt files: what is whole is kept, the place is told, exit 1."""
    whole = (folder / "one.pcap").read_bytes()
    (folder / "cut.pcap").write_bytes(whole[:len(whole) // 2])
    _, errors = convert(report, "a pcap cut in the middle", folder / "cut.pcap", folder / "cut.log", code=1)
    kept = (folder / "cut.log").read_text()
    report.check("its whole frames are kept", kept != "" and (folder / "one.log").read_text().startswith(kept), kept[-80:])
    place = 24
    for _ in kept.splitlines():
        place += 16 + struct.unpack_from("<I", whole, place + 8)[0]
    report.check("where it breaks off is told to the byte", f"cut.pcap: byte {place}: the file ends within" in errors, errors)
    (folder / "spoilt.log").write_text("(1.000000) can0 123#00\nhello\n(2.000000) can0 124#00\n")
    output, errors = convert(report, "a log with a strange line", folder / "spoilt.log", folder / "spoilt.pcap", code=1)
    report.check("its line is told, the others are kept", "spoilt.log: line 2: " in errors and "2 frames" in output, errors + output)
    (folder / "ethernet.pcap").write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    _, errors = convert(report, "a pcap of Ethernet", folder / "ethernet.pcap", folder / "no.log", code=2)
    report.check("its link type is told", "link type 1, no CAN (227)" in errors, errors)
    _, errors = convert(report, "a file that is not there", folder / "none.pcap", folder / "no.log", code=2)
    _, errors = convert(report, "a folder that is not there", folder / "one.log", folder / "none/no.pcap", code=3)


def check_memory(report, folder):
    """Most memory of a conversion, for a file of 1 MB and one of 40."""
    line = "(0000000001.000002) can0 12345678##3" + "5A" * 64 + "\n"
    # From a small process: the peak of one that was forked begins with that of its parent.
    measure = ("import os, subprocess, sys; p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL); "
               "_, status, usage = os.wait4(p.pid, 0); print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)")
    peaks = []
    for count in (6_000, 240_000):
        (folder / "long.log").write_text(line * count)
        done = subprocess.run([sys.executable, "-c", measure, SINEW, "can", "convert", str(folder / "long.log"),
                               str(folder / "long.pcapng")], capture_output=True, text=True, timeout=300)
        code, peak = map(int, done.stdout.split())
        report.check(f"{count} frames: exit 0", code == 0)
        peaks.append(peak)
    report.check("40 times the file takes no more memory", peaks[1] - peaks[0] < 4096, f"{peaks} KiB")


def check_recording(report, folder):
    """The frames of a recording: those of the trace of the same run."""
    code, _, errors = run("run", "Robots/navigator", "--motion", "wave", "--for", "0.3", "--pace", "fast", "--trace",
                          str(folder / "run.log"), "--record", str(folder / "run.mcap"))
    report.check("a run with trace and recording: exit 0", code == 0, errors[-300:])
    for name in ("frames.log", "frames.pcapng"):
        code, output, errors = run("log", "export", str(folder / "run.mcap"), "--frames", str(folder / name))
        report.check(f"log export --frames {name}: exit 0", code == 0 and "frames" in output, f"{code} {errors}")
    convert(report, "its pcapng to candump", folder / "frames.pcapng", folder / "frames-back.log")
    lines = (folder / "frames.log").read_text().splitlines()
    same(report, "log export: candump and pcapng hold the same", (folder / "frames-back.log").read_text().splitlines(), lines)
    traced = collections.Counter(tuple(line.split()[1:3]) for line in (folder / "run.log").read_text().splitlines())
    found = collections.Counter(tuple(line.split()[1:3]) for line in lines)
    # What was sent in the last cycle never got onto the simulated buses.
    unsent = found - traced
    last = max(line.split()[0] for line in lines if line.endswith(" T"))
    report.check("log export: frames of the trace, of both directions, and no others", sum(found.values()) > 10_000
                 and unsent == unsent & collections.Counter(tuple(line.split()[1:3]) for line in lines if line.startswith(last)) and {line.split()[3] for line in lines} == {"R", "T"},
                 f"{sum(found.values())} {unsent.total()} {list(unsent.items())[:3]}")
    code, output, errors = run("log", "export", str(folder / "run.mcap"), "--frames", str(folder / "frames.pcap"))
    report.check("log export: several buses into one pcap are refused", code == 3 and "pcapng" in errors, f"{code} {errors}")
    code, output, errors = run("log", "export", str(folder / "run.mcap"), "--frames", str(folder / "frames.pcap"), "--bus", "nobus")
    names = errors.partition("its buses: ")[2].split(", ")
    report.check("log export: a bus that is not there", code == 2 and len(names) == 13, f"{code} {errors}")
    code, output, errors = run("log", "export", str(folder / "run.mcap"), "--frames", str(folder / "frames.pcap"), "--bus", names[0])
    report.check("log export: one bus into a pcap", code == 0 and (folder / "frames.pcap").stat().st_size > 1000, f"{code} {errors}")


def main():
    report = Report()
    sent = frames(random.Random(SEED))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_round_trip(report, folder, sent)
        check_tshark(report, folder, sent)
        check_error_fields(report, folder)
        check_editcap(report, folder)
        check_foreign_pcap(report, folder)
        check_python_can(report, folder)
        check_can_utils(report, folder, sent)
        check_broken(report, folder)
        check_memory(report, folder)
        check_recording(report, folder)
    report.close()


if __name__ == "__main__":
    main()
