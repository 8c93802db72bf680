"""robstride and python-cybergear, two host libraries, against our RobStride RS02 and our CyberGear on one bus."""
import math
import time

from cybergear import CyberGearMotor
from robstride.client import Client, MotorMode, RunMode

from live_bus import GROUP, PORT, open_bus, simulated, wait_until

MOTOR = {"rotor_inertia": 3e-5, "peak_torque": 10, "knee_velocity": 10, "no_load_velocity": 25}
HOST = 0xFD
ROBSTRIDE, CYBERGEAR = 3, 7
JOINTS = {
    "shoulder": ({"family": "robstride", "model": "RS02", "motor": MOTOR}, {"id": ROBSTRIDE}),
    "elbow": ({"family": "robstride", "model": "CyberGear", "motor": MOTOR}, {"id": CYBERGEAR}),
}
TARGET = 0.5  # rad
#: A pendulum of 0.5 kg at 0.1 m, held with 30 N.m/rad, hangs this far below its target at most [rad].
SAG = 0.5 * 9.81 * 0.1 / 30


def robstride(report, bus):
    """robstride 0.1.0 as host of the RS02."""
    client = Client(bus, host_can_id=HOST, recv_timeout=30)
    name = "robstride"
    state = client.disable(ROBSTRIDE)
    report.check(f"{name}: stopped, at rest, without errors",
                 state.mode == MotorMode.Reset and not state.errors and abs(state.angle) < 0.01
                 and abs(state.velocity) < 0.01 and abs(state.torque) < 0.1 and 0 < state.temp < 60, state)
    report.check(f"{name}: reads run_mode", client.read_param(ROBSTRIDE, "run_mode") == RunMode.Operation)
    report.check(f"{name}: reads limit_torque", client.read_param(ROBSTRIDE, "limit_torque") == 17)
    state = client.write_param(ROBSTRIDE, "limit_torque", 5.5)
    report.check(f"{name}: a write is answered with feedback, and kept",
                 state.servo_id == ROBSTRIDE and client.read_param(ROBSTRIDE, "limit_torque") == 5.5, state)
    client.write_param(ROBSTRIDE, "run_mode", RunMode.Speed)
    report.check(f"{name}: sets run_mode", client.read_param(ROBSTRIDE, "run_mode") == RunMode.Speed)
    client.write_param(ROBSTRIDE, "run_mode", RunMode.Operation)
    position = client.read_param(ROBSTRIDE, "mechpos")
    report.check(f"{name}: reads mechpos", abs(position) < 0.01, position)
    state = client.enable(ROBSTRIDE)
    # Bits 23 and 22 say 2, run; it looks at bit 22 alone: Documentation/Peers.md.
    report.check(f"{name}: takes a running drive for a stopped one", state.mode == MotorMode.Reset and not state.errors,
                 state)
    client.write_param(ROBSTRIDE, "run_mode", RunMode.Current)
    report.check(f"{name}: run_mode is not changed while running",
                 client.read_param(ROBSTRIDE, "run_mode") == RunMode.Operation)
    client.disable(ROBSTRIDE)
    client.update_id(ROBSTRIDE, ROBSTRIDE + 1)
    state = client.disable(ROBSTRIDE + 1)
    report.check(f"{name}: gives it another identifier", state.servo_id == ROBSTRIDE + 1, state)
    client.update_id(ROBSTRIDE + 1, ROBSTRIDE)
    report.check(f"{name}: counts no frame as an error", client.error_rate() == 0)


def cybergear(report):
    """python-cybergear 0.1.2 as host of the CyberGear; the RS02 is on the same bus."""
    config = {"interface": "udp_multicast", "channel": GROUP, "port": PORT}
    name = "python-cybergear"
    found = CyberGearMotor.scan(bus_config=config, timeout=3)
    # It hears its own questions on this bus, and takes them for an answer of the host.
    report.check(f"{name}: a scan finds both drives",
                 [motor for motor, _ in found if motor != HOST] == [ROBSTRIDE, CYBERGEAR], found)
    with CyberGearMotor(bus_config=config, can_id=CYBERGEAR, poll_interval=0.2) as motor:
        report.check(f"{name}: polls every parameter",
                     wait_until(lambda: motor.rotation is not None and motor.spd_ki is not None), motor._parameters)
        report.check(f"{name}: run_mode and limits", motor.run_mode == "operation" and motor.limit_torque == 12
                     and abs(motor.mech_pos) < 0.01 and 10 < motor.v_bus < 60, motor._parameters)
        motor.limit_torque = 6.0
        report.check(f"{name}: sets limit_torque", wait_until(lambda: motor.limit_torque == 6.0), motor.limit_torque)
        motor.enable()
        report.check(f"{name}: enabled, mode 2, no fault",
                     wait_until(lambda: motor.feedback.mode == 2) and not motor.feedback.faults.has_fault,
                     motor.feedback)

        def moved(target):
            motor.motor_control(0, target, 0, 30, 1)
            state = motor.feedback
            return abs(state.position - target) < 1.5 * SAG and abs(state.velocity) < 0.05

        report.check(f"{name}: motor_control moves the joint", wait_until(lambda: moved(TARGET)), motor.feedback)
        expected = 0.5 * 9.81 * 0.1 * math.sin(TARGET)
        report.check(f"{name}: and reads the torque of gravity", abs(motor.feedback.torque - expected) < 0.1,
                     (motor.feedback, expected))
        # What it writes is 200C, among the stored parameters, which no drive lets be written: Protocols/robstride.md.
        motor.set_watchdog_timeout(100)
        time.sleep(0.5)
        motor.reset_zero_position()
        report.check(f"{name}: its watchdog has no effect, as it says",
                     wait_until(lambda: abs(motor.feedback.position) < 0.05) and motor.feedback.mode == 2,
                     motor.feedback)
        report.check(f"{name}: reset_zero_position makes it zero", abs(motor.feedback.position) < 0.05, motor.feedback)
        motor.disable()
        report.check(f"{name}: disabled", wait_until(lambda: motor.feedback.mode == 0), motor.feedback)


def run(report):
    """All checks of this part."""
    with simulated(report, "robstride", JOINTS) as sinew:
        if sinew:
            # A bus on which a sender hears itself, which CAN does not do: only answers, to the host and to FE, which
            # takes those with an id, are let through.
            answers = [{"can_id": to, "can_mask": 0xFF, "extended": True} for to in (HOST, 0xFE)]
            with open_bus(can_filters=answers) as bus:
                robstride(report, bus)
            cybergear(report)
