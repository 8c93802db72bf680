#!/usr/bin/env python3
"""Golden bytes of the transports against python-can, which speaks two of them, and a layout written down here for the third.

Firmware-Interfaces/Vectors/transports.json holds what python-can 4.6.1 makes of frames as udp_multicast and slcan, and what
the layout of cannelloni makes of them. This script asks again and compares to the byte, and has python-can read every
row; the test suite runs the same rows through our codecs. With --write it makes the file anew.
"""
import importlib.metadata
import json
import pathlib
import random
import struct
import sys

import can
from can.interfaces.udp_multicast.utils import pack_message, unpack_message

from report import Report

FILE = pathlib.Path(__file__).resolve().parents[2] / "Firmware-Interfaces/Vectors/transports.json"
SEED = 20261128
LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]
SOURCES = {
    "udp_multicast": f"python-can {importlib.metadata.version('python-can')}, pack_message",
    "slcan": f"python-can {importlib.metadata.version('python-can')}, SlcanBus.send",
    "cannelloni": "cannelloni.h and parser.cpp of github.com/mguentner/cannelloni: the layout, not captured",
}


def messages():
    """Every length of every format, and the ends of the identifiers."""
    generator = random.Random(SEED)
    for extended in (False, True):
        top = 0x1FFFFFFF if extended else 0x7FF
        for fd, switch in ((False, False), (True, False), (True, True)):
            for length in LENGTHS if fd else LENGTHS[:9]:
                yield can.Message(arbitration_id=generator.choice([0, top, generator.randint(0, top)]),
                                  is_extended_id=extended, is_fd=fd, bitrate_switch=switch,
                                  data=generator.randbytes(length))
    for extended in (False, True):
        yield can.Message(arbitration_id=0x123, is_extended_id=extended, is_remote_frame=True, dlc=8)
    yield can.Message(arbitration_id=0x20, is_extended_id=False, is_error_frame=True, data=bytes(8))


def slcan_bus(**options):
    return can.Bus(interface="slcan", channel="loop://", sleep_after_open=0, **options)


def written(bus):
    """All that was written. A read of the loop gives less where the host stalls for longer than its timeout."""
    data = b""
    while bus.serialPortOrig.in_waiting:
        data += bus.serialPortOrig.read(bus.serialPortOrig.in_waiting)
    return data


def opening_of(**options):
    """What python-can writes when it opens an adapter."""
    with slcan_bus(**options) as bus:
        return written(bus).decode()


def cannelloni(message, sequence):
    """A datagram of one frame. Bits of the identifier as SocketCAN has them; length with 0x80 for CAN FD, then flags."""
    number = (message.arbitration_id | message.is_extended_id << 31 | message.is_remote_frame << 30
              | message.is_error_frame << 29)
    length = bytes([message.dlc | 0x80, int(message.bitrate_switch)]) if message.is_fd else bytes([message.dlc])
    return (struct.pack(">BBBH", 2, 0, sequence & 0xFF, 1) + struct.pack(">I", number) + length + bytes(message.data))


def make():
    rows = []
    timing = can.BitTimingFd(f_clock=80_000_000, nom_brp=1, nom_tseg1=63, nom_tseg2=16, nom_sjw=16, data_brp=1,
                             data_tseg1=11, data_tseg2=4, data_sjw=4)
    opening = {"classic, 1 Mbit/s": opening_of(bitrate=1000000), "CAN FD, 1 and 5 Mbit/s": opening_of(timing=timing)}
    bus = slcan_bus(bitrate=1000000)
    written(bus)
    for sequence, message in enumerate(messages()):
        frame = {"id": message.arbitration_id, "extended": message.is_extended_id, "fd": message.is_fd,
                 "brs": message.bitrate_switch, "data": message.data.hex(),
                 "found": "error" if message.is_error_frame else "remote" if message.is_remote_frame else "frame"}
        rows.append({"transport": "udp_multicast", **frame, "wire": pack_message(message).hex()})
        rows.append({"transport": "cannelloni", **frame, "sequence": sequence, "wire": cannelloni(message, sequence).hex()})
        if not message.is_error_frame:
            bus.send(message)
            rows.append({"transport": "slcan", **frame, "wire": written(bus).hex()})
    bus.shutdown()
    return {"sources": SOURCES, "written_by": "Tests/Interop/check_transport_vectors.py --write", "seed": SEED,
            "slcan_opening": opening, "rows": rows}


def same(message, row):
    data = b"" if row["found"] != "frame" else bytes(message.data)
    return (message.arbitration_id == row["id"] and message.is_extended_id == row["extended"]
            and message.is_fd == row["fd"] and (message.bitrate_switch == row["brs"] or not row["fd"])
            and (row["found"] != "frame" or data.hex() == row["data"]))


def main():
    report = Report()
    if sys.argv[1:] == ["--write"]:
        table = make()
        rows = ",\n  ".join(json.dumps(row) for row in table.pop("rows"))
        FILE.write_text(json.dumps(table, indent=1)[:-2] + f',\n "rows": [\n  {rows}\n ]\n}}\n')
    golden, made = json.loads(FILE.read_text()), make()
    report.check(f"{len(golden['rows'])} golden rows are what the peers write", golden["rows"] == made["rows"],
                 next((pair for pair in zip(golden["rows"], made["rows"]) if pair[0] != pair[1]), ""))
    report.check("python-can opens an slcan adapter as the golden file says", golden["slcan_opening"]
                 == made["slcan_opening"], made["slcan_opening"])
    bus, wrong = slcan_bus(bitrate=1000000), []
    written(bus)
    for row in golden["rows"]:
        wire = bytes.fromhex(row["wire"])
        if row["transport"] == "udp_multicast" and not same(unpack_message(wire), row):
            wrong.append(row)
        if row["transport"] == "slcan":
            bus.serialPortOrig.write(wire)
            message = bus.recv(1)
            if message is None or not same(message, row):
                wrong.append((row, message))
    bus.shutdown()
    report.check("python-can reads what it wrote", not wrong, wrong[:1])
    report.close()


if __name__ == "__main__":
    main()
