"""What a CiA 402 drive does behind its object dictionary: state machine, torque, a pendulum. Two libraries serve it."""
import math

COUNTS, RATED = 65536, 2.0  # increments a turn; N.m
#: Objects beside those that the libraries bring: index, sub-index, CiA 301 data type, access, value at power-up.
OBJECTS = [
    (0x1016, 1, "UNSIGNED32", "rw", 0), (0x6007, 0, "INTEGER16", "rw", 0), (0x603F, 0, "UNSIGNED16", "ro", 0),
    (0x6040, 0, "UNSIGNED16", "rw", 0), (0x6041, 0, "UNSIGNED16", "ro", 0x0250), (0x6060, 0, "INTEGER8", "rw", 0),
    (0x6061, 0, "INTEGER8", "ro", 0), (0x6064, 0, "INTEGER32", "ro", 0), (0x606C, 0, "INTEGER32", "ro", 0),
    (0x6071, 0, "INTEGER16", "rw", 0), (0x6072, 0, "UNSIGNED16", "rw", 1000), (0x6076, 0, "UNSIGNED32", "ro", 2000),
    (0x6077, 0, "INTEGER16", "ro", 0), (0x607A, 0, "INTEGER32", "rw", 0), (0x608F, 1, "UNSIGNED32", "ro", COUNTS),
    (0x608F, 2, "UNSIGNED32", "ro", 1), (0x6502, 0, "UNSIGNED32", "ro", 1 << 9),
]
DISABLED, READY, ON, ENABLED, FAULT = 0x40, 0x21, 0x23, 0x27, 0x08
INERTIA, FRICTION, GRAVITY = 0.0071, 0.5, 0.4905


class Slave:
    """The drive: takes controlword, mode and torque, and gives what is to be read, by index."""

    def __init__(self, period):
        self.period = period
        self.state = DISABLED
        self.controlword = self.mode = self.torque = 0
        self.position, self.velocity = 0.0, 0.0
        self.visited, self.reached = [DISABLED], 0.0

    def write(self, index, value):
        """An object that was written, by SDO or at a SYNC."""
        if index == 0x6040:
            self.control(value)
        elif index == 0x6060:
            self.mode = value
        elif index == 0x6071:
            self.torque = value

    def control(self, word):
        """DSP 402 V2.0, state transitions."""
        rises, self.controlword = word & ~self.controlword, word
        if self.state == FAULT:
            state = DISABLED if rises & 0x80 else FAULT
        elif word & 0x06 != 0x06:
            state = DISABLED
        else:
            state = {0x06: READY, 0x07: ON, 0x0E: READY, 0x0F: ENABLED}[word & 0x0F]
            # One step up at a time; any number down.
            state = min(state, {DISABLED: READY, READY: ON, ON: ENABLED, ENABLED: ENABLED}[self.state])
        if state != self.state:
            self.state = state
            self.visited.append(state)

    def synchronise(self):
        """One period of the pendulum, and what a SYNC lets the drive send."""
        is_driven = self.state == ENABLED and self.mode == 10
        torque = self.torque / 1000 * RATED if is_driven else 0.0
        for _ in range(20):
            acceleration = (torque - FRICTION * self.velocity - GRAVITY * math.sin(self.position)) / INERTIA
            self.velocity += acceleration * self.period / 20
            self.position += self.velocity * self.period / 20
        self.reached = max(self.reached, self.position)
        turn = COUNTS / (2 * math.pi)
        return {0x6041: 0x0210 | self.state, 0x6061: self.mode, 0x6064: round(self.position * turn),
                0x606C: round(self.velocity * turn), 0x6077: round(torque / RATED * 1000)}
