#!/usr/bin/env python3
"""sinew tune session and walk by keys alone, in tmux: screens, and a terminal that is given back however the program ends.

    check_terminal.py [--write]

Screens that depend on nothing but the simulation are compared with Tests/Interop/screens; --write puts those right. What tuning
finds is looked at in its own tests: here it has to be on the screen, in the trial and in robot.yaml. Run by make test with SINEW,
the release build.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from report import SINEW, Report
from tmux_screen import Terminal

report = Report()
check = report.check
PROGRAM = pathlib.Path(SINEW).resolve()
SCREENS = pathlib.Path(__file__).resolve().parent / "screens"
WRITES = "--write" in sys.argv


def golden(name, screen):
    path = SCREENS / f"{name}.txt"
    if WRITES:
        path.write_text(screen)
    expected = path.read_text() if path.exists() else ""
    check(f"the screen {name} is as it was", screen == expected, f"\n{screen}\nand not\n{expected}")


def rig(folder):
    shutil.copytree("Robots/rig", folder / "rig", dirs_exist_ok=True)
    return folder / "rig"


def fits(screen, columns, rows):
    lines = screen.rstrip("\n").split("\n")
    return len(lines) <= rows and all(len(line) <= columns for line in lines)


def whole_session(columns, rows, folder):
    """scan, step, tune, apply, revert, and then apply and save, by keys alone."""
    robot = rig(folder)
    text = (robot / "robot.yaml").read_text()
    size = f"{columns}x{rows}"
    with Terminal(columns, rows, folder) as terminal:
        terminal.type(f"{PROGRAM} tune session rig --pace fast; echo code $?")
        golden(f"session-begin-{size}", terminal.wait("who is there?", "q quit"))
        terminal.keys("Down")
        terminal.keys("s")
        golden(f"session-scan-{size}", terminal.wait("3 drives answered"))
        terminal.keys("e")
        golden(f"session-step-{size}", terminal.wait("step done"))
        terminal.keys("t")
        screen = terminal.wait("a applies them")
        found = re.search(r"found ([0-9.]+) N\.m/rad, ([0-9.]+) N\.m\.s/rad", screen)
        check(f"{size}: t finds gains", found and "gains found" in screen and fits(screen, columns, rows), screen)
        found = [float(number) for number in found.groups()] if found else [0, 0]
        pages = {}
        for page in ("Bode", "identified", "checks", "step"):
            terminal.keys("Tab")
            pages[page] = terminal.wait(f"[{page}]")
            check(f"{size}: the page {page} fits", f"[{page}]" in pages[page] and fits(pages[page], columns, rows), pages[page])
        check(f"{size}: the Bode page has margins, gain and phase",
              all(word in pages["Bode"] for word in ("PM ", "GM ", "Hz", "phase, deg", "-90")) or "crossover" in pages["Bode"], pages["Bode"])
        check(f"{size}: what was identified has numbers with errors", "inertia" in pages["identified"] and "±" in pages["identified"],
              pages["identified"])
        check(f"{size}: every check is named with what was seen", "on the twin" in pages["checks"] and "passed" in pages["checks"]
              and "FAILED" not in pages["checks"], pages["checks"])
        check(f"{size}: nothing is on trial before a", not (robot / "gains.trial.json").exists(), "")
        terminal.keys("a")
        screen = terminal.wait("on trial and checked")
        check(f"{size}: a puts the gains on trial, and shows both steps", "new gains" in screen and "before" in screen
              and "on trial" in screen, screen)
        trial = json.loads((robot / "gains.trial.json").read_text())["sets"][-1]
        gains = trial["joints"]["elbow"]
        check(f"{size}: the trial is what the screen says",
              abs(gains["stiffness_nm_rad"] / found[0] - 1) < 1e-3 and abs(gains["damping_nms_rad"] / found[1] - 1) < 1e-3, trial)
        check(f"{size}: robot.yaml stands as it was", (robot / "robot.yaml").read_text() == text, "")
        terminal.keys("r")
        screen = terminal.wait("reverted")
        check(f"{size}: r takes it back", "reverted" in screen and not (robot / "gains.trial.json").exists(), screen)
        terminal.keys("a")
        screen = terminal.wait("there are no new gains")
        check(f"{size}: and a does nothing then", "there are no new gains" in screen, screen)
        terminal.keys("q")
        screen = terminal.wait("code 0")
        check(f"{size}: q ends with 0 and gives the screen back", "code 0" in screen and terminal.is_alternate() == (False, True), screen)


with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    whole_session(80, 24, folder)
with tempfile.TemporaryDirectory() as temporary:
    whole_session(200, 50, pathlib.Path(temporary))

with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    robot = rig(folder)

    # Walking, and what is kept.
    for columns, rows in ((80, 24), (200, 50)):
        with Terminal(columns, rows, folder) as terminal:
            terminal.type(f"{PROGRAM} tune walk rig elbow --pace fast; echo code $?")
            terminal.wait("quiet: + makes it stiffer")
            terminal.keys("+")
            terminal.wait("\n2 ", "quiet")
            terminal.keys("Right")
            screen = terminal.wait("would saturate")
            check(f"{columns}x{rows}: gains that a frame cannot carry are refused in words", "would saturate" in screen, screen)
            terminal.keys("b")
            golden(f"walk-{columns}x{rows}", terminal.wait("\n3 "))
            terminal.keys("u")
            terminal.wait("\n4 ")
            terminal.keys("t")
            screen = terminal.wait("kept as trial")
            trial = json.loads((robot / "gains.trial.json").read_text())["sets"][-1]["joints"]["elbow"]
            check(f"{columns}x{rows}: u goes back, t keeps", trial == {"stiffness_nm_rad": 300, "damping_nms_rad": 4}, f"{trial} {screen}")
            terminal.keys("Escape")
            terminal.wait("code 0")
        (robot / "gains.trial.json").unlink()

    # However it ends, the terminal is as it was.
    def ends(name, code, *, end, options="--pace fast", ready="who is there?"):
        with Terminal(80, 24, folder) as terminal:
            terminal.type("clear; stty -g > before")
            terminal.type(f"sh -c 'echo $$ > pid; exec {PROGRAM} tune session rig {options}'; echo code $?; stty -g > after; echo do''ne")
            terminal.wait(ready)
            held = terminal.is_alternate()
            end(terminal, int((folder / "pid").read_text()))
            screen = terminal.wait("done", limit=60)
            same = (folder / "before").read_text() == (folder / "after").read_text() if (folder / "after").exists() else False
            check(f"{name} ends with {code}, and the terminal is as it was",
                  held == (True, False) and f"code {code}" in screen and same and terminal.is_alternate() == (False, True),
                  f"{held} {same} {terminal.is_alternate()} {screen}")
            (folder / "after").unlink(missing_ok=True)

    ends("Ctrl-C", 130, end=lambda terminal, pid: terminal.keys("C-c"))
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
        ends(number.name, 128 + number, end=lambda terminal, pid, number=number: os.kill(pid, number))

    def crash_while_moving(terminal, pid):
        terminal.keys("e")
        terminal.wait("position, rad", "exciting")
        os.kill(pid, signal.SIGSEGV)
    ends("a crash while a joint moves", 139, end=crash_while_moving, options="--pace real")

    def interrupt_while_moving(terminal, pid):
        terminal.keys("e")
        terminal.wait("position, rad", "exciting")
        terminal.keys("C-c")
    ends("Ctrl-C while a joint moves", 130, end=interrupt_while_moving, options="--pace real")

    # A key that is let go, and one that was never pressed.
    with Terminal(80, 24, folder) as terminal:
        terminal.type(f"{PROGRAM} tune session rig --pace real --hold-to-run")
        terminal.wait("who is there?")
        terminal.keys("e")
        screen = terminal.wait("hold SPACE", "reading")
        check("nothing moves before the key is held", "reading" in screen and "exciting" not in screen, screen)
        for _ in range(3):
            terminal.keys("Space")
        screen = terminal.wait("ended early")
        check("a key that is let go ends it in damping", "ended early" in screen, screen)
        terminal.keys("e")
        terminal.wait("hold SPACE")
        terminal.keys("x")
        screen = terminal.wait("q quit")
        check("x ends what waits for the key", "q quit" in screen and "nothing" not in screen.split("\n")[-2], screen)

        # Another size is another picture, without a key.
        terminal.resize(150, 40)
        screen = terminal.wait("elbow", "q quit")
        deadline = time.monotonic() + 60
        while not any(len(line) > 100 for line in screen.split("\n")) and time.monotonic() < deadline:
            screen = terminal.screen()
        check("a window of another size is filled", any(len(line) > 100 for line in screen.split("\n")), screen)

        # Ctrl-Z gives the shell its terminal, fg the picture back.
        terminal.keys("C-z")
        terminal.wait("Stopped")
        stopped = terminal.is_alternate()
        terminal.type("fg")
        screen = terminal.wait("q quit", "sinew tune session")
        check("Ctrl-Z gives the terminal to the shell, and fg draws the picture again",
              stopped == (False, True) and terminal.is_alternate() == (True, False) and "tune session" in screen, f"{stopped} {screen}")
        terminal.keys("q")

    # Colour, no colour, no UTF-8, no terminal.
    for name, environment, has_color, has_braille in (
            ("colour", {}, True, True), ("no colour where none is wanted", {"NO_COLOR": "1"}, False, True),
            ("ASCII where the encoding is not UTF-8", {"LANG": "C"}, True, False)):
        with Terminal(80, 24, folder, environment) as terminal:
            terminal.type(f"{PROGRAM} tune walk rig elbow --pace fast")
            terminal.wait("quiet: + makes it stiffer")
            text = terminal.screen(escapes=True)
            colors = re.findall(r"\x1b\[[0-9;]*3[0-7](?:;[0-9]+)*m", text)
            check(name, bool(colors) == has_color and any("\u2800" <= c <= "\u28ff" for c in text) == has_braille, text)
            terminal.keys("q")
    done = subprocess.run([PROGRAM, "tune", "session", "rig", "--pace", "fast", "--out", "kept"], input="nstarq", capture_output=True,
                          text=True, cwd=folder, timeout=300, check=False)
    lines = done.stdout.splitlines()
    check("without a terminal keys are characters, and what happens is said in lines",
          done.returncode == 0 and "\x1b" not in done.stdout and any("3 drives answered" in line for line in lines)
          and any("on trial and checked" in line for line in lines) and "reverted" in lines[-1], f"{done.stdout} {done.stderr}")
    kept = json.loads((folder / "kept" / "result.json").read_text())
    replayed = [subprocess.run([PROGRAM, "replay", folder / "kept" / recording["file"]], capture_output=True, text=True, timeout=300,
                               check=False).stdout for recording in kept["recordings"]]
    check("--out keeps what a session did: two runs of tune, and the ramp to the new gains, all of which replay",
          len(replayed) == 3 and all("every byte the same" in text for text in replayed)
          and kept["joints"]["elbow"]["outcome"] == "designed" and "tuning" in (folder / "kept" / "report.html").read_text(), replayed)
    for arguments in (["session", "rig"], ["walk", "rig", "elbow"]):
        done = subprocess.run([PROGRAM, "tune", *arguments, "--target", "real", "--yes"], input="eq", capture_output=True, text=True,
                              cwd=folder, timeout=60, check=False)
        check(f"{arguments[0]}: no real robot moves where no key can be held", done.returncode == 2
              and "--no-hold-to-run" in done.stderr, f"{done.returncode} {done.stderr}")
    done = subprocess.run([PROGRAM, "tune", "walk", "rig", "wrist", "--pace", "fast", "--json"], input="+q", capture_output=True, text=True,
                          cwd=folder, timeout=300, check=False)
    walked = json.loads(done.stdout) if done.returncode == 0 else {}
    check("walk --json prints one object", walked.get("schema") == "sinew.tune.walk/1" and len(walked["rounds"]) == 2, done.stdout)

report.close()
