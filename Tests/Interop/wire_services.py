"""More of others on the same bytes: canopen's LSS master, NMT and emergency consumer, the MIT encoder of
mini-cheetah-motor-driver-socketcan, and moteus on frames that nobody meant."""
import contextlib
import ctypes
import importlib.resources
import io
import random

import canopen
import cantools
from moteus import multiplex
from motor_driver import canmotorlib

from wire_library import values
from wire_peers import NODE, PROTOCOLS, SEED, Line, moteus_value
from wire_rows import scaled, word

FRAMES = 10_000
MIT_FRAMES = 2_000  # the peer waits 100 us after each


def lss(wire, report):
    """A slave of our codec is found, named, set up and stored by canopen's LSS master."""
    address = {wire.CANOPEN_LSS_COMMAND_SELECT_VENDOR: 0x11223344, wire.CANOPEN_LSS_COMMAND_SELECT_PRODUCT: 0x402,
               wire.CANOPEN_LSS_COMMAND_SELECT_REVISION: 0x10000, wire.CANOPEN_LSS_COMMAND_SELECT_SERIAL: 0xDEADBEEF}
    inquiries = dict(zip((wire.CANOPEN_LSS_COMMAND_INQUIRE_VENDOR, wire.CANOPEN_LSS_COMMAND_INQUIRE_PRODUCT,
                          wire.CANOPEN_LSS_COMMAND_INQUIRE_REVISION, wire.CANOPEN_LSS_COMMAND_INQUIRE_SERIAL),
                         address.values()))
    seen = []

    def slave(can_id, data):
        frame = wire.decode("canopen_decode_lss", data)
        if wire.canopen_decode_address(can_id).service != wire.CANOPEN_SERVICE_LSS_REQUEST or frame is None:
            return []
        seen.append((frame.command, frame.value))
        if frame.command in inquiries:
            answer = (frame.command, inquiries[frame.command])
        elif frame.command == wire.CANOPEN_LSS_COMMAND_INQUIRE_NODE_ID:
            answer = (frame.command, NODE)
        elif frame.command == wire.CANOPEN_LSS_COMMAND_SELECT_SERIAL:
            answer = (wire.CANOPEN_LSS_COMMAND_SELECTED, 0)
        elif frame.command in (wire.CANOPEN_LSS_COMMAND_SET_NODE_ID, wire.CANOPEN_LSS_COMMAND_SET_BIT_TIMING,
                               wire.CANOPEN_LSS_COMMAND_STORE):
            answer = (frame.command, 0)
        else:
            return []
        _, reply = wire.encode("canopen_encode_lss", wire.structs["canopen_lss"](*answer))
        return [(wire.CANOPEN_ID_LSS_REPLY, reply[:8])]

    network = canopen.Network()
    Line(network).answer = slave
    master = network.lss
    master.send_switch_state_global(master.CONFIGURATION_STATE)
    found = master.send_switch_state_selective(*address.values())
    numbers = [master.inquire_lss_address(command) for command in inquiries]
    node = master.inquire_node_id()
    master.configure_node_id(9)
    master.configure_bit_timing(3)
    master.store_configuration()
    report.check("canopen's LSS master selects our slave and reads its address",
                 found and numbers == list(address.values()) and node == NODE, (found, numbers, node))
    want = [(wire.CANOPEN_LSS_COMMAND_SWITCH_GLOBAL, 1), *address.items(), *((command, 0) for command in inquiries),
            (wire.CANOPEN_LSS_COMMAND_INQUIRE_NODE_ID, 0), (wire.CANOPEN_LSS_COMMAND_SET_NODE_ID, 9),
            (wire.CANOPEN_LSS_COMMAND_SET_BIT_TIMING, 3 << 8), (wire.CANOPEN_LSS_COMMAND_STORE, 0)]
    report.check("our slave reads every LSS request as it was meant", seen == want, seen)


