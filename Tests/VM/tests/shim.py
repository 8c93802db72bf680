"""CServoBus' CAN calls through ctypes, and what the tests in the guest do all the time."""
import ctypes
import os
import pathlib
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tests" / "Interop"))
SOURCES = ROOT / "Firmware-Interfaces" / "CServoBus"
WARNINGS = ["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined", "-fsanitize-trap=undefined"]

EXTENDED, FD, SWITCH, INDICATOR, REMOTE, ERROR = 1, 2, 4, 8, 16, 32
ACTIVE, WARNING, PASSIVE, BUS_OFF, DOWN, GONE = range(6)
FRAME_COST = 1024


class Frame(ctypes.Structure):
    _fields_ = [("id", ctypes.c_uint32), ("bus", ctypes.c_uint8), ("length", ctypes.c_uint8), ("flags", ctypes.c_uint8),
                ("unused", ctypes.c_uint8), ("time_ns", ctypes.c_int64), ("data", ctypes.c_uint8 * 64)]

    def key(self):
        """What a frame is, its instant apart."""
        return self.id, self.flags, bytes(self.data[:self.length])


class Filter(ctypes.Structure):
    _fields_ = [("id", ctypes.c_uint32), ("mask", ctypes.c_uint32), ("is_extended", ctypes.c_int32)]


class Options(ctypes.Structure):
    _fields_ = [("filters", ctypes.POINTER(Filter)), ("filter_count", ctypes.c_size_t), ("receive_bytes", ctypes.c_int32),
                ("send_bytes", ctypes.c_int32), ("is_flexible_data_rate", ctypes.c_int32),
                ("confirm_within_ns", ctypes.c_int64), ("is_monitor", ctypes.c_int32)]


class Stamps(ctypes.Structure):
    _fields_ = [("is_hardware_offered", ctypes.c_int32)] + \
               [(name, ctypes.c_int64) for name in ("hardware", "kernel", "neither", "latest_ns", "restarts", "overrun")]


class Confirmation(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in
                ("confirmed", "unconfirmed", "most_unconfirmed", "outstanding", "strange", "latency_p50_ns", "latency_p99_ns",
                 "latency_max_ns")]


class Health(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in
                ("state", "worst", "lost", "transmit_errors", "receive_errors", "send_error")] + \
               [(name, ctypes.c_int64) for name in
                ("received", "sent", "refused", "withheld", "overflowed", "error_frames", "bus_offs", "restarts", "ignored")]


class Link(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in ("index", "is_up", "maximum_unit", "queue_length")] + \
               [("kind", ctypes.c_char * 16), ("has_controller", ctypes.c_int32), ("controller_state", ctypes.c_int32)] + \
               [(name, ctypes.c_uint32) for name in ("bit_rate", "data_bit_rate", "sample_point", "data_sample_point",
                                                     "restart_ms", "control_modes")] + \
               [("transmit_errors", ctypes.c_int32), ("receive_errors", ctypes.c_int32)] + \
               [(name, ctypes.c_uint32) for name in ("bus_errors", "warnings", "passives", "bus_offs",
                                                     "arbitration_losses", "restarts")] + \
               [(name, ctypes.c_uint64) for name in ("received", "sent", "receive_drops", "send_drops",
                                                     "receive_errors_total", "send_errors_total")]


class Rates(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("bit_rate", "data_bit_rate", "sample_point", "data_sample_point")]


def build(folder, sources=SOURCES):
    """Compiles the shim into `folder` and returns the library's path."""
    library = pathlib.Path(folder) / "libservobus.so"
    files = ["servo_bus.c", "servo_can.c", "servo_can_exchange.c", "servo_can_link.c", "servo_can_stamps.c",
             "servo_clock_filter.c", "servo_confirmation.c", "servo_udev.c"]
    subprocess.run([os.environ.get("CC", "clang"), *WARNINGS, "-shared", "-fPIC", f"-I{sources / 'include'}", "-o",
                    library, *(sources / file for file in files)], check=True)
    return library


def load():
    """The library that SERVO_BUS_LIBRARY names."""
    library = ctypes.CDLL(os.environ["SERVO_BUS_LIBRARY"])
    library.servo_clock_now.restype = ctypes.c_int64
    library.servo_can_get_health.restype = Health
    library.servo_can_get_stamps.restype = Stamps
    library.servo_can_get_confirmation.argtypes = [ctypes.c_void_p, ctypes.POINTER(Confirmation)]
    for name in ("close", "receive", "send", "get_health", "get_stamps", "descriptor", "waiting"):
        getattr(library, f"servo_can_{name}").argtypes = [ctypes.c_void_p] + {
            "receive": [ctypes.POINTER(Frame), ctypes.c_int, ctypes.c_int64], "send": [ctypes.POINTER(Frame), ctypes.c_int]}.get(name, [])
    return library


LIBRARY = load() if "SERVO_BUS_LIBRARY" in os.environ else None


class Bus:
    """An open bus of the shim."""

    def __init__(self, name, filters=(), flexible=False, monitor=False, receive_bytes=0, send_bytes=0, confirm_ns=0):
        array = (Filter * max(len(filters), 1))(*filters)
        options = Options(array, len(filters), receive_bytes, send_bytes, flexible, confirm_ns, monitor)
        self.handle = ctypes.c_void_p()
        self.error = LIBRARY.servo_can_open(name.encode(), ctypes.byref(options), ctypes.byref(self.handle))
        self.room = (Frame * 512)()

    def receive(self, capacity=512):
        count = LIBRARY.servo_can_receive(self.handle, self.room, capacity, LIBRARY.servo_clock_now())
        return [Frame.from_buffer_copy(self.room[i]) for i in range(count)]

    def send(self, frames):
        return LIBRARY.servo_can_send(self.handle, (Frame * max(len(frames), 1))(*frames), len(frames))

    @property
    def health(self):
        return LIBRARY.servo_can_get_health(self.handle)

    @property
    def stamps(self):
        return LIBRARY.servo_can_get_stamps(self.handle)

    @property
    def confirmation(self):
        """What came back of the frames sent; None where the bus was not opened for it."""
        told = Confirmation()
        return told if LIBRARY.servo_can_get_confirmation(self.handle, ctypes.byref(told)) == 0 else None

    def close(self):
        LIBRARY.servo_can_close(self.handle)


def frame(identifier, data=b"", flags=0):
    """A frame of the shim's."""
    made = Frame(id=identifier, length=len(data), flags=flags)
    for index, byte in enumerate(data):
        made.data[index] = byte
    return made


def link(name):
    """What the kernel says of an interface: a negative errno or 0, and the answer."""
    answer = Link()
    return LIBRARY.servo_can_link_read(name.encode(), ctypes.byref(answer)), answer


def shell(command):
    """Runs a command that must succeed."""
    subprocess.run(["bash", "-c", command], check=True)


def raw(name, flexible=True, errors=False):
    """A plain socket of Python's on an interface."""
    opened = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
    opened.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FD_FRAMES, int(flexible))
    if errors:
        opened.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_ERR_FILTER, 0x1FFFFFFF)
    opened.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
    opened.bind((name,))
    opened.setblocking(False)
    return opened


def drain(opened):
    """Everything a plain socket has, as (identifier with its flags, length, FD flags, data, whether FD)."""
    found = []
    while True:
        try:
            data = opened.recv(72)
        except BlockingIOError:
            return found
        found.append((int.from_bytes(data[:4], "little"), data[4], data[5], data[8:8 + data[4]], len(data) == 72))
