"""The published DBC files against the headers: 10,000 random frames a family, decoded by cantools and by us."""
import math
import pathlib
import random

import cantools

from wire_library import buffer
from wire_rows import number

PROTOCOLS = pathlib.Path(__file__).resolve().parents[2] / "Firmware-Interfaces/Protocols"
FRAMES = 10_000
SEED = 20261124
IMPEDANCE = {field.capitalize(): field for field in ("position", "velocity", "stiffness", "damping", "torque")}
PAIR = ("first", "second")

# DBC file, message: decoder, and field by signal, a tuple of fields for the message's signals in order; then the
# first bytes that the message has, where they are few.
MESSAGES = {
    "damiao": {
        "MIT_Command": ("damiao_decode_mit_command", IMPEDANCE),
        "Feedback": ("damiao_decode_feedback", {
            "Status": "status", "DriveID": "id", "Position": "position", "Velocity": "velocity", "Torque": "torque",
            "DriverTemperature": "driver_temperature", "RotorTemperature": "rotor_temperature"}),
    },
    "robstride": {
        "Operation": ("robstride_decode_operation", {key: IMPEDANCE[key] for key in list(IMPEDANCE)[:4]}),
        "Feedback": ("robstride_decode_feedback", {
            "Position": "position", "Velocity": "velocity", "Torque": "torque", "Temperature": "temperature"}),
    },
    "mit": {
        "MIT_Command": ("mit_decode_command", IMPEDANCE),
        "Feedback": ("mit_decode_feedback", {
            "DriveID": "id", "Position": "position", "Velocity": "velocity", "Torque": "torque",
            "Temperature": "temperature", "Error": "error"}),
    },
    "cubemars": {
        **{name: ("cubemars_decode_set_point", {"Value": None})
           for name in ("Duty", "Current", "Brake", "Speed", "Position")},
        "PositionSpeed": ("cubemars_decode_position_speed", {
            "Position": "position", "Speed": "speed", "Acceleration": "acceleration"}),
        "Force": ("cubemars_decode_force", IMPEDANCE),
        "Status": ("cubemars_decode_status", {
            "Position": "position", "Speed": "speed", "Current": "current", "Temperature": "temperature",
            "Error": "error"}),
    },
    "odrive": {
        "Get_Version": ("odrive_decode_version", {
            "Protocol": "protocol", "HardwareMajor": "hardware_major", "HardwareMinor": "hardware_minor",
            "HardwareVariant": "hardware_variant", "FirmwareMajor": "firmware_major",
            "FirmwareMinor": "firmware_minor", "FirmwareRevision": "firmware_revision",
            "FirmwareUnreleased": "firmware_unreleased"}),
        "Heartbeat": ("odrive_decode_heartbeat", {
            "Errors": "errors", "State": "state", "Procedure": "procedure", "TrajectoryDone": "trajectory_done"}),
        "RxSdo": ("odrive_decode_sdo", {"Operation": "operation", "Endpoint": "endpoint", "Value": "value"}),
        "TxSdo": ("odrive_decode_sdo", {"Operation": "operation", "Endpoint": "endpoint", "Value": "value"}),
        "Address": ("odrive_decode_identity", {"Node": "node", "Serial": "serial"}),
        "Set_Input_Pos": ("odrive_decode_input_position", {
            "Position": "position", "Velocity": "velocity", "Torque": "torque"}),
        **{name: ("odrive_decode_pair", PAIR) for name in (
            "Get_Error", "Get_Encoder_Estimates", "Set_Controller_Mode", "Set_Input_Vel", "Set_Limits",
            "Set_Traj_Accel_Limits", "Get_Iq", "Get_Temperature", "Get_Bus_Voltage_Current", "Set_Vel_Gains",
            "Get_Torques", "Get_Powers")},
        **{name: ("odrive_decode_word", (None,)) for name in (
            "Set_Axis_State", "Set_Input_Torque", "Set_Traj_Vel_Limit", "Set_Traj_Inertia",
            "Set_Absolute_Position", "Set_Pos_Gain")},
        **{name: ("odrive_decode_argument", (None,)) for name in ("Reboot", "Clear_Errors")},
    },
    "odrive_05": {
        "Heartbeat": ("odrive_decode_heartbeat_05", {
            "Errors": "errors", "State": "state", "MotorError": "motor_error", "EncoderError": "encoder_error",
            "ControllerError": "controller_error", "TrajectoryDone": "trajectory_done"}),
        **{name: ("odrive_decode_word", (None,)) for name in (
            "Get_Encoder_Error", "Set_Node_ID", "Get_Controller_Error")},
    },
    "myactuator": {
        "Reply": ("myactuator_decode_feedback", {
            "Command": "command", "Temperature": "temperature", "Current": "current", "Speed": "speed",
            "Angle": "angle"}, (0x9C, 0xA1, 0xA2, 0xA4)),
        "Status": ("myactuator_decode_status", {
            "Temperature": "temperature", "BrakeReleased": "is_brake_released", "Voltage": "voltage",
            "Errors": "errors"}, (0x9A,)),
        "Motion": ("myactuator_decode_motion", IMPEDANCE),
        "MotionReply": ("mit_decode_feedback", {
            "DriveID": "id", "Position": "position", "Velocity": "velocity", "Torque": "torque"}),
    },
    "canopen": {
        "Emergency": ("canopen_decode_emergency", {
            "Code": "code", "ErrorRegister": "error_register", "Manufacturer": "manufacturer"}),
        "RPDO1": ("cia402_decode_command", {"Controlword": "controlword", "Target": "target", "Torque": "torque"}),
        "TPDO1": ("cia402_decode_feedback", {
            "Statusword": "statusword", "Position": "position", "Torque": "torque"}),
        "TPDO2": ("cia402_decode_detail", {
            "Velocity": "velocity", "ErrorCode": "error_code", "Mode": "mode", "ErrorRegister": "error_register"}),
        "Heartbeat": ("canopen_decode_heartbeat", {"State": "state", "Toggle": "toggle"}),
    },
}


