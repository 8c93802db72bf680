"""A terminal to type into and to read: one tmux server a test, with a shell in a window of a given size.

Nothing waits for a time: `wait` looks until a text is there. Its limit is only for what never comes.
"""
import os
import pathlib
import shlex
import subprocess
import tempfile
import time


class Terminal:
    """A shell in a window of `columns` x `rows`."""

    def __init__(self, columns, rows, folder, environment=None):
        self.columns, self.rows, self.folder = columns, rows, pathlib.Path(folder)
        self.sockets = tempfile.mkdtemp()
        self.server = ["tmux", "-S", f"{self.sockets}/tmux", "-f", "/dev/null"]
        variables = {"PATH": os.environ["PATH"], "HOME": self.sockets, "HISTFILE": "/dev/null", "SWIFT_BACKTRACE": "enable=no", "LANG": "C.UTF-8", "PS1": "$ ", **(environment or {})}
        shell = " ".join(["env", "-i", "TERM=screen-256color"] + [shlex.quote(f"{k}={v}") for k, v in variables.items()]
                         + ["bash", "--norc", "--noprofile"])
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "-s", "t", "-c", str(folder), shell)
        self.wait("$")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run([*self.server, "kill-server"], capture_output=True, check=False)
        subprocess.run(["rm", "-rf", self.sockets], check=False)

    def _tmux(self, *arguments):
        return subprocess.run([*self.server, *arguments], capture_output=True, text=True, check=True, timeout=30,
                              env={**os.environ, "LANG": "C.UTF-8"}).stdout

    def keys(self, *keys):
        """Presses keys by tmux's names."""
        self._tmux("send-keys", "-t", "t", *keys)

    def type(self, text):
        """Types a line and ends it."""
        self._tmux("send-keys", "-t", "t", "-l", text)
        self.keys("Enter")

    def screen(self, escapes=False):
        """What is on the screen, without the blanks at the ends of lines."""
        text = self._tmux("capture-pane", "-p", "-t", "t", *(["-e"] if escapes else []))
        return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n") + "\n"

    def wait(self, *texts, limit=120):
        """Looks until all texts are on the screen, and gives it; what is there at the limit where they are not."""
        deadline = time.monotonic() + limit
        before = ""
        looks = 0
        while True:
            screen = self.screen()
            there = all(text in screen for text in texts)
            # A picture may be read while it is drawn: only one that stays is whole. One that moves all the time is taken as it is.
            looks += there
            if (there and (screen == before or looks > 20)) or time.monotonic() > deadline:
                return screen
            before = screen
            time.sleep(0.05)

    def is_alternate(self):
        """Whether a program has the alternate screen, and whether the cursor is shown."""
        alternate, cursor = self._tmux("display-message", "-p", "-t", "t", "#{alternate_on} #{cursor_flag}").split()
        return alternate == "1", cursor == "1"

    def resize(self, columns, rows):
        """Gives the window another size."""
        self._tmux("resize-window", "-t", "t", "-x", str(columns), "-y", str(rows))
