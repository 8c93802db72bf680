"""Plays the adapter behind the kernel's slcan driver, over a pseudo terminal: the driver is a real one, with bit rate, error
frames, error states, bus-off and unplug, and needs no hardware."""
import fcntl
import os
import pty
import select
import termios
import threading
import time

N_SLCAN = 17
SIOCGIFNAME = 0x8910


class Adapter:
    """An adapter with one interface, `name`. It reads in a thread of its own: the driver's open waits until it has."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        attributes = termios.tcgetattr(self.slave)
        attributes[0] = attributes[1] = attributes[3] = 0
        termios.tcsetattr(self.slave, termios.TCSANOW, attributes)
        fcntl.ioctl(self.slave, termios.TIOCSETD, N_SLCAN.to_bytes(4, "little"))
        self.name = fcntl.ioctl(self.slave, SIOCGIFNAME, bytes(40)).split(b"\0")[0].decode()
        #: Called with each command the host sent, its terminator removed; by default they are kept in `heard`.
        self.hear = None
        self.heard = []
        self.is_stalled = False
        self._is_over = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        pending = b""
        while not self._is_over:
            if self.is_stalled or not select.select([self.master], [], [], 0.01)[0]:
                if self.is_stalled:
                    time.sleep(0.001)
                continue
            try:
                pending += os.read(self.master, 65536)
            except OSError:
                return
            *commands, pending = pending.split(b"\r")
            for command in commands:
                if self.hear is not None:
                    self.hear(command)
                else:
                    self.heard.append(command)

    def say(self, text):
        """Sends a line to the host, such as a frame `t1232ABCD`, a state `sb000256` or an error `e1a`."""
        os.write(self.master, text.encode() + b"\r")

    def commands(self, settle=0.06):
        """What the host sent and was not yet asked for, once nothing more comes."""
        while True:
            count = len(self.heard)
            time.sleep(settle)
            if len(self.heard) == count:
                break
        taken, self.heard = self.heard, []
        return taken

    def unplug(self):
        """The terminal hangs up: the driver takes its interface away."""
        self._is_over = True
        self._thread.join()
        os.close(self.slave)
        os.close(self.master)
