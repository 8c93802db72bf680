"""Every golden frame of the families whose wire layer stands alone, through the headers, both ways."""
import ctypes
import json
import math
import pathlib
import struct

from wire_library import values

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "Firmware-Interfaces/Vectors"
FIELDS = ("position", "velocity", "stiffness", "damping", "torque")
STATES = {
    "NOT READY TO SWITCH ON": "CIA402_STATE_NOT_READY", "SWITCH ON DISABLED": "CIA402_STATE_SWITCH_ON_DISABLED",
    "READY TO SWITCH ON": "CIA402_STATE_READY", "SWITCHED ON": "CIA402_STATE_SWITCHED_ON",
    "OPERATION ENABLED": "CIA402_STATE_OPERATION_ENABLED", "QUICK STOP ACTIVE": "CIA402_STATE_QUICK_STOP",
    "FAULT REACTION ACTIVE": "CIA402_STATE_FAULT_REACTION", "FAULT": "CIA402_STATE_FAULT",
}


def load(family):
    return json.loads((VECTORS / f"{family}.json").read_text())


def pattern(value):
    """The 32-bit pattern of a number in single precision."""
    return struct.unpack("<I", struct.pack("<f", value))[0]


def number(bits):
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def word(value, low, high, bits):
    """Our rule: saturate, scale by (2^n - 1) / span, drop the fraction."""
    steps = 2**bits - 1
    return min(steps, max(0, math.floor((value - low) * steps / (high - low))))


def scaled(raw, full, bits):
    return raw * 2 * full / (2**bits - 1) - full


