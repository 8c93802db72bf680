"""damiao-motor and pydamiao, two host libraries, against our Damiao drive: registers, enabling, commands, faults."""
import math
import time

import can
from damiao_motor import DaMiaoController
from pydamiao.bus import SerialBus
from pydamiao.motor import Motor
from pydamiao.structs import ControlMode, MotorFault, MotorReg, MotorType

from live_bus import GROUP, open_bus, simulated, wait_until

ACTUATOR = {"family": "damiao", "model": "DM4310",
            "motor": {"rotor_inertia": 2e-5, "peak_torque": 7, "knee_velocity": 10, "no_load_velocity": 25},
            "reducer": {"viscous_friction": 0.1}}
DRIVE, MASTER = 1, 0x11
TARGET = 0.5  # rad
#: A pendulum of 0.5 kg at 0.1 m, held with 30 N.m/rad, hangs this far below its target at most [rad].
SAG = 0.5 * 9.81 * 0.1 / 30


class Bridge:
    """Damiao's USB adapter, as pydamiao speaks to it over a serial line, with a python-can bus behind it."""

    def __init__(self, bus):
        self.bus = bus
        self.is_open = True
        self.timeout = 0.1
        self.written = self.waiting = b""

    def open(self):
        self.is_open = True

    def close(self):
        self.is_open = False

    def write(self, data):
        """Frames of 30 bytes: 55 AA 1E 03, then the identifier at 13 and eight bytes of data at 21."""
        self.written += data
        while len(self.written) >= 30:
            frame, self.written = self.written[:30], self.written[30:]
            if frame[:4] != b"\x55\xaa\x1e\x03":
                raise ValueError(frame.hex())
            identifier = int.from_bytes(frame[13:17], "little")
            self.bus.send(can.Message(arbitration_id=identifier, is_extended_id=False, data=frame[21:29]))
        return len(data)

    def read(self, size=1):
        """Frames of 16 bytes: AA 11 08, the identifier, eight bytes of data, 55."""
        if not self.waiting:
            message = self.bus.recv(self.timeout)
            if message is not None:
                self.waiting += (b"\xaa\x11\x08" + message.arbitration_id.to_bytes(4, "little")
                                 + bytes(message.data).ljust(8, b"\0") + b"\x55")
        taken, self.waiting = self.waiting[:size], self.waiting[size:]
        return taken


#: A bus on which a sender hears itself, which CAN does not do: both libraries would take their commands for answers.
ANSWERS = [{"can_id": MASTER, "can_mask": 0x7FF, "extended": False}]


def damiao_motor(report):
    """damiao-motor 1.0.6 as host."""
    controller = DaMiaoController(channel=GROUP, bustype="udp_multicast")
    controller.bus.set_filters(ANSWERS)
    motor = controller.add_motor(DRIVE, MASTER, "4310")
    name = "damiao-motor"
    scale = [motor.get_register(index, timeout=30) for index in (21, 22, 23)]
    report.check(f"{name}: reads PMAX, VMAX and TMAX", scale == [12.5, 30, 10], scale)
    identifiers = [motor.get_register(index, timeout=30) for index in (7, 8, 10)]
    report.check(f"{name}: reads MST_ID, ESC_ID and CTRL_MODE", identifiers == [MASTER, DRIVE, 1], identifiers)
    motor.ensure_control_mode("MIT")
    motor.set_can_timeout(500)
    motor.registers.clear()
    report.check(f"{name}: a watchdog of 500 ms is 10000 units", motor.get_register(9, timeout=30) == 10000,
                 motor.registers)
    # Byte 2 of an acknowledged write is 55, which it does not look for: Documentation/Peers.md.
    report.check(f"{name}: takes the answer to a write for feedback", abs(motor.get_states()["pos"] + 12.5) < 0.04,
                 motor.get_states())
    motor.clear_error()
    motor.enable()
    report.check(f"{name}: enabled", wait_until(lambda: motor.get_states().get("status") == "ENABLED"),
                 motor.get_states())

    def moved(target):
        motor.send_cmd_mit(target_position=target, stiffness=30, damping=1)
        state = motor.get_states()
        return abs(state["pos"] - target) < 1.5 * SAG and abs(state["vel"]) < 0.1

    report.check(f"{name}: an MIT command moves the joint", wait_until(lambda: moved(TARGET)), motor.get_states())
    state = motor.get_states()
    expected = 0.5 * 9.81 * 0.1 * math.sin(TARGET)
    report.check(f"{name}: and reads the torque of gravity", abs(state["torq"] - expected) < 0.1, (state, expected))
    report.check(f"{name}: silence ends in communication lost",
                 wait_until(lambda: (motor.request_motor_feedback(), time.sleep(0.05),
                                     motor.get_states()["status_code"] == 0xD)[-1]), motor.get_states())
    motor.clear_error()
    motor.enable()
    report.check(f"{name}: cleared, enabled, moved again", wait_until(lambda: moved(-TARGET)), motor.get_states())
    motor.disable()
    report.check(f"{name}: disabled", wait_until(lambda: motor.get_states()["status"] == "DISABLED"),
                 motor.get_states())
    controller.shutdown()