def decoded(wire, decoder, payload):
    """A struct or a number; None where the decoder refuses."""
    function = wire.functions[decoder]
    if len(function.argtypes) == 1:
        return function(buffer(payload))
    return wire.decode(decoder, payload)


def same(theirs, ours, is_float):
    if is_float:
        ours = number(ours)
        return theirs == ours or (math.isnan(theirs) and math.isnan(ours))
    return bool(theirs) == ours if isinstance(ours, bool) else theirs == ours


def difference(wire, message, decoder, fields, payload):
    """What the two sides do not agree on."""
    theirs = message.decode(payload, scaling=False, decode_choices=False)
    ours = decoded(wire, decoder, payload)
    if ours is None:
        return f"refused {payload.hex()}"
    for signal in message.signals:
        field = fields[signal.name]
        value = ours if field is None else getattr(ours, field)
        if not same(theirs[signal.name], value, signal.is_float):
            return f"{payload.hex()} {signal.name}: {theirs[signal.name]} and {value}"
    return ""


def run(wire, report):
    generator = random.Random(SEED)
    for family, messages in MESSAGES.items():
        database = cantools.database.load_file(PROTOCOLS / f"{family}.dbc", strict=True)
        wrong = []
        for name, (decoder, fields, *first) in messages.items():
            message = database.get_message_by_name(name)
            signals = [signal.name for signal in message.signals]
            if isinstance(fields, tuple):
                ordered = sorted(message.signals, key=lambda signal: signal.start)
                fields = {signal.name: field for signal, field in zip(ordered, fields)}
            if sorted(signals) != sorted(fields):
                wrong.append(f"{name}: signals {signals}")
                continue
            for _ in range(math.ceil(FRAMES / len(messages))):
                payload = generator.randbytes(message.length)
                if first:
                    payload = bytes([generator.choice(first[0])]) + payload[1:]
                problem = difference(wire, message, decoder, fields, payload)
                if problem:
                    wrong.append(f"{name} {problem}")
        report.check(f"dbc {family}: {FRAMES} random frames of {len(messages)} messages", not wrong, wrong[:3])