def network_services(wire, report):
    """Heartbeats and emergencies of ours at canopen's consumers; NMT commands and time stamps of its at ours."""
    generator = random.Random(SEED)
    network = canopen.Network()
    line = Line(network)
    node = network.add_node(NODE)
    emergencies = []
    node.emcy.add_callback(emergencies.append)
    wrong = []
    for state, name in ((0x05, "OPERATIONAL"), (0x04, "STOPPED"), (0x7F, "PRE-OPERATIONAL")):
        _, data = wire.encode("canopen_encode_heartbeat", wire.structs["canopen_heartbeat"](state, False))
        network.notify(0x700 + NODE, bytearray(data[:1]), 0.0)
        if node.nmt.state != name:
            wrong.append((name, node.nmt.state))
    for _ in range(1000):
        sent = (generator.getrandbits(16), generator.getrandbits(8), generator.getrandbits(40))
        _, data = wire.encode("canopen_encode_emergency", wire.structs["canopen_emergency"](*sent))
        network.notify(0x80 + NODE, bytearray(data[:8]), 0.0)
        got = emergencies[-1]
        if (got.code, got.register, int.from_bytes(got.data, "little")) != sent:
            wrong.append(sent)
    report.check("canopen reads our heartbeats and emergencies", not wrong, wrong[:2])

    wrong = []
    for name, command in (("OPERATIONAL", "START"), ("STOPPED", "STOP"), ("PRE-OPERATIONAL", "PRE_OPERATIONAL"),
                          ("RESET", "RESET_NODE"), ("RESET COMMUNICATION", "RESET_COMMUNICATION")):
        node.nmt.state = name
        got = wire.decode("canopen_decode_nmt", line.sent[-1][1])
        if (got.command, got.node) != (wire.constants[f"CANOPEN_NMT_COMMAND_{command}"], NODE):
            wrong.append((name, values(got)))
    for _ in range(1000):
        seconds = generator.randrange(441763200, 2**32)  # from 1984 on
        network.time.transmit(seconds)
        got = wire.decode("canopen_decode_time", line.sent[-1][1])
        if got.days * 86400 + got.milliseconds // 1000 + 441763200 != seconds:
            wrong.append((seconds, values(got)))
    report.check("we read canopen's NMT commands and time stamps", not wrong, wrong[:2])


class Recorder(canmotorlib.CanMotorController):
    """The peer without its socket: keeps what it sends, and is answered at once."""

    answer = b""

    def _send_can_frame(self, data):
        self.sent = data

    def _recv_can_frame(self):
        return 0, len(self.answer), self.answer


def mini_cheetah(wire, report):
    """Commands of the peer are ours to the bit, with every model's range; our answers are read by it."""
    generator = random.Random(SEED)
    canmotorlib.CanMotorController.can_socket_declared = True  # so that it opens none
    with contextlib.redirect_stdout(io.StringIO()):
        motors = [Recorder(motor_type=name) for name in canmotorlib.legitimate_motors]
    wrong = []
    for _ in range(MIT_FRAMES):
        motor = generator.choice(motors)
        full = {key: motor.motorParams[f"{name}_MAX"] for key, name in (
            ("position", "P"), ("velocity", "V"), ("stiffness", "KP"), ("damping", "KD"), ("torque", "T"))}
        sign = motor.motorParams["AXIS_DIRECTION"]
        command = {key: generator.uniform(0 if key in ("stiffness", "damping") else -1, 1) * full[key] for key in full}
        raw = (generator.getrandbits(16), generator.getrandbits(12), generator.getrandbits(12))
        state = wire.structs["mit_feedback"](1, 6, *raw)
        motor.answer = wire.encode("mit_encode_feedback", state)[1][:6]
        read = motor.send_rad_command(*command.values())
        signed = {key: value * (sign if key in ("position", "velocity", "torque") else 1)
                  for key, value in command.items()}
        words = {key: word(value, 0 if key in ("stiffness", "damping") else -full[key], full[key],
                           16 if key == "position" else 12) for key, value in signed.items()}
        _, data = wire.encode("mit_encode_command", wire.structs["mit_command"](**words))
        want = [sign * scaled(getattr(state, key), full[key], bits)
                for key, bits in (("position", 16), ("velocity", 12), ("torque", 12))]
        if data[:8] != motor.sent:
            wrong.append((command, data[:8].hex(), motor.sent.hex()))
        if any(abs(a - b) > 1e-9 for a, b in zip(read, want)):
            wrong.append((read, want))
    report.check(f"{MIT_FRAMES} commands and answers as by mini-cheetah-motor-driver-socketcan", not wrong, wrong[:1])


