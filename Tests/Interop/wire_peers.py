"""The headers against programs of others on the same bytes: the canopen package as SDO client and server and as
reader of our EDS, and the moteus package as builder and parser of frames."""
import ctypes
import io
import pathlib
import random
import struct

import canopen
from canopen.profiles.p402 import State402
from moteus import multiplex, moteus

from wire_library import buffer, values
from wire_rows import STATES, moteus_frame, moteus_written

PROTOCOLS = pathlib.Path(__file__).resolve().parents[2] / "Firmware-Interfaces/Protocols"
SEED = 20261124
NODE = 5
FRAMES = 10_000


class Line:
    """A bus of one wire: what one side sends, the other gets at once, through `canopen.Network.notify`."""

    def __init__(self, network):
        self.network = network
        self.sent = []
        network.send_message = self._send
        self.answer = None

    def _send(self, can_id, data, remote=False):
        self.sent.append((can_id, bytes(data)))
        if self.answer is not None:
            for reply_id, reply in self.answer(can_id, bytes(data)):
                self.network.notify(reply_id, bytearray(reply), 0.0)


class Server:
    """An SDO server of one object dictionary, made of our decoders and encoders alone."""

    def __init__(self, wire, objects):
        self.wire = wire
        self.objects = objects
        self.upload = self.download = b""
        self.open = (0, 0)

    def reply(self, content=None, **fields):
        sdo = self.wire.structs["canopen_sdo"](**fields)
        encoded, data = self.wire.encode("canopen_encode_sdo_reply", sdo, buffer(content or b"\0"))
        return data[:8] if encoded else None

    def answer(self, can_id, data):
        address = self.wire.canopen_decode_address(can_id)
        request = self.wire.decode("canopen_decode_sdo_request", data)
        if address.service != self.wire.CANOPEN_SERVICE_SDO_REQUEST or request is None:
            return []
        reply = self.handle(request, data)
        return [] if reply is None else [(0x580 + address.node, reply)]

    def handle(self, request, data):
        wire, key = self.wire, (request.index, request.subindex)
        named = {"kind": request.kind, "index": request.index, "subindex": request.subindex}
        if request.kind == wire.CANOPEN_SDO_ABORT:
            return None
        if request.kind in (wire.CANOPEN_SDO_UPLOAD, wire.CANOPEN_SDO_DOWNLOAD) and key not in self.objects:
            return self.reply(**(named | {"kind": wire.CANOPEN_SDO_ABORT, "value": wire.CANOPEN_ABORT_NO_OBJECT}))
        if request.kind == wire.CANOPEN_SDO_UPLOAD:
            content = self.objects[key]
            if 1 <= len(content) <= 4:
                return self.reply(**named, is_expedited=True, has_size=True, size=len(content),
                                  value=int.from_bytes(content, "little"))
            self.upload = content
            return self.reply(**named, has_size=True, value=len(content))
        if request.kind == wire.CANOPEN_SDO_UPLOAD_SEGMENT:
            part, self.upload = self.upload[:7], self.upload[7:]
            return self.reply(part, kind=request.kind, toggle=request.toggle, size=len(part),
                              is_last=not self.upload)
        if request.kind == wire.CANOPEN_SDO_DOWNLOAD:
            self.open, self.download = key, b""
            if request.is_expedited:
                self.objects[key] = request.value.to_bytes(4, "little")[:request.size]
            return self.reply(**named)
        if request.kind == wire.CANOPEN_SDO_DOWNLOAD_SEGMENT:
            self.download += data[1:1 + request.size]
            if request.is_last:
                self.objects[self.open] = self.download
            return self.reply(kind=request.kind, toggle=request.toggle)
        return self.reply(**(named | {"kind": wire.CANOPEN_SDO_ABORT, "value": wire.CANOPEN_ABORT_COMMAND}))


def sdo_server(wire, report):
    """canopen's client reads and writes objects of every length from our server."""
    generator = random.Random(SEED)
    objects = {(0x2000 + size, 0): b"" for size in range(1, 65)}
    server = Server(wire, objects)
    network = canopen.Network()
    line = Line(network)
    line.answer = server.answer
    node = network.add_node(NODE)
    wrong = []
    for size in range(1, 65):
        content = generator.randbytes(size)
        node.sdo.download(0x2000 + size, 0, content)
        if objects[0x2000 + size, 0] != content or node.sdo.upload(0x2000 + size, 0) != content:
            wrong.append(size)
    report.check("canopen's SDO client against our server, objects of 1..64 bytes", not wrong, wrong)
    for what, call in (("upload", lambda: node.sdo.upload(0x3000, 1)),
                       ("download", lambda: node.sdo.download(0x3000, 1, b"\1"))):
        try:
            call()
            code = None
        except canopen.SdoAbortedError as error:
            code = error.code
        report.check(f"canopen's SDO client sees our abort of an {what}", code == wire.CANOPEN_ABORT_NO_OBJECT, code)


