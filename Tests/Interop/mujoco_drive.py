#!/usr/bin/env python3
"""A joint of MuJoCo's behind a drive that speaks the MIT protocol, on a CAN bus: physics and codec that are not ours.

    python3 Tests/Interop/mujoco_drive.py vcan0
    python3 Tests/Interop/mujoco_drive.py 239.74.163.2:43113

The drive has an AK80-9's scales and an encoder of 14 bits at its shaft. It closes its loop every 0.1 ms, which is also MuJoCo's step. At
each frame time passes up to now, what is measured then is answered, and the new command counts from then on. It says `ready` on
standard error when it listens, and ends on SIGINT or SIGTERM.
"""
import contextlib
import math
import signal
import socket
import struct
import sys
import time

import mujoco

#: What the description of the joint states, and a tuner is to find: kg.m^2, N.m, N.m.s/rad.
ARMATURE, FRICTIONLOSS, DAMPING = 0.018, 0.35, 0.12
#: Inertia of what hangs on it, about an axis that gravity does not turn [kg.m^2].
LINK_INERTIA = 0.012
STEP = 1e-4
MODEL = f"""
<mujoco>
  <option timestep="{STEP}" integrator="implicitfast"/>
  <worldbody><body name="arm">
    <joint name="joint" type="hinge" axis="0 0 1" armature="{ARMATURE}" frictionloss="{FRICTIONLOSS}" damping="{DAMPING}"/>
    <inertial pos="0 0 0" mass="1" diaginertia="{LINK_INERTIA} {LINK_INERTIA} {LINK_INERTIA}"/>
  </body></worldbody>
  <actuator><motor joint="joint"/></actuator>
</mujoco>"""
IDENTIFIER, MASTER = 4, 0x14
#: Position, velocity, torque, stiffness, damping at full scale, of an AK80-9 of the second generation.
FULL = {"position": 12.5, "velocity": 50.0, "torque": 18.0, "stiffness": 500.0, "damping": 5.0}
COUNTS = 16384
ENTER, EXIT, ZERO = 0xFC, 0xFD, 0xFE
TEMPERATURE = 30


def spread(word, bits, full, low=None):
    """The value of a fixed-point word, as bgkatz' uint_to_float."""
    low = -full if low is None else low
    return low + word * (full - low) / ((1 << bits) - 1)


def packed(value, bits, full):
    """The fixed-point word of a value, as bgkatz' float_to_uint, rounded."""
    value = min(max(value, -full), full)
    return round((value + full) * ((1 << bits) - 1) / (2 * full))


class Drive:
    """One drive and its joint."""

    def __init__(self):
        # MuJoCo's looks at the clock, some forty a step, are system calls in a guest.
        mujoco.set_mjcb_time(lambda: 0.0)
        self.model = mujoco.MjModel.from_xml_string(MODEL)
        self.data = mujoco.MjData(self.model)
        self.is_on = False
        self.command = (0.0, 0.0, 0.0, 0.0, 0.0)
        self.torque = 0.0
        self.time = None

    def measure(self):
        step = 2 * math.pi / COUNTS
        return math.floor(self.data.qpos[0] / step) * step, self.data.qvel[0]

    def advance(self, now):
        """Lets MuJoCo integrate up to an instant [s]."""
        self.time = now if self.time is None else self.time
        while self.time + STEP / 2 < now:
            position, velocity = self.measure()
            wanted, speed, stiffness, damping, torque = self.command
            asked = stiffness * (wanted - position) + damping * (speed - velocity) + torque
            self.torque = min(max(asked, -FULL["torque"]), FULL["torque"]) if self.is_on else 0.0
            self.data.ctrl[0] = self.torque
            mujoco.mj_step(self.model, self.data)
            self.time += STEP

    def take(self, data, now):
        """Takes a frame at an instant [s]; the answer's bytes."""
        self.advance(now)
        if data[:7] == b"\xff" * 7:
            self.is_on = {ENTER: True, EXIT: False}.get(data[7], self.is_on)
            if data[7] == EXIT:
                self.command = (0.0, 0.0, 0.0, 0.0, 0.0)
        elif self.is_on:
            self.command = (
                spread(data[0] << 8 | data[1], 16, FULL["position"]),
                spread(data[2] << 4 | data[3] >> 4, 12, FULL["velocity"]),
                spread((data[3] & 15) << 8 | data[4], 12, FULL["stiffness"], 0),
                spread(data[5] << 4 | data[6] >> 4, 12, FULL["damping"], 0),
                spread((data[6] & 15) << 8 | data[7], 12, FULL["torque"]))
        position, velocity = self.measure()
        words = (packed(position, 16, FULL["position"]), packed(velocity, 12, FULL["velocity"]),
                 packed(self.torque, 12, FULL["torque"]))
        return bytes([IDENTIFIER, words[0] >> 8, words[0] & 255, words[1] >> 4, (words[1] & 15) << 4 | words[2] >> 8,
                      words[2] & 255, TEMPERATURE, 0])


class KernelBus:
    """A CAN interface of the kernel's."""

    FRAME = struct.Struct("=IB3x8s")

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
        self.socket.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FILTER, struct.pack("=II", IDENTIFIER, 0x7FF))
        self.socket.bind((name,))

    def receive(self):
        _, length, data = self.FRAME.unpack(self.socket.recv(16))
        return data[:length]

    def send(self, data):
        self.socket.send(self.FRAME.pack(MASTER, len(data), data))


class MulticastBus:
    """A bus of python-can's udp_multicast."""

    def __init__(self, group, port):
        import can
        self.message = can.Message
        self.bus = can.Bus(interface="udp_multicast", channel=group, port=int(port),
                           can_filters=[{"can_id": IDENTIFIER, "can_mask": 0x7FF, "extended": False}])

    def receive(self):
        message = self.bus.recv(3600)
        return bytes(message.data) if message is not None else b""

    def send(self, data):
        self.bus.send(self.message(arbitration_id=MASTER, is_extended_id=False, data=data))


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    place = sys.argv[1]
    drive, bus = Drive(), MulticastBus(*place.rsplit(":", 1)) if ":" in place else KernelBus(place)
    print("ready", file=sys.stderr, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            data = bus.receive()
            if len(data) == 8:
                bus.send(drive.take(data, time.monotonic()))


if __name__ == "__main__":
    main()