def moteus_noise(wire, report):
    """Random bytes that read as well-formed to us, registers alone: moteus reads the same registers."""
    generator = random.Random(SEED)
    kinds = {multiplex.SubframeType.WRITE: 0x00, multiplex.SubframeType.READ: 0x10,
             multiplex.SubframeType.RESPONSE: 0x20}
    item = wire.structs["moteus_item"]()
    wrong, formed, refused = [], 0, 0
    while formed < 2000 and formed + refused < 50 * FRAMES:
        data = bytes(generator.choice((0x01, 0x05, 0x0D, 0x11, 0x21, 0x25, 0x2D, 0x50, generator.getrandbits(8)))
                     for _ in range(generator.randrange(1, 65)))
        array = (ctypes.c_uint8 * len(data))(*data)
        reader = wire.moteus_read(len(data))
        ours = []
        while wire.moteus_next(ctypes.byref(reader), array, ctypes.byref(item)):
            ours.append((item.kind, item.index, item.resolution, moteus_value(wire, item)))
        if reader.is_malformed or any(kind > 0x20 for kind, *_ in ours):
            refused += 1
            continue
        formed += 1
        theirs = [(kinds[got.type], got.register, got.resolution + 1, got.value) for got in multiplex.parse_frame(data)]
        if str(theirs) != str(ours):
            wrong.append(data.hex())
    report.check("moteus reads random well-formed frames as we do", not wrong and formed == 2000 and refused > 0,
                 (formed, refused, wrong[:1]))


# Messages of 0.5 that odrive-can names or types otherwise; the page says which is right.
ODRIVE_05 = {"Heartbeat": "Heartbeat", "Set_Node_ID": "Set_Axis_Node_ID", "Get_Encoder_Error": "Get_Encoder_Error",
             "Get_Controller_Error": "Get_Controller_Error"}


def odrive_dbc(wire, report):
    """Our DBC files of ODrive have the identifiers, lengths and signals of those that odrive-can carries."""
    folder = importlib.resources.files("odrive_can") / "dbc"
    for ours, theirs, version in (("odrive", "odrive-cansimple-0.6.10.dbc", "0.6.10"),
                                  ("odrive_05", "odrive-cansimple-0.5.6.dbc", "0.5.6")):
        our = cantools.database.load_file(PROTOCOLS / f"{ours}.dbc", strict=True)
        their = cantools.database.load_string((folder / theirs).read_text())
        names = ODRIVE_05 if ours == "odrive_05" else {
            message.name: "Enter_DFU_Mode" if message.name == "Enter_DFU" else message.name for message in our.messages}
        wrong = [name for name, other in names.items() if layout(our.get_message_by_name(name)) != layout(
            their.get_message_by_name(f"Axis1_{other}"))]
        report.check(f"{ours}.dbc has the layout of odrive-can's {version}, {len(names)} messages", not wrong, wrong)


def layout(message):
    return message.frame_id, message.length, sorted(
        (signal.start, signal.length, signal.is_float, float(signal.scale)) for signal in message.signals
        if not signal.name.startswith("Reserved") and not (message.name.endswith("TxSdo") and signal.start == 0))


def run(wire, report):
    lss(wire, report)
    network_services(wire, report)
    mini_cheetah(wire, report)
    moteus_noise(wire, report)
    odrive_dbc(wire, report)