def sdo_client(wire, report):
    """Our client's frames write and read a LocalNode of canopen, expedited and in segments."""
    dictionary = canopen.ObjectDictionary()
    variable = canopen.objectdictionary.ODVariable("anything", 0x2000, 0)
    variable.data_type = canopen.objectdictionary.DOMAIN
    variable.access_type = "rw"
    dictionary.add_object(variable)
    network = canopen.Network()
    line = Line(network)
    network.add_node(canopen.LocalNode(NODE, dictionary))
    sdo = wire.structs["canopen_sdo"]

    def exchange(content=b"\0", **fields):
        encoded, request = wire.encode("canopen_encode_sdo_request", sdo(**fields), buffer(content))
        line.sent.clear()
        network.notify(0x600 + NODE, bytearray(request[:8]), 0.0)
        can_id, reply = line.sent[-1]
        decoded = wire.decode("canopen_decode_sdo_reply", reply)
        return (decoded, reply) if encoded and can_id == 0x580 + NODE else (None, b"")

    wrong = []
    generator = random.Random(SEED)
    for size in range(1, 65):
        content = generator.randbytes(size)
        object = {"index": 0x2000, "subindex": 0}
        if size <= 4:
            exchange(**object, kind=wire.CANOPEN_SDO_DOWNLOAD, is_expedited=True, has_size=True, size=size,
                     value=int.from_bytes(content, "little"))
        else:
            exchange(**object, kind=wire.CANOPEN_SDO_DOWNLOAD, has_size=True, value=size)
            for part in range(0, size, 7):
                reply, _ = exchange(content[part:part + 7], kind=wire.CANOPEN_SDO_DOWNLOAD_SEGMENT,
                                    toggle=part // 7 % 2 == 1, size=min(7, size - part), is_last=part + 7 >= size)
                if reply.kind != wire.CANOPEN_SDO_DOWNLOAD_SEGMENT or reply.toggle != (part // 7 % 2 == 1):
                    wrong.append((size, part, values(reply)))
        reply, _ = exchange(**object, kind=wire.CANOPEN_SDO_UPLOAD)
        if reply.is_expedited:
            back = reply.value.to_bytes(4, "little")[:reply.size]
        else:
            back, toggle, last = b"", False, False
            while not last:
                reply, data = exchange(kind=wire.CANOPEN_SDO_UPLOAD_SEGMENT, toggle=toggle)
                back, toggle, last = back + data[1:1 + reply.size], not toggle, reply.is_last
        if back != content:
            wrong.append((size, back.hex()))
    report.check("our SDO client against canopen's LocalNode, objects of 1..64 bytes", not wrong, wrong[:3])
    reply, _ = exchange(kind=wire.CANOPEN_SDO_UPLOAD, index=0x4000, subindex=0)
    report.check("our SDO client sees canopen's abort", reply.kind == wire.CANOPEN_SDO_ABORT
                 and reply.value == wire.CANOPEN_ABORT_NO_OBJECT, values(reply))


def eds(wire, report):
    """canopen reads our EDS, whose process data are the header's."""
    dictionary = canopen.import_od(str(PROTOCOLS / "sinew_402.eds"), NODE)
    for pdo, count, entry in (
            (0x1600, 3, lambda n: wire.cia402_command_mapping(wire.CIA402_MODE_CYCLIC_POSITION, n)),
            (0x1A00, 3, wire.cia402_state_mapping), (0x1A01, 4, wire.cia402_detail_mapping)):
        got = [dictionary[pdo][n].default for n in range(1, count + 1)]
        want = [entry(n) for n in range(1, count + 1)]
        report.check(f"EDS mapping {pdo:#x}", got == want and dictionary[pdo][0].default == count
                     and entry(count + 1) == 0 and sum(word & 0xFF for word in want) == 64, [hex(w) for w in want])
        mapped = [dictionary[word >> 16] for word in want]
        report.check(f"EDS objects of {pdo:#x} may be mapped, and have the mapped length",
                     all(v.pdo_mappable and len(v) == word & 0xFF for v, word in zip(mapped, want)))
    missing = [name for name, index in wire.constants.items()
               if name.startswith(("CIA402_OBJECT_", "CANOPEN_OBJECT_")) and index not in dictionary]
    report.check("EDS has every object that the headers name", not missing, missing)
    for pdo, id in ((0x1400, 0x200 + NODE), (0x1800, 0x180 + NODE), (0x1801, 0x280 + NODE)):
        word = wire.canopen_decode_pdo_id(dictionary[pdo][1].default)
        report.check(f"EDS identifier of {pdo:#x}", word.id == id and word.is_valid, hex(word.id))


def states(wire, report):
    """All 65,536 statuswords: the same state as canopen's."""
    wrong = []
    for word in range(0x10000):
        theirs = [name for name, (mask, value) in State402.SW_MASK.items() if word & mask == value]
        ours = wire.cia402_decode_state(word)
        if [wire.constants[STATES[name]] for name in theirs] != ([ours] if ours else []):
            wrong.append((hex(word), theirs, ours))
    report.check("all 65536 statuswords decode as canopen's", not wrong, wrong[:3])


def moteus_parser(wire, report):
    """Random well-formed frames of our writer, read alike by moteus and by us."""
    generator = random.Random(SEED)
    kinds = {multiplex.SubframeType.WRITE: wire.MOTEUS_SUBFRAME_WRITE,
             multiplex.SubframeType.READ: wire.MOTEUS_SUBFRAME_READ,
             multiplex.SubframeType.RESPONSE: wire.MOTEUS_SUBFRAME_REPLY}
    field = wire.structs["moteus_field"]
    wrong, full = [], 0
    for _ in range(FRAMES):
        runs = []
        for _ in range(generator.randrange(1, 5)):
            fields = [field(generator.getrandbits(32), generator.randrange(5))
                      for _ in range(generator.randrange(1, 8))]
            runs.append((generator.choice(list(kinds.values())), generator.randrange(0x160), fields))
        writer, data = moteus_written(wire, runs)
        full += writer.is_full
        theirs = [(kinds[item.type], item.register, item.resolution + 1, item.value)
                  for item in multiplex.parse_frame(data)]
        ours = [(item.kind, item.index, item.resolution, moteus_value(wire, item))
                for item in moteus_frame(wire, data)]
        if str(theirs) != str(ours):  # NaN differs from itself, its text does not
            wrong.append(data.hex())
    report.check(f"moteus parses {FRAMES} frames of our writer as we do", not wrong and full > 0, wrong[:2])


def moteus_value(wire, item):
    if item.kind == wire.MOTEUS_SUBFRAME_READ:
        return None
    if item.resolution == wire.MOTEUS_RESOLUTION_FLOAT:
        return struct.unpack("<f", struct.pack("<I", item.value))[0]
    return struct.unpack("<i", struct.pack("<I", item.value))[0]


COMMAND = {"position": "position", "velocity": "velocity", "feedforward_torque": "torque", "kp_scale": "kp_scale",
           "kd_scale": "kd_scale", "maximum_torque": "maximum_torque", "stop_position": "stop_position",
           "watchdog_timeout": "watchdog_timeout", "velocity_limit": "velocity_limit",
           "accel_limit": "acceleration_limit", "fixed_voltage_override": "fixed_voltage",
           "ilimit_scale": "ki_limit_scale", "fixed_current_override": "fixed_current",
           "ignore_position_bounds": "ignore_bounds"}


def moteus_builder(wire, report):
    """Position commands of moteus's own builder, float resolution, equal to ours to the byte."""
    generator = random.Random(SEED)
    controller = moteus.Controller(id=1, transport=object())
    wrong = []
    for _ in range(FRAMES // 10):
        setpoint = {name: generator.uniform(-2, 2) for name in COMMAND
                    if name in ("position", "velocity") or generator.random() < 0.5}
        if "ignore_position_bounds" in setpoint:
            setpoint["ignore_position_bounds"] = 1  # a flag: moteus drops its fraction
        theirs = bytes(controller.make_position(**setpoint).data)
        command = wire.structs["moteus_position_command"]()
        for name, value in setpoint.items():
            bits = struct.unpack("<I", struct.pack("<f", value))[0]
            setattr(command, COMMAND[name], wire.structs["moteus_field"](bits, wire.MOTEUS_RESOLUTION_FLOAT))
        data = (ctypes.c_uint8 * 64)()
        writer = wire.structs["moteus_writer"]()
        wire.moteus_append_position(ctypes.byref(writer), data, command)
        if bytes(data[:writer.length]) != theirs:
            wrong.append((theirs.hex(), bytes(data[:writer.length]).hex()))
    report.check("our position commands are moteus's", not wrong, wrong[:1])


def moteus_combiner(wire, report):
    """Registers in random resolutions, gaps among them: grouped into the same subframes as by moteus."""
    generator = random.Random(SEED)
    field = wire.structs["moteus_field"]
    wrong = []
    for _ in range(FRAMES):
        base = generator.choice((0x00, 0x10, 0x20))
        start = generator.randrange(0x160)
        fields = [field(generator.getrandbits(32), generator.choice((0, 1, 1, 2, 3, 4, 4)))
                  for _ in range(generator.randrange(1, 13))]
        stream = io.BytesIO()
        combiner = multiplex.WriteCombiner(multiplex.WriteFrame(stream), base, start,
                                           [f.resolution - 1 if f.resolution else multiplex.IGNORE for f in fields])
        for f in fields:
            if combiner.maybe_write() and base != 0x10:
                stream.write(struct.pack("<I", f.value)[:wire.moteus_size(f.resolution)])
        writer, ours = moteus_written(wire, [(base, start, fields)])
        if not writer.is_full and ours != stream.getvalue():
            wrong.append((ours.hex(), stream.getvalue().hex()))
    report.check(f"{FRAMES} groups of registers become moteus's subframes", not wrong, wrong[:1])


def run(wire, report):
    sdo_server(wire, report)
    sdo_client(wire, report)
    eds(wire, report)
    states(wire, report)
    moteus_parser(wire, report)
    moteus_builder(wire, report)
    moteus_combiner(wire, report)
