"""One line a check: `ok WHAT` or `not ok WHAT`, then `N passed, N failed`; what Scripts/test counts."""
import os
import subprocess
import sys

SINEW = os.environ.get("SINEW", ".build/release/sinew")
SINEW_DEBUG = os.environ.get("SINEW_DEBUG", ".build/debug/sinew")


class Report:
    """The checks of one script."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, what, holds, detail=""):
        """Reports one check; `detail` says what was found where it does not hold."""
        if holds:
            self.passed += 1
            print(f"ok {what}", flush=True)
        else:
            self.failed += 1
            print(f"not ok {what}" + (f": {detail}" if detail != "" else ""), flush=True)
        return holds

    def close(self):
        """Prints the sum and ends the script."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


def run(*arguments, binary=SINEW, timeout=600):
    """Runs sinew to its end: exit code, standard output, standard error; what hangs ends with code 124."""
    try:
        done = subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        return 124, "", f"not over after {timeout} s"
    except OSError as error:
        return 127, "", str(error)