class Rows:
    """Checks the rows of one family; a check is a row, and its name the row's."""

    def __init__(self, wire, report):
        self.wire = wire
        self.report = report

    def run(self):
        for family in ("canopen", "mit", "cubemars", "odrive", "moteus", "myactuator"):
            rows = load(family)["vectors"]
            for row in rows:
                kind = getattr(self, f"{family}_{row['kind']}")
                wrong = kind(row, bytes.fromhex(row["frame"]["data"]), int(row["frame"]["id"], 16))
                self.report.check(f"{family} {row['kind']}: {row['name']} {row['frame']['data']}", not wrong, wrong)
            self.report.check(f"{family}: rows are there", len(rows) >= 14, len(rows))
        self.canopen_tables()

    def written(self, encoder, struct_value, frame, *more):
        """What is wrong with an encoder's bytes, or nothing."""
        _, data = self.wire.encode(encoder, struct_value, *more)
        untouched = data[len(frame):] == b"\xEE" * (64 - len(frame))
        return "" if data[:len(frame)] == frame and untouched else f"{encoder}: {data[:len(frame)].hex()}"

    # CANopen

    def address(self, id, service, node):
        got = values(self.wire.canopen_decode_address(id))
        want = {"service": self.wire.constants[f"CANOPEN_SERVICE_{service}"], "node": node, "number": 0}
        return "" if got == want else f"address {got}"

    def canopen_nmt(self, row, data, id):
        want = {"command": row["code"], "node": row["node"]}
        got = values(self.wire.decode("canopen_decode_nmt", data))
        return ("" if got == want else f"{got}") or self.written(
            "canopen_encode_nmt", self.wire.structs["canopen_nmt"](**want), data) or self.address(id, "NMT", 0)

    def canopen_sync(self, row, data, id):
        got = self.wire.decode("canopen_decode_sync", data)
        return ("" if got == 0 else f"counter {got}") or self.address(id, "SYNC", 0)

    def canopen_heartbeat(self, row, data, id):
        want = {"state": row["code"], "toggle": False}
        got = values(self.wire.decode("canopen_decode_heartbeat", data))
        return ("" if got == want else f"{got}") or self.written(
            "canopen_encode_heartbeat", self.wire.structs["canopen_heartbeat"](**want), data
        ) or self.address(id, "HEARTBEAT", row["node"])

    def canopen_emergency(self, row, data, id):
        want = {"code": row["error_code"], "error_register": row["code"], "manufacturer": row["manufacturer"]}
        got = values(self.wire.decode("canopen_decode_emergency", data))
        return ("" if got == want else f"{got}") or self.written(
            "canopen_encode_emergency", self.wire.structs["canopen_emergency"](**want), data
        ) or self.address(id, "EMERGENCY", 5)

    def canopen_time(self, row, data, id):
        want = {"milliseconds": row["milliseconds"], "days": row["days"]}
        got = values(self.wire.decode("canopen_decode_time", data))
        return ("" if got == want else f"{got}") or self.written(
            "canopen_encode_time", self.wire.structs["canopen_time"](**want), data) or self.address(id, "TIME", 0)

    def canopen_sdo_download(self, row, data, id):
        return self.sdo(row, data, id, "CANOPEN_SDO_DOWNLOAD", True)

    def canopen_sdo_upload(self, row, data, id):
        return self.sdo(row, data, id, "CANOPEN_SDO_UPLOAD", False)

    def sdo(self, row, data, id, kind, value_in_request):
        object = {"kind": self.wire.constants[kind], "index": row["index"], "subindex": row["subindex"]}
        full = {**object, "is_expedited": True, "has_size": True, "size": row["size"], "value": row["value"]}
        frames = (("request", data, id, "SDO_REQUEST", value_in_request),
                  ("reply", bytes.fromhex(row["reply"]["data"]), int(row["reply"]["id"], 16), "SDO_REPLY",
                   not value_in_request))
        for side, bytes_, identifier, service, carries in frames:
            want = self.wire.structs["canopen_sdo"](**(full if carries else object))
            got = self.wire.decode(f"canopen_decode_sdo_{side}", bytes_)
            if got is None or values(got) != values(want):
                return f"{side}: {got and values(got)}"
            wrong = self.written(f"canopen_encode_sdo_{side}", want, bytes_, None)
            wrong = wrong or self.address(identifier, service, 5)
            if wrong:
                return wrong
        return ""

    def canopen_tables(self):
        """State machine and modes of CiA 402 as the peer has them."""
        tables = load("canopen")
        for row in tables["statuswords"]:
            state = self.wire.constants[STATES[row["state"]]]
            words = [word for word in range(0x10000) if word & row["mask"] == row["value"]]
            wrong = [hex(word) for word in words if self.wire.cia402_decode_state(word) != state]
            self.report.check(f"cia402 state {row['state']}, {len(words)} statuswords", words and not wrong, wrong[:4])
            bits = self.wire.cia402_encode_state(state)
            self.report.check(f"cia402 bits of {row['state']}", bits & row["mask"] == row["value"], hex(bits))
        automatic = {"START", "NOT READY TO SWITCH ON", "FAULT REACTION ACTIVE"}
        for row in tables["controlwords"]:
            if row["from"] in automatic:
                continue
            start, end = (self.wire.constants[STATES[row[side]]] for side in ("from", "to"))
            got = self.wire.cia402_next_state(start, row["controlword"], row["controlword"])
            self.report.check(f"cia402 {row['from']} -> {row['to']}", got == end, got)
        modes = {value: name for name, value in self.wire.constants.items() if name.startswith("CIA402_MODE_")}
        wrong = [row["mode"] for row in tables["modes"] if row["code"] not in modes]
        self.report.check("cia402 modes have names", not wrong and len(tables["modes"]) == 10, wrong)

    # MIT and CubeMars

    def words(self, row):
        full = row["range"]
        low = {"stiffness": 0, "damping": 0}
        return {field: word(row["input"][field], low.get(field, -full[field]), full[field],
                            16 if field == "position" else 12) for field in FIELDS}

    def impedance(self, row, data, encoder, decoder):
        exact = bytes.fromhex(row["manual_formula"]["data"]) if "manual_formula" in row else data
        ours = self.wire.structs["mit_command"](**self.words(row))
        wrong = self.written(encoder, ours, exact)
        theirs = self.wire.decode(decoder, data)
        far = [field for field in FIELDS
               if abs(getattr(theirs, field) - getattr(ours, field)) > row.get("tolerance_lsb", 0)]
        return wrong or (f"beyond tolerance: {far}" if far else "")

    def mit_command(self, row, data, id):
        return self.impedance(row, data, "mit_encode_command", "mit_decode_command")

    def mit_action(self, row, data, id):
        got = self.wire.mit_decode_action((self.wire.mit_decode_action.argtypes[0]._type_ * 8)(*data), 8)
        if got != row["code"] or self.wire.decode("mit_decode_command", data) is not None:
            return f"action {got}"
        return self.written("mit_encode_action", row["code"], data)

    def mit_feedback(self, row, data, id):
        got = self.wire.decode("mit_decode_feedback", data)
        full, want = row["range"], row["decoded"]
        decoded = {"id": got.id, "position": scaled(got.position, full["position"], 16),
                   "velocity": scaled(got.velocity, full["velocity"], 12),
                   "torque": scaled(got.torque, full["torque"], 12)}
        if got.length == 8:
            decoded |= {"temperature": got.temperature, "error": got.error}
        far = {key: decoded.get(key) for key in want if abs(decoded[key] - want[key]) > 1e-12}
        return f"{far}" if far else self.written("mit_encode_feedback", got, data)

    def cubemars_address(self, row, id):
        pair = self.wire.structs["cubemars_address"]()
        known = self.wire.cubemars_decode_address(id, pair)
        return "" if known and self.wire.cubemars_encode_address(pair) == id else "identifier"

    def cubemars_force(self, row, data, id):
        wrong = "" if id >> 8 == self.wire.CUBEMARS_MODE_FORCE else "mode"
        return wrong or self.impedance(row, data, "cubemars_encode_force", "cubemars_decode_force")

    def cubemars_set_point(self, row, data, id):
        got = self.wire.decode("cubemars_decode_set_point", data)
        if got != row["value"] or id >> 8 != row["type"]:
            return f"{got}"
        return self.written("cubemars_encode_set_point", got, data) or self.cubemars_address(row, id)

    def cubemars_position_speed(self, row, data, id):
        got = self.wire.decode("cubemars_decode_position_speed", data)
        if [got.position, got.speed, got.acceleration] != row["words"]:
            return f"{values(got)}"
        return self.written("cubemars_encode_position_speed", got, data)

    def cubemars_status(self, row, data, id):
        got = self.wire.decode("cubemars_decode_status", data)
        decoded = [got.position / 10, got.speed * 10, got.current / 100, got.temperature, got.error]
        want = [row["degrees"], row["electrical_rpm"], row["amperes"], row["temperature"], row["error"]]
        if decoded != want or id >> 8 != self.wire.CUBEMARS_MODE_STATUS:
            return f"{decoded}"
        return self.written("cubemars_encode_status", got, data)

    # ODrive

    def odrive_remote_request(self, row, data, id):
        command = self.wire.constants[f"ODRIVE_COMMAND_{row['message'].upper()}"]
        return self.odrive_address(id, command)

    def odrive_address(self, id, command):
        address = self.wire.structs["odrive_address"](1, command)
        got = self.wire.odrive_encode_address(address)
        back = values(self.wire.odrive_decode_address(id))
        return "" if got == id and back == {"node": 1, "command": command} else f"identifier {got:#x}"

    def odrive_command(self, row, data, id):
        signals = list(row["signals"].values())
        floats = [pattern(value) for value in signals]
        name = row["message"]
        if name == "Clear_Errors":
            got = self.wire.decode("odrive_decode_argument", data)
            return "" if got == signals[0] and self.wire.decode("odrive_decode_argument", b"") == 0 else f"{got}"
        if name == "Set_Input_Pos":
            thousandths = [round(value * 1000) for value in signals[1:]]
            input = self.wire.structs["odrive_input_position"](floats[0], *thousandths)
            wrong = self.written("odrive_encode_input_position", input, data)
        elif name == "Set_Controller_Mode":
            wrong = self.written("odrive_encode_pair", self.wire.structs["odrive_pair"](*signals), data)
        elif len(signals) == 2:
            wrong = self.written("odrive_encode_pair", self.wire.structs["odrive_pair"](*floats), data)
        else:
            value = signals[0] if name == "Set_Axis_State" else floats[0]
            wrong = self.written("odrive_encode_word", value, data)
        return wrong or ("" if id >> 5 == 1 else "node")

    def odrive_feedback(self, row, data, id):
        name, signals = row["message"], list(row["signals"].values())
        if name == "Heartbeat" and row["firmware"] == "0.6":
            got = self.wire.decode("odrive_decode_heartbeat", data)
            want = [self.wire.ODRIVE_ERROR_WATCHDOG, self.wire.ODRIVE_AXIS_STATE_IDLE,
                    self.wire.ODRIVE_PROCEDURE_DISARMED, bool(signals[3])]
            wrong = self.written("odrive_encode_heartbeat", got, data)
        elif name == "Heartbeat":
            got = self.wire.decode("odrive_decode_heartbeat_05", data)
            want = [self.wire.ODRIVE_AXIS_ERROR_INVALID_STATE, self.wire.ODRIVE_AXIS_STATE_IDLE,
                    *map(bool, signals[2:])]
            wrong = self.written("odrive_encode_heartbeat_05", got, data)
        elif name == "Get_Error":
            got = self.wire.decode("odrive_decode_pair", data)
            want = [self.wire.ODRIVE_ERROR_WATCHDOG, self.wire.ODRIVE_ERROR_BUS_UNDER_VOLTAGE]
            wrong = self.written("odrive_encode_pair", got, data)
        else:
            got = self.wire.decode("odrive_decode_pair", data)
            want = [pattern(value) for value in signals]
            wrong = self.written("odrive_encode_pair", got, data)
        found = list(values(got).values())
        return wrong or ("" if found == want else f"{found}")

    # moteus

    def moteus_command(self, row, data, id):
        got = self.moteus_items(data)
        want = [(item["operation"], item["register"], item["resolution"], item.get("value", "unset"))
                for item in row["items"]]
        if got != want:
            return f"{got}"
        if row["name"].startswith("docs/"):
            return ""  # Written by hand: its four registers are counted in a byte of their own.
        return self.moteus_rewritten(data)

    def moteus_items(self, data):
        """Operation, register, resolution and value, floats as numbers, of each register of a frame."""
        operations = {self.wire.MOTEUS_SUBFRAME_WRITE: "write", self.wire.MOTEUS_SUBFRAME_READ: "read",
                      self.wire.MOTEUS_SUBFRAME_REPLY: "reply"}
        resolutions = (None, "int8", "int16", "int32", "float")
        found = []
        for item in moteus_frame(self.wire, data):
            value = struct.unpack("<i", struct.pack("<I", item.value))[0]
            if resolutions[item.resolution] == "float":
                value = number(item.value)
                value = None if math.isnan(value) else value
            if operations[item.kind] == "read":
                value = "unset"
            found.append((operations[item.kind], item.index, resolutions[item.resolution], value))
        return found

    def moteus_rewritten(self, data):
        """The frame written anew from its registers, runs of neighbours in one call, as a driver does."""
        runs = []
        for item in moteus_frame(self.wire, data):
            field = self.wire.structs["moteus_field"](item.value, item.resolution)
            if runs and runs[-1][0] == item.kind and runs[-1][1] + len(runs[-1][2]) == item.index:
                runs[-1][2].append(field)
            else:
                runs.append((item.kind, item.index, [field]))
        writer, out = moteus_written(self.wire, runs)
        return "" if not writer.is_full and out == data else out.hex()

    def moteus_feedback(self, row, data, id):
        scale = {0: 1, 1: (.01, .0001, .00001), 2: (.1, .00025, .00001), 3: (.5, .01, .001), 13: (.5, .1, .001),
                 14: (1, .1, .001), 15: 1}
        padded = data + bytes([0x50]) * (self.wire.moteus_padded_length(len(data)) - len(data))
        found = {}
        for item in moteus_frame(self.wire, padded):
            unit = scale[item.index]
            value = struct.unpack("<i", struct.pack("<I", item.value))[0]
            if item.resolution == self.wire.MOTEUS_RESOLUTION_FLOAT:
                value = number(item.value)
            elif isinstance(unit, tuple):
                value *= unit[item.resolution - 1]
            found[f"0x{item.index:03X}"] = value
        far = {key: found.get(key) for key, want in row["registers"].items()
               if key not in found or abs(found[key] - want) > 1e-9}
        return f"{far}" if far or found.keys() != row["registers"].keys() else ""

    # MyActuator

    def myactuator_set_point(self, row, data, id):
        _, ours = self.wire.encode(f"myactuator_encode_{row['kind']}", *map(int, row["words"]))
        return "" if ours[:8] == data and id == self.wire.MYACTUATOR_ID_REQUEST + 1 else ours[:8].hex()

    myactuator_current = myactuator_speed = myactuator_position = myactuator_set_point

    def myactuator_struct(self, row, data, id):
        decoded = self.wire.decode(f"myactuator_decode_{row['kind']}", data)
        found = list(values(decoded).values())
        return f"{found}" if found != row["words"] else self.written(
            f"myactuator_encode_{row['kind']}", decoded, data)

    myactuator_frame = myactuator_feedback = myactuator_status = myactuator_struct

    def myactuator_gains(self, row, data, id):
        decoded = self.wire.decode("myactuator_decode_gains", data)
        found = [data[0], *values(decoded).values()]
        return f"{found}" if found != row["words"] else self.written(
            "myactuator_encode_gains", data[0], data, decoded)


def moteus_frame(wire, data):
    """The items of a well-formed frame."""
    reader = wire.moteus_read(len(data))
    array = (ctypes.c_uint8 * len(data))(*data)
    item = wire.structs["moteus_item"]()
    items = []
    while wire.moteus_next(ctypes.byref(reader), array, ctypes.byref(item)):
        items.append(type(item).from_buffer_copy(item))
    if reader.is_malformed:
        raise ValueError(f"malformed: {data.hex()}")
    return items


def moteus_written(wire, runs):
    """Writer and bytes of runs of registers: operation, first register, fields."""
    data = (ctypes.c_uint8 * 64)()
    writer = wire.structs["moteus_writer"]()
    for operation, start, fields in runs:
        array = (wire.structs["moteus_field"] * len(fields))(*fields)
        wire.moteus_append(ctypes.byref(writer), data, operation, start, array, len(fields))
    return writer, bytes(data[:writer.length])
