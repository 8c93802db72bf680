"""A client of Sinew's command port, in pure Python: setpoints to a running loop, its state back, through shared memory.

    with Port("navigator", name="my policy", period=0.02) as port:
        state = port.wait()                                  # the newest state; before the robot is armed it waits
        port.send(state.positions, answers=state.cycle)      # one position [rad] for each of port.joints

The layouts are those of Sources/CCommandPort/include/command_port.h. Needs Linux and Python 3.9; no other package.
"""
import array
import mmap
import os
import socket
import struct
import time
from operator import mul

MAGIC = 0x31504357454E4953
VERSION = 1
SEED = 0x9E3779B97F4A7C15
SLOTS = 4
JOINTS = 64
MASK = (1 << 64) - 1

TAKE, WATCH = 1, 2
HAS_VELOCITY, HAS_TORQUE, HAS_GAINS, ENDS = 1, 2, 4, 8
PHASES = ("free", "waiting", "following", "frozen", "closed")
SAFETY = ("disarmed", "arming", "armed", "stopping", "fault")
REFUSALS = ("torn", "malformed", "not_finite", "position_limit", "velocity_limit", "torque_limit", "gains", "old")

HELLO = struct.Struct("<QIIQq64s")
REPLY = struct.Struct("<QIiQQqqiI64s192s")
SET_HEAD = struct.Struct("<qqII")
SET_SIZE = 48 + 40 * JOINTS
STATE_HEAD = struct.Struct("<QQQqqQQqqqQ8QIIII")
STATE_SIZE = 168 + 48 * JOINTS
STATES_HEAD = struct.Struct("<QIIIIIIQqqQ64s128s")
JOINT = struct.Struct("<64s8d")
SETPOINTS_NEWEST = 24
STATES_NEWEST = 56
#: How often each word of a set counts in its second sum: the sequence first, the words after the sums next.
WEIGHTS = range(SET_SIZE // 8 - 2, 0, -1)
STATE_WEIGHTS = range(STATE_SIZE // 8 - 2, 0, -1)


class PortError(Exception):
    """Why a port cannot be used; `holder` and `holder_pid` say who has the lease."""

    def __init__(self, message, holder="", holder_pid=0):
        super().__init__(message)
        self.holder = holder
        self.holder_pid = holder_pid


class Joint:
    """A joint as robot.yaml describes it: name, limits, most stiffness and damping, home. SI units, radians."""

    def __init__(self, data):
        name, *values = JOINT.unpack(data)
        self.name = text(name)
        (self.position_min, self.position_max, self.velocity_limit, self.acceleration_limit, self.torque_limit,
         self.stiffness_max, self.damping_max, self.home) = values


class State:
    """The robot after a cycle. Lists are in the order of `Port.joints`."""

    def __init__(self, data, count):
        head = STATE_HEAD.unpack_from(data)
        (_, _, _, self.cycle, self.time_ns, self.lease, self.set_sequence, self.set_stamp_ns, self.set_age_ns,
         self.set_latency_cycles, self.accepted) = head[:11]
        self.refused = dict(zip(REFUSALS, head[11:19]))
        safety, self.fault, phase, _ = head[19:]
        self.safety = SAFETY[safety]
        self.phase = PHASES[phase]
        rows = [struct.unpack_from("<5dq", data, STATE_HEAD.size + 48 * joint) for joint in range(count)]
        (self.positions, self.velocities, self.torques, self.commanded_positions, self.commanded_velocities,
         self.ages) = (list(column) for column in zip(*rows))


def text(data):
    """The text in an array of bytes that ends with the first zero."""
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def path_of(port):
    """Where the socket of a port is: a path where the name holds a slash."""
    if "/" in port:
        return port
    directory = os.environ.get("XDG_RUNTIME_DIR")
    return f"{directory}/sinew-{port}.port" if directory else f"/tmp/sinew-{os.geteuid()}-{port}.port"


def sums(data, weights):
    """Both sums over a slot, which is packed but for the sums themselves."""
    words = array.array("Q", data)
    used = [words[0], *words[3:]]
    first = (SEED + sum(used)) & MASK
    # The second adds up the first after each word: a word counts as often as there are words from it to the end.
    second = (SEED + SEED * len(used) + sum(map(mul, used, weights))) & MASK
    return first, second


class Port:
    """A connection to a command port. Not for several threads at once."""

    def __init__(self, port, name="python", period=0.02, take=False, watch=False, fingerprint=0, timeout=2.0):
        """Connects, and asks for the lease unless only `watch` is wanted.

        `period` [s] is the time between two sets: the loop moves from one to the next in it. `take` takes the lease from
        who has it. `fingerprint` refuses any other robot. Raises PortError with the reason.
        """
        self.path = path_of(port)
        self.period_ns = round(period * 1e9)
        self._sequence = 0
        self._due = None
        self._setpoints = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._connect(name, (TAKE if take else 0) | (WATCH if watch else 0), fingerprint)
        except BaseException:
            self._socket.close()
            raise

    def _connect(self, name, wants, fingerprint):
        try:
            self._socket.connect(self.path)
            self._socket.sendall(HELLO.pack(MAGIC, VERSION, wants, fingerprint, self.period_ns, name.encode()[:63]))
            data, descriptors, _, _ = socket.recv_fds(self._socket, REPLY.size, 2, socket.MSG_WAITALL)
        except OSError as error:
            raise PortError(f"{self.path}: {error.strerror or error}; start sinew run with --port first") from error
        try:
            if len(data) != REPLY.size:
                raise PortError(f"{self.path}: the port closed without an answer; it may be full, or another user's")
            (magic, _, result, self.lease, self.fingerprint, self.loop_period_ns, self.command_timeout_ns, holder_pid, _,
             holder, message) = REPLY.unpack(data)
            if magic != MAGIC or result < 0:
                raise PortError(f"{self.path}: {text(message) or 'no command port'}", text(holder), holder_pid)
            self._states = mmap.mmap(descriptors[0], 0, mmap.MAP_SHARED, mmap.PROT_READ)
            if self.lease:
                self._setpoints = mmap.mmap(descriptors[1], 0)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self._socket.settimeout(0)
        head = STATES_HEAD.unpack_from(self._states)
        count, self._slot_size, self._slot_offset = head[3], head[5], head[6]
        self.robot = text(head[11])
        self.units = text(head[12])
        self.joints = [Joint(self._states[start:start + JOINT.size])
                       for start in range(STATES_HEAD.size, STATES_HEAD.size + JOINT.size * count, JOINT.size)]
        self.names = [joint.name for joint in self.joints]

    @property
    def is_owner(self):
        """Whether the lease still is this client's: nobody took it, and the loop is there."""
        if not self._setpoints:
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK)
            return False
        except BlockingIOError:
            return True
        except OSError:
            return False

    @property
    def state(self):
        """The newest state; None before the first cycle."""
        for _ in range(8):
            newest, = struct.unpack_from("<Q", self._states, STATES_NEWEST)
            start = self._slot_offset + newest % SLOTS * self._slot_size
            data = self._states[start:start + STATE_SIZE]
            if newest and struct.unpack_from("<QQQ", data) == (newest, *sums(data, STATE_WEIGHTS)):
                return State(data, len(self.joints))
        return None

    def wait(self, timeout=30.0):
        """The state when the next set is due: at first when the robot is armed, then one period after the last set was due.

        Follows the loop's clock, so that it also goes where simulated time waits for the sets. Raises PortError when the
        lease is lost, the robot stopped, or nothing came for `timeout` [s].
        """
        end = time.monotonic() + timeout
        steps = max(1, round(self.period_ns / self.loop_period_ns))
        while True:
            newest, = struct.unpack_from("<Q", self._states, STATES_NEWEST)
            # A look at the whole state only where it may be the one.
            if self._due is None or newest >= self._due:
                state = self.state
                if state and state.lease == self.lease and state.phase in ("waiting", "following", "frozen"):
                    at, = struct.unpack_from("<Q", self._states, STATES_NEWEST)
                    self._due = (at if self._due is None or at >= self._due + steps else self._due) + steps
                    return state
                if self._due is not None and state and state.phase == "closed":
                    raise PortError(f"{self.path}: the robot is {state.safety}, fault {state.fault}")
            if not self.is_owner:
                raise PortError(f"{self.path}: the lease was taken, or the loop ended")
            if time.monotonic() > end:
                raise PortError(f"{self.path}: no state in which a set was due for {timeout} s")
            time.sleep(0.0002)

    def send(self, positions, velocities=None, torques=None, stiffness=None, damping=None, answers=-1, ends=False,
             stamp_ns=0):
        """Sends a set, one value for each joint in each list, and gives its sequence.

        `answers` is the cycle of the state it was made from: sets made from old states are refused. `ends` ends the run in a
        controlled stop. Positions [rad], velocities [rad/s], torques [N.m], stiffness [N.m/rad], damping [N.m.s/rad].
        """
        if not self._setpoints:
            raise PortError(f"{self.path}: this client only watches")
        if (stiffness is None) != (damping is None):
            raise ValueError("stiffness and damping go together")
        count = len(self.joints)
        columns = (positions, velocities, torques, stiffness, damping)
        if any(column is not None and len(column) != count for column in columns):
            raise ValueError(f"one value for each of {count} joints")
        flags = ((HAS_VELOCITY if velocities is not None else 0) | (HAS_TORQUE if torques is not None else 0)
                 | (HAS_GAINS if stiffness is not None else 0) | (ENDS if ends else 0))
        zeros = [0.0] * count
        rows = zip(*(zeros if column is None else column for column in columns))
        data = bytearray(SET_SIZE)
        struct.pack_into("<Q", data, 0, self._sequence + 1)
        SET_HEAD.pack_into(data, 24, answers, stamp_ns, flags, count)
        struct.pack_into(f"<{5 * count}d", data, 48, *(value for row in rows for value in row))
        struct.pack_into("<QQ", data, 8, *sums(data, WEIGHTS))
        self._put(data)
        return self._sequence

    def _put(self, data):
        """Puts a packed set into its slot: marked, filled, given its sequence, called the newest."""
        self._sequence += 1
        start = 64 + self._sequence % SLOTS * SET_SIZE
        struct.pack_into("<Q", self._setpoints, start, 0)
        self._setpoints[start + 8:start + SET_SIZE] = bytes(data[8:])
        struct.pack_into("<Q", self._setpoints, start, self._sequence)
        struct.pack_into("<Q", self._setpoints, SETPOINTS_NEWEST, self._sequence)

    def close(self):
        """Gives the lease back; the robot holds where it comes to rest."""
        try:
            if self._setpoints:
                self._socket.send(b"B")
        except OSError:
            pass
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