def pydamiao(report):
    """pydamiao 0.1.4 as host, behind its USB adapter."""
    bus = open_bus(can_filters=ANSWERS)
    serial = SerialBus(Bridge(bus))
    motor = Motor(serial, MotorType.DM4310, DRIVE, MASTER)
    name = "pydamiao"
    scale = [motor.read_param(register, timeout=30).value for register in (MotorReg.PMAX, MotorReg.VMAX, MotorReg.TMAX)]
    report.check(f"{name}: reads PMAX, VMAX and TMAX", scale == list(motor.limits), scale)
    report.check(f"{name}: writes the watchdog and is told so",
                 motor.write_param(MotorReg.TIMEOUT, 40000, timeout=30).value == 40000, motor.param_cache)
    refused = motor.write_param(MotorReg.PMAX, -1.0, timeout=30)
    report.check(f"{name}: a value out of bounds is not kept, and it sees that",
                 not refused and refused.code == "mismatch", refused)
    mode = motor.set_mode(ControlMode.MIT, timeout=30)
    report.check(f"{name}: sets MIT mode", bool(mode) and mode.value == ControlMode.MIT, mode)
    motor.enable()
    # It has no name for status 1, enabled: no fault either.
    report.check(f"{name}: an enabled drive shows no fault",
                 wait_until(lambda: (motor.refresh_state(), motor.fault is None)[-1]), motor.fault)

    def moved(target):
        motor.set_mit(target, 0, 30, 1, 0)
        position, velocity, _ = motor.get_state()
        return abs(position - target) < 1.5 * SAG and abs(velocity) < 0.1

    report.check(f"{name}: an MIT command moves the joint", wait_until(lambda: moved(TARGET)), motor.get_state())
    report.check(f"{name}: silence ends in communication lost",
                 wait_until(lambda: (motor.refresh_state(), motor.fault == MotorFault.COMM_LOSS)[-1]), motor.fault)
    motor.clean_error()
    disabled = motor.disable(timeout_sec=30)
    state = motor.refresh_state(timeout=30)
    report.check(f"{name}: cleared and disabled", bool(disabled) and bool(state) and motor.fault == MotorFault.NONE,
                 (disabled, motor.fault))
    motor.save_params()
    report.check(f"{name}: takes the answer to a save for feedback",
                 wait_until(lambda: abs(motor.get_position() + 12.5) < 0.07), motor.get_state())
    serial.close()
    bus.shutdown()


def run(report):
    """All checks of this part."""
    for check in (damiao_motor, pydamiao):
        with simulated(report, check.__name__, {"joint": (ACTUATOR, {"id": DRIVE, "master_id": MASTER})}) as sinew:
            if sinew:
                check(report)
