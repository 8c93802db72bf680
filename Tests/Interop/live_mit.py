"""mini-cheetah-motor-driver-socketcan, a host library, against our CubeMars AK drive; its socket replaced by a bus."""
import contextlib
import io
import math

import can
from motor_driver import canmotorlib

from live_bus import PATIENCE, open_bus, simulated, wait_until

ACTUATOR = {"family": "mit", "model": "AK80-9_V1.1", "reducer": {"viscous_friction": 0.1},
            "motor": {"rotor_inertia": 3e-5, "peak_torque": 12, "knee_velocity": 10, "no_load_velocity": 20}}
DRIVE = 1
TARGET = 0.5  # rad
#: A pendulum of 0.5 kg at 0.1 m, held with 30 N.m/rad, hangs this far below its target at most [rad].
SAG = 0.5 * 9.81 * 0.1 / 30


class Host(canmotorlib.CanMotorController):
    """The peer on a python-can bus instead of its raw socket; what it prints is kept."""

    def __init__(self, bus, **options):
        self.bus = bus
        self.printed = io.StringIO()
        with contextlib.redirect_stdout(self.printed):
            super().__init__(**options)

    def _send_can_frame(self, data):
        self.bus.send(can.Message(arbitration_id=self.motor_id, is_extended_id=False, data=data))

    def _recv_can_frame(self):
        message = self.bus.recv(PATIENCE)
        return message.arbitration_id, message.dlc, bytes(message.data)

    def ask(self, call, *arguments):
        with contextlib.redirect_stdout(self.printed):
            return call(*arguments)


def converse(report, host):
    name = "mini-cheetah"
    state = host.ask(host.enable_motor)
    report.check(f"{name}: enabled, and reads zero where it stands",
                 state is not None and all(abs(value) < 0.05 for value in state), (state, host.printed.getvalue()))

    def moved(target):
        state = host.ask(host.send_rad_command, target, 0, 30, 1, 0)
        return abs(state[0] - target) < 1.5 * SAG and abs(state[1]) < 0.05 and state

    for target in (TARGET, -TARGET):
        state = wait_until(lambda: moved(target))
        report.check(f"{name}: send_rad_command moves the joint to {target} rad", state, host.printed.getvalue()[-300:])
        expected = 0.5 * 9.81 * 0.1 * math.sin(target)
        report.check(f"{name}: and reads the torque of gravity", state and abs(state[2] - expected) < 0.1,
                     (state, expected))
    state = wait_until(lambda: host.ask(host.send_deg_command, 0, 0, 30, 1, 0))
    report.check(f"{name}: send_deg_command is answered in degrees",
                 state and abs(state[0]) <= 1.2 * math.degrees(TARGET), state)
    state = host.ask(host.disable_motor)
    report.check(f"{name}: disabled", state is not None and "Motor Disabled" in host.printed.getvalue(),
                 host.printed.getvalue()[-300:])
    state = host.ask(host.send_rad_command, TARGET, 0, 30, 1, 5)
    report.check(f"{name}: a command to a drive that is off is answered and not obeyed",
                 wait_until(lambda: abs(host.ask(host.send_rad_command, TARGET, 0, 30, 1, 5)[1]) < 0.05)
                 and abs(host.ask(host.send_rad_command, TARGET, 0, 30, 1, 5)[0]) < 0.2, state)


def run(report):
    """All checks of this part."""
    with simulated(report, "mini-cheetah", {"joint": (ACTUATOR, {"id": DRIVE})}) as sinew:
        if sinew:
            canmotorlib.CanMotorController.can_socket_declared = True  # so that it opens none
            # A bus on which a sender hears itself, which CAN does not do: only answers, which go to 0, are let through.
            with open_bus(can_filters=[{"can_id": 0, "can_mask": 0x7FF, "extended": False}]) as bus:
                converse(report, Host(bus, motor_id=DRIVE, motor_type="AK80_9_V1p1"))
