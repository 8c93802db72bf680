#!/usr/bin/env python3
"""Third parties live on the other end of the bus: their hosts against our simulated drives, their drives under our loop.

Each part stands in a file of its own, live_NAME.py; `check_peers_live.py NAME...` runs only those. What the parties and
Sinew disagree about is in Documentation/Peers.md. Nothing leaves the machine.
"""
import importlib
import sys
import time
import traceback

import live_bus
from report import Report

PARTS = ("canopen", "slaves", "damiao", "mit", "moteus", "odrive", "robstride")


def main():
    parts = sys.argv[1:] or PARTS
    live_bus.confine()
    report = Report()
    for part in parts:
        began = time.monotonic()
        try:
            importlib.import_module(f"live_{part}").run(report)
        except Exception:  # a peer that fails is a failed check, and the other parts go on
            report.check(f"{part}: runs to its end", False, traceback.format_exc())
        print(f"# {part}: {time.monotonic() - began:.1f} s", flush=True)
    report.close()


if __name__ == "__main__":
    main()
