#!/usr/bin/env python3
"""`sinew run --on-loss recover` on the simulated humanoid: a bus is lost, comes back, and nothing moves before arm is typed."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

from report import SINEW, Report, run

COMMON = ["--motion", "wave", "--pace", "fast", "--fault-file", "none", "--json"]


class Asked:
    """A run whose question is answered, once it is there, with a word; nothing answers where `word` is None."""

    def __init__(self, robot, *arguments, word, early=b""):
        self.process = subprocess.Popen([SINEW, "run", robot, *COMMON, *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if early:
            self.process.stdin.write(early)
            self.process.stdin.flush()
        self.errors = b""
        self.asked = False
        hear = threading.Thread(target=self._hear, args=(word,), daemon=True)
        hear.start()
        output = self.process.stdout.read()
        self.code = self.process.wait(timeout=120)
        hear.join()
        self.report = json.loads(output) if output.startswith(b"{") else {}
        self.text = self.errors.decode()

    def _hear(self, word):
        while piece := self.process.stderr.read1(4096):
            self.errors += piece
            if b"ends the run: " in self.errors and not self.asked:
                self.asked = True
                if word is not None:
                    self.process.stdin.write(word.encode() + b"\n")
                self.process.stdin.close()


def check_back(report, fault):
    name = f"left_arm {fault}"
    with tempfile.TemporaryDirectory() as folder:
        record = pathlib.Path(folder) / "run.mcap"
        done = Asked("Robots/navigator", "--on-loss", "recover", "--inject", f"left_arm {fault} at 2 until 4",
                     "--record", str(record), word="arm")
        report.check(f"{name}: asked, armed, completed, exit 0", done.asked and done.code == 0 and
                     done.report.get("outcome") == "completed", f"exit {done.code}: {done.text[-400:]}")
        recoveries = done.report.get("recoveries", [])
        report.check(f"{name}: one recovery, of that bus, in its stages", len(recoveries) == 1 and
                     list(recoveries[0]["buses"]["left_arm"]) == ["purging_s", "restarting_s", "settling_s"], recoveries)
        said = [word for word in ("fault stop", "left_arm: starting again", "error-active", "HELD") if word not in done.text]
        report.check(f"{name}: each stage is told", not said, f"missing {said} in {done.text[-400:]}")
        code, output, errors = run("replay", str(record), "--json")
        report.check(f"{name}: the recording replays to the byte", code == 0 and json.loads(output)["differing_cycles"] == 0,
                     f"exit {code}: {output[-300:]} {errors[-300:]}")
        code, output, errors = run("explain", str(record))
        report.check(f"{name}: explained", code in (0, 1) and "bus left_arm" in output and "given up" in output, output[-400:])


def main():
    report = Report()
    check_back(report, "bus-off")
    check_back(report, "unplugged")
    for what, word, early in (("another word", "yes", b""), ("the end of the input", None, b""),
                              ("the word before the question", None, b"arm\n")):
        done = Asked("Robots/navigator", "--on-loss", "recover", "--inject", "left_arm bus-off at 2 until 4", word=word,
                     early=early)
        report.check(f"{what} does not arm: exit 1", done.asked and done.code == 1 and
                     done.report.get("outcome") == "fault", f"exit {done.code}: {done.text[-300:]}")
    done = Asked("Robots/navigator", "--on-loss", "recover", "--inject", "left_arm unplugged at 2", word="arm")
    report.check("an adapter that stays away: nobody is asked, exit 1, the stage is named", not done.asked and
                 done.code == 1 and "failed while restarting" in done.text, f"exit {done.code}: {done.text[-400:]}")
    with tempfile.TemporaryDirectory() as folder:
        robot = pathlib.Path(folder) / "limb"
        shutil.copytree("Robots/navigator", robot)
        text = (robot / "robot.yaml").read_text()
        (robot / "robot.yaml").write_text(re.sub(r"(?m)^update_rate:", "on_bus_loss: limb\nupdate_rate:", text))
        code, output, errors = run("run", str(robot), *COMMON, "--inject", "left_arm bus-off at 2")
        result = json.loads(output) if output.startswith("{") else {}
        report.check("on_bus_loss: limb: the others play the motion to its end, exit 1", code == 1 and
                     result.get("outcome") == "limb_lost" and len(result["isolated_joints"]) in range(1, 6) and
                     result["buses"]["left_arm"]["given_up"] == "bus_lost", f"exit {code}: {errors[-300:]}")
        whole = json.loads(run("run", str(robot), *COMMON)[1])
        report.check("on_bus_loss: limb: for as long as without the loss", result.get("armed_time_s") == whole["armed_time_s"],
                     f"{result.get('armed_time_s')} of {whole['armed_time_s']}")
    for fault, kind in (("full", "bus_queue_full"), ("passive", "bus_passive"), ("babbles", "bus_overloaded")):
        code, output, errors = run("run", "Robots/navigator", *COMMON, "--inject", f"left_arm {fault} at 2")
        found = json.loads(output).get("fault", {}) if output.startswith("{") else {}
        report.check(f"left_arm {fault}: {kind}, that bus alone", code == 1 and found.get("kind") == kind and
                     found.get("buses") == ["left_arm"], f"exit {code}: {found.get('message')} {errors[-200:]}")
    report.close()


if __name__ == "__main__":
    main()
