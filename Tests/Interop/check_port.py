#!/usr/bin/env python3
"""Policies at 50 Hz through the command port: followed, refused, handed over, killed; in Python, in C and from the shell.

Simulated time waits for the sets (`--pace fast`), so that what is checked is exact; one run is at real pace.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from report import SINEW, Report, run
from wire_library import clang

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "Clients" / "Python"))
sys.dont_write_bytecode = True
from sinew_port import Port, PortError  # noqa: E402

NAVIGATOR = "Robots/navigator"
STEPS = 20  # cycles between two sets at 50 Hz
TIMEOUT = 50  # cycles; command_timeout of the navigator
#: A policy that kills itself in the middle of its motion, as a fault in it would.
KILLED = """
import math, os, signal, sys
sys.path.insert(0, "Clients/Python")
from sinew_port import Port
with Port(sys.argv[1], name="killed", period=0.02) as port:
    for tick in range(60):
        state = port.wait()
        if tick == 0:
            start = state.positions
        turn = 2 * math.pi
        time = tick * 0.02
        ramp = min(1, time)
        positions = [min(max(q + 0.1 * ramp * math.sin(turn * time), j.position_min), j.position_max)
                     for q, j in zip(start, port.joints)]
        port.send(positions, answers=state.cycle)
    print(state.cycle, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


class Loop:
    """`sinew run` with a command port, in the background."""

    def __init__(self, path, *arguments, robot=NAVIGATOR):
        self.path = path
        self.process = subprocess.Popen(
            [SINEW, "run", robot, "--port", path, "--json", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 30
        while not os.path.exists(path) and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)

    def finish(self):
        """Exit code, report, standard error."""
        try:
            out, errors = self.process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, errors = self.process.communicate()
            errors += "\nthe run was not over after 120 s"
        try:
            return self.process.returncode, json.loads(out), errors
        except ValueError:
            return self.process.returncode, {}, errors

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def check_followed(report, directory):
    """The example policy, in lock-step: twice the same bytes, tracked, and replayed."""
    recordings = []
    for turn in (1, 2):
        recording = directory / f"sway{turn}.mcap"
        recordings.append(recording)
        with Loop(str(directory / "sway.port"), "--pace", "fast", "--record", str(recording)) as loop:
            policy = subprocess.run(
                [sys.executable, "Clients/Python/sway.py", loop.path, "--for", "2", "--ends"], capture_output=True,
                text=True, timeout=120)
            code, result, errors = loop.finish()
        report.check(f"a policy in Python ends well ({turn})", policy.returncode == 0, policy.stderr[-400:])
        if not report.check(f"its run is completed ({turn})", code == 0 and result.get("outcome") == "completed",
                            errors[-400:]):
            return
    port = result["port"]
    report.check("101 sets are followed, 20 cycles apart, none is refused",
                 port["accepted"] == 101 and port["longest_gap_cycles"] == STEPS and not any(port["refused"].values()), port)
    worst = max(joint["tracking_rms_rad"] for joint in result["joints"].values())
    report.check("34 joints track within 0.01 rad RMS, none saturates, no limit is violated", worst < 0.01 and not any(
        joint["saturated_cycles"] or joint["limit_violated"] for joint in result["joints"].values()), worst)
    print(f"# sway: worst tracking RMS {worst:.5f} rad, {result['armed_time_s']} s armed", flush=True)
    code, _, errors = run("replay", str(recordings[0]))
    report.check("the recording replays to the byte", code == 0, errors[-400:])
    outputs = [decoded(path) for path in recordings]
    report.check("both runs are the same, cycle for cycle", outputs[0] == outputs[1] and len(outputs[0]) > 2000, len(outputs[0]))


def decoded(path):
    """What entered and left the core, cycle by cycle, as bytes."""
    with open(path, "rb") as file:
        return [message.data for _, channel, message in make_reader(file).iter_messages() if "cycle" in channel.topic]


def check_killed(report, directory):
    """SIGKILL in the middle of a motion: frozen after the command timeout, stopped after three, at rest within its bound."""
    recording = directory / "killed.mcap"
    with Loop(str(directory / "killed.port"), "--pace", "fast", "--record", str(recording), "--fault-file", "none") as loop:
        policy = subprocess.run([sys.executable, "-c", KILLED, loop.path], capture_output=True, text=True, timeout=120)
        code, result, errors = loop.finish()
    report.check("the policy was killed", policy.returncode == -signal.SIGKILL, policy.stderr[-400:])
    fault = result.get("fault") or {}
    last = int(policy.stdout or -1) + 1  # the cycle that took the last set
    report.check("the run ends in a fault stop, exit 1", code == 1 and fault.get("kind") == "command_timeout",
                 f"exit {code}, {fault}, {errors[-400:]}")
    report.check("stopped in the first cycle after three command timeouts", fault.get("cycle") == last + 3 * TIMEOUT + 1,
                 f"{fault.get('cycle')}, last set in {last}")
    report.check("no limit is violated on the way",
                 result and not any(joint["limit_violated"] for joint in result["joints"].values()))
    check_rest(report, recording, last)


def check_rest(report, recording, last):
    """What the recording says of the commanded motion: moving when the policy died, at rest before the robot is stopped."""
    positions, states = {}, {}
    with open(recording, "rb") as file:
        for _, channel, raw, message in make_reader(file, decoder_factories=[DecoderFactory()]).iter_decoded_messages():
            if channel.topic == "/joint_states":
                positions[raw.log_time] = message.position
            elif hasattr(message, "setpoint_sequence"):
                states[message.number] = message
    at = {number: positions[state.time] for number, state in states.items() if state.time in positions}

    def speed(number):
        """Fastest joint over ten cycles [rad/s]."""
        return max(abs(a - b) for a, b in zip(at[number], at[number - 10])) / 0.01
    if not report.check("the recording has every cycle", all(k in at for k in range(last - 20, last + 3 * TIMEOUT)), len(at)):
        return
    report.check("it shows the last fresh set, and none after", states[last].setpoint_sequence > 0 and all(
        states[k].setpoint_sequence < 0 for k in range(last + 1, last + 3 * TIMEOUT)))
    report.check("armed until three timeouts are over, then stopping or stopped",
                 states[last + 3 * TIMEOUT].safety_state == 2 and states[last + 3 * TIMEOUT + 1].safety_state in (3, 4))
    moving = speed(last)
    report.check("the robot moves when its policy dies", moving > 0.1, moving)
    # That the commanded motion then rests is exact, and a test in Swift; the body goes on swinging on its springs.
    print(f"# killed: {moving:.3f} rad/s when it died", flush=True)


def check_lease(report, directory):
    """One owner; who else comes is told who it is; taking the lease; a status for the shell."""
    with Loop(str(directory / "lease.port"), "--pace", "real", "--realtime", "off") as loop:
        with Port(loop.path, name="first", period=0.02) as first:
            state = first.wait()
            start = state.commanded_positions
            try:
                Port(loop.path, name="second")
                report.check("a second client is refused", False)
            except PortError as error:
                report.check("a second client is told who has the lease",
                             error.holder == "first" and error.holder_pid == os.getpid() and "first" in str(error), error)
            code, output, errors = run("port", loop.path, "--over", "0.02", "--json")
            status = json.loads(output) if code == 0 else {}
            report.check("sinew port tells the owner", status.get("schema") == "sinew.port/1" and status["owner"] == "first",
                         errors + output)
            for _ in range(20):
                first.send(start, answers=state.cycle)
                state = first.wait()
            with Port(loop.path, name="second", period=0.02, take=True) as second:
                report.check("a lease that was taken is lost to its owner", wait_until(lambda: not first.is_owner))
                state = second.wait()
                for tick in range(10):
                    second.send(start, answers=state.cycle, ends=tick == 9)
                    if tick < 9:
                        state = second.wait()
                code, result, errors = loop.finish()
    report.check("the run ends well, with two leases", code == 0 and result.get("port", {}).get("leases") == 2,
                 f"exit {code}, {result.get('port')}, {result.get('fault')}, {errors[-300:]}")


def wait_until(holds, timeout=5):
    end = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def check_c(report, directory):
    """The client in C, compiled with every warning."""
    program = directory / "hold"
    built = subprocess.run(
        [clang(), "-Wall", "-Wextra", "-Werror", "-I", "Sources/CCommandPort/include", "Clients/C/hold.c",
         "Sources/CCommandPort/port_client.c", "-o", str(program)], capture_output=True, text=True)
    if not report.check("the client in C compiles", built.returncode == 0, built.stderr[-400:]):
        return
    with Loop(str(directory / "hold.port"), "--pace", "fast", robot="Robots/rig") as loop:
        held = subprocess.run([str(program), loop.path, "50"], capture_output=True, text=True, timeout=60)
        code, result, errors = loop.finish()
    report.check("it holds the rig for 50 sets and ends the run", held.returncode == 0 and code == 0
                 and result.get("port", {}).get("accepted") == 50, f"{held.stdout}{held.stderr} exit {code} {errors[-300:]}")
    missing = subprocess.run([str(program), str(directory / "none.port"), "1"], capture_output=True, text=True)
    report.check("without a loop it says so", missing.returncode == 3 and "none.port" in missing.stderr, missing.stderr)


def check_usage(report, directory):
    """What cannot be is refused before anything moves."""
    cases = [
        (["run", NAVIGATOR, "--port", "a", "--motion", "wave"], 2, "--port takes the place"),
        (["run", NAVIGATOR, "--port-gains"], 2, "--port-gains goes with --port"),
        (["run", NAVIGATOR, "--port", str(directory / "no" / "such.port")], 3, "cannot be opened"),
        (["port", str(directory / "none.port")], 3, "start sinew run"),
    ]
    for arguments, wanted, words in cases:
        code, _, errors = run(*arguments)
        report.check(f"{' '.join(arguments[:1] + arguments[2:])[:60]}: exit {wanted}", code == wanted and words in errors,
                     f"exit {code}: {errors[-300:]}")


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        check_usage(report, directory)
        check_followed(report, directory)
        check_killed(report, directory)
        check_lease(report, directory)
        check_c(report, directory)
    report.close()


if __name__ == "__main__":
    main()
