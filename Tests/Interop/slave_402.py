"""What a CiA 402 drive does behind its object dictionary: state machine, torque, a pendulum, the heartbeat it watches.

Two libraries serve it. Its time is that at which the kernel received the frames, so that a library that gets round to
them late does not make its watchdog late.
"""
import math
import time

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
        self.consumer = self.abort_option = self.error = 0
        self.last_beat = self.enabled_since = None

    def write(self, index, value):
        """An object that was written, by SDO or at a SYNC."""
        if index == 0x6040:
            self.control(value)
        elif index == 0x6060:
            self.mode = value
        elif index == 0x6071:
            self.torque = value
        elif index == 0x1016:
            self.consumer, self.last_beat = value, None
        elif index == 0x6007:
            self.abort_option = value

    def hear(self, message):
        """Any frame of the bus, before the library sees it: whether the watched heartbeat is lost at the frame's time."""
        node, period = self.consumer >> 16, (self.consumer & 0xFFFF) / 1000
        if period and message.arbitration_id == 0x700 + node:
            self.last_beat = message.timestamp
        elif self.last_beat is not None and message.timestamp - self.last_beat >= period:
            self.last_beat = None
            if self.abort_option == 1:
                self.error, self.torque = 0x8130, 0
                self.enter(FAULT)
            return True
        return False

    def enter(self, state):
        if state != self.state:
            self.state = state
            self.visited.append(state)
            self.enabled_since = time.monotonic() if state == ENABLED else None

    def is_armed(self):
        """Whether it is enabled for longer than bring-up ever lets it be."""
        since = self.enabled_since
        return since is not None and time.monotonic() - since > 1

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
        if self.state == FAULT and state != FAULT:
            self.error = 0
        self.enter(state)

    def words(self):
        """Objects that are read, by index."""
        turn = COUNTS / (2 * math.pi)
        is_driven = self.state == ENABLED and self.mode == 10
        return {0x6041: 0x0210 | self.state, 0x6061: self.mode, 0x603F: self.error,
                0x6064: round(self.position * turn), 0x606C: round(self.velocity * turn),
                0x6077: self.torque if is_driven else 0}

    def synchronise(self):
        """One period of the pendulum; what there is to be read then."""
        is_driven = self.state == ENABLED and self.mode == 10
        torque = self.torque / 1000 * RATED if is_driven else 0.0
        for _ in range(20):
            acceleration = (torque - FRICTION * self.velocity - GRAVITY * math.sin(self.position)) / INERTIA
            self.velocity += acceleration * self.period / 20
            self.position += self.velocity * self.period / 20
        self.reached = max(self.reached, self.position)
        return self.words()
