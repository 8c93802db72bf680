#!/usr/bin/env python3
"""`sinew drive` as a user types it: on simulated robots of every family, on served ones over a network, and typed wrong."""
import json
import os
import pathlib
import pty
import subprocess
import tempfile
import threading

import can

from drive_robots import FAMILIES, write_robot
from report import SINEW, Report, run
from served_robot import Served, confine

#: A parameter that may be written, a value, and one that may not, by family.
WRITES = {"damiao": ("TIMEOUT", 800, "PMAX", -1), "damiao_fd": ("timeout", 800, "OT_Value", 300),
          "robstride": ("limit_torque", 3.5, "limit_torque", 18), "cybergear": ("limit_cur", 5, "limit_cur", 24),
          "canopen": ("max_torque", 500, "error_behaviour", 3),
          "moteus": ("servo.pid_position.kp", 3.25, "servo.default_timeout_s", 100)}
#: What a write must be refused for.
HAZARDS = {"damiao": [("can_br", "5", "CAN FD"), ("MST_ID", "0", "set-id"), ("7", "0", "set-id")],
           "robstride": [("loc_ref", "1", "sinew run"), ("0x2009", "5", "table")],
           "cybergear": [("spd_ref", "1", "sinew run")],
           "canopen": [("6098", "35", "homing"), ("6099:1", "20000", "homing"), ("mode", "6", "8 to 10"),
                       ("controlword", "15", "power stage"), ("1011:1", "1", "forgets")],
           "odrive": [("200", "1", "table"), ("bus_voltage", "1", "read-only")],
           "moteus": [("id.id", "4", "set-id")],
           "myactuator": [("0xB3", "0", "no parameter"), ("runtime", "0", "read-only")]}
SAVES = ("damiao", "damiao_fd", "robstride", "canopen", "odrive", "moteus")


def drive(*arguments):
    """Exit code, the JSON object or None, and standard error."""
    code, out, errors = run("drive", *arguments, "--json", timeout=120)
    return code, json.loads(out) if out.startswith("{") else None, errors


def check_family(report, folder, family):
    robot = str(write_robot(folder / family, family))
    code, found, errors = drive("scan", robot)
    report.check(f"{family}: a scan finds both drives and no other",
                 code == 0 and found["schema"] == "sinew.drive.scan/1" and found["as_described"]
                 and [row["id"] for row in found["drives"]] == [1, 2], f"{code} {found} {errors}")
    code, found, errors = drive("scan", robot, "--inject", "second id 1")
    double = [row for row in (found or {"drives": []})["drives"] if row["double"]]
    # ODrives of 0.5 have nothing that two drives of one node would answer twice and that could be asked safely.
    report.check(f"{family}: two drives with one id are told, exit 1",
                 code == 1 and (len(double) == 1 or family == "odrive_05"), f"{code} {found} {errors}")
    code, found, errors = drive("scan", robot, "--inject", "second id 5")
    rows = {(row["id"], row["joint"]): row for row in (found or {"drives": []})["drives"]}
    report.check(f"{family}: a drive of another id is missing in one place and found in the other, exit 1",
                 code == 1 and not rows[2, "second"]["answers"] and rows[5, None]["answers"], f"{code} {rows} {errors}")
    code, info, errors = drive("info", robot, "first")
    report.check(f"{family}: info says how the drive is", code == 0 and info["mode"] in (
                     ("not told",) if family == "myactuator" else ("disabled", "fault"))
                 and isinstance(info["position_rad"], float), f"{code} {info} {errors}")
    code, out, errors = drive("info", robot, "first", "--inject", "only lost")
    report.check(f"{family}: no answer is told as such, exit 3",
                 code == 3 and out is None and '"no_answer"' in errors, f"{code} {errors}")
    check_parameters(report, robot, family)
    check_storage(report, robot, family)
    check_watchdog(report, robot, family)


def check_parameters(report, robot, family):
    code, listed, errors = drive("read", robot, "first", "--list")
    names = list((listed or {"parameters": {}})["parameters"])
    report.check(f"{family}: the table can be listed", code == 0 and (names or family == "mit"), errors)
    if names:
        code, found, errors = drive("read", robot, "first", names[-1].upper())
        report.check(f"{family}: {names[-1]} is read by name, in any case", code in (0, 3) and "no such" not in errors,
                     f"{code} {errors}")
        code, _, errors = drive("read", robot, "first", names[0] + "x")
        report.check(f"{family}: a misspelt name is refused with the nearest, exit 2",
                     code == 2 and names[0] in errors, f"{code} {errors}")
    if family in WRITES:
        good, value, bad, beyond = WRITES[family]
        code, written, errors = drive("write", robot, "first", good, str(value))
        report.check(f"{family}: {good} is written and read back", code == 0 and written["after"] == value,
                     f"{code} {written} {errors}")
        # A negative value stands behind the options.
        code, out, errors = run("drive", "write", robot, "first", bad, "--json", "--", str(beyond))
        report.check(f"{family}: {bad} = {beyond} is out of bounds, exit 2",
                     code == 2 and out == "" and " takes " in errors, f"{code} {out} {errors}")
    for name, value, reason in HAZARDS.get(family, []):
        code, out, errors = drive("write", robot, "first", name, value)
        report.check(f"{family}: writing {name} is refused with the reason, exit 2",
                     code == 2 and out is None and reason in errors, f"{code} {out} {errors}")


def check_storage(report, robot, family):
    code, saved, errors = drive("save", robot, "first", "--yes")
    if family in SAVES:
        report.check(f"{family}: saves, and says how often flash bears it",
                     code == 0 and "10,000" in saved["memory_life"], f"{code} {errors}")
        code, out, errors = drive("save", robot, "first")
        report.check(f"{family}: does not save without being asked on a terminal, exit 2",
                     code == 2 and out is None and "--yes" in errors, f"{code} {errors}")
    else:
        report.check(f"{family}: cannot save, and says why, exit 2", code == 2 and '"refused"' in errors, f"{code} {errors}")
    code, zeroed, errors = drive("zero", robot, "first", "--yes")
    refuses = family in ("canopen", "myactuator")
    report.check(f"{family}: sets no zero, exit 2" if refuses else f"{family}: zero is where it is",
                 code == 2 if refuses else code == 0 and abs(zeroed["after_rad"]) < 0.02 < 0.1 < abs(zeroed["before_rad"]), f"{code} {errors}")
    code, moved, errors = drive("set-id", robot, "first", "9", "--yes",
                                *(["--master-id", "0x29"] if family.startswith("damiao") else []))
    if family in ("canopen", "mit", "myactuator", "odrive_05"):
        report.check(f"{family}: takes no id over CAN, exit 2", code == 2 and '"refused"' in errors, f"{code} {errors}")
        return
    report.check(f"{family}: answers at its new id", code == 0 and moved["after"] == 9, f"{code} {errors}")
    for what, wanted, *more in [("another joint's", "2"), ("one that answers", "5", "--inject", "second id 5"),
                                ("out of range", "4000"), ("no number", "x1")]:
        code, out, errors = drive("set-id", robot, "first", wanted, "--yes", *more)
        report.check(f"{family}: an id that is {what} is refused, exit 2", code == 2 and out is None, f"{code} {errors}")
    if family.startswith("damiao"):
        code, out, errors = drive("set-id", robot, "first", "9", "--master-id", "0", "--yes")
        report.check(f"{family}: MST_ID 0 is refused with the reason", code == 2 and "highest priority" in errors, errors)


def check_watchdog(report, robot, family):
    time = ["0.03"] if family in ("damiao", "damiao_fd", "robstride", "moteus", "canopen") else []
    code, found, errors = drive("watchdog", robot, "first", *time, "--prove", "--yes")
    if family in ("mit", "myactuator"):
        report.check(f"{family}: a watchdog that nobody sees is not proved, exit 2", code == 2, f"{code} {errors}")
        return
    expected = 30e6 if time else 40e6
    if family == "cybergear":
        expected = 40e6
    report.check(f"{family}: the watchdog is seen to trip at its time, exit 0",
                 code == 0 and abs(found["tripped_ns"] - expected) < 0.1 * expected, f"{code} {found} {errors}")
    if family in ("damiao", "robstride"):
        code, _, errors = drive("watchdog", robot, "first", "--prove", "--yes")
        report.check(f"{family}: one that is off, as delivered, is told, exit 3", code == 3 and "off" in errors, errors)
    if not time:
        code, _, errors = drive("watchdog", robot, "first", "0.02")
        report.check(f"{family}: cannot be set over CAN, exit 2", code == 2 and '"refused"' in errors, errors)
    code, _, errors = drive("watchdog", robot, "first", "0")
    report.check(f"{family}: is not switched off, exit 2", code == 2, f"{code} {errors}")


def check_usage(report, folder):
    robot = str(write_robot(folder / "usage", "robstride"))
    cases = [
        ("an unknown joint, with the nearest", ["info", robot, "firs"], "'first'"),
        ("an unknown bus, with the nearest", ["scan", robot, "--bus", "onl"], "'only'"),
        ("an unknown family", ["scan", robot, "--family", "robostride"], "'robstride'"),
        ("ids that are no range", ["scan", robot, "--ids", "9-1"], "1-127"),
        ("a family whose probes do not fit the bus", ["scan", robot, "--family", "moteus"], "CAN FD"),
        ("a robot that is not there", ["scan", str(folder / "none")], "none"),
        ("a value that is no number", ["write", robot, "first", "limit_torque", "much"], "much"),
        ("a fault of a real robot", ["scan", robot, "--target", "real", "--inject", "only lost"], "--inject"),
        ("an injected id that is none", ["scan", robot, "--inject", "first id x"], "no id"),
    ]
    for what, arguments, told in cases:
        code, out, errors = run("drive", *arguments)
        report.check(f"usage: {what} is told, exit 2", code == 2 and out == "" and told in errors, f"{code} {errors}")
    code, out, errors = run("drive", "scan", "Robots/navigator", "--bus", "left_arm", "--family", "robstride")
    report.check("usage: probes that harm nobody may go to another family's bus", code == 0 and "0 answer" in out,
                 f"{code} {out} {errors}")
    odrive = str(write_robot(folder / "odrives", "odrive"))
    code, out, errors = run("drive", "scan", odrive, "--family", "damiao")
    report.check("usage: Damiao probes do not go to ODrives, whose boot loader they would start",
                 code == 2 and "boot loader" in errors, f"{code} {errors}")
    code, out, errors = run("drive", "scan", robot)
    report.check("usage: a table for people", code == 0 and out.startswith("bus") and "2 described, 2 answer" in out, out)


def typed(answer, *arguments):
    """Runs a command on a terminal on which somebody answers; exit code and what was printed there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([SINEW, "drive", *arguments], stdin=theirs, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    os.write(ours, (answer + "\n").encode())
    try:
        out, _ = process.communicate(timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)
    return process.returncode, out


def check_questions(report, folder):
    robot = str(write_robot(folder / "asked", "damiao"))
    for what, arguments, told in [("save", ("save", robot, "first"), "10,000"), ("zero", ("zero", robot, "first"), "limit"),
                                  ("set-id", ("set-id", robot, "first", "9", "--master-id", "0x29"), "from id 1 to 9"),
                                  ("watchdog --prove", ("watchdog", robot, "first", "0.03", "--prove"), "zero torque")]:
        code, out = typed("no", *arguments)
        report.check(f"asked: {what} says what it is about to do, and does nothing after no, exit 1",
                     code == 1 and told in out and "nothing was sent" in out, f"{code} {out}")
        code, out = typed("yes", *arguments)
        report.check(f"asked: {what} goes on after yes", code == 0, f"{code} {out}")


def check_commanded(report, robot, port, options):
    """A program that commands the drives: they are left alone until it ends."""
    bus = can.Bus(interface="udp_multicast", channel="239.74.163.2", port=port, fd=True,
                  hop_limit=0 if "hops=0" in options else 1)
    over = threading.Event()

    def command():
        zero = can.Message(arbitration_id=1, is_extended_id=False, is_fd=True, bitrate_switch=True,
                           data=bytes.fromhex("7fff7ff0000007ff"))
        while not over.wait(0.002):
            bus.send(zero)

    thread = threading.Thread(target=command)
    thread.start()
    code, _, errors = drive("read", robot, "first", "TIMEOUT", "--target", "real")
    over.set()
    thread.join()
    bus.shutdown()
    report.check("served damiao_fd: no register is read while another program commands the bus, exit 3",
                 code == 3 and "somebody commands this bus" in errors, f"{code} {errors}")
    code, _, errors = drive("read", robot, "first", "TIMEOUT", "--target", "real")
    report.check("served damiao_fd: and is once it has ended", code == 0, f"{code} {errors}")


def check_served(report, folder, options):
    """Drives that outlast a command: what one writes, saves and moves, the next finds."""
    for family, port in (("damiao_fd", 43201), ("robstride", 43202)):
        interface = f"udp-multicast://239.74.163.2:{port}{options}"
        robot = str(write_robot(folder / f"served_{family}", family, interface))
        name, value = ("TIMEOUT", 640) if family == "damiao_fd" else ("limit_torque", 4.5)
        real = ("--target", "real")
        with Served(robot):
            code, found, errors = drive("scan", robot, *real, "--ids", "1-8")
            report.check(f"served {family}: found on the network", code == 0 and found["as_described"], f"{found} {errors}")
            code, _, errors = drive("write", robot, "first", name, str(value), *real)
            _, kept, _ = drive("read", robot, "first", name, *real)
            report.check(f"served {family}: what one command writes the next one reads",
                         code == 0 and list(kept["parameters"].values())[0]["value"] == value, f"{kept} {errors}")
            code, moved, errors = drive("set-id", robot, "second", "6", "--yes", *real,
                                        *(["--master-id", "0x26"] if family == "damiao_fd" else []))
            report.check(f"served {family}: a drive is moved", code == 0 and moved["after"] == 6, errors)
            code, found, errors = drive("scan", robot, *real, "--ids", "1-8")
            rows = {row["id"]: row for row in (found or {"drives": []})["drives"]}
            report.check(f"served {family}: and found there by the next scan, exit 1",
                         code == 1 and rows[6]["answers"] and not rows[2]["answers"], f"{code} {rows} {errors}")
            if family == "damiao_fd":
                check_commanded(report, robot, port, options)
            code, saved, errors = drive("save", robot, "first", "--yes", *real)
            report.check(f"served {family}: saved", code == 0, errors)
            code, found, errors = drive("watchdog", robot, "first", "0.2", "--prove", "--yes", *real)
            report.check(f"served {family}: the watchdog trips at real pace", code in (0, 1) and found
                         and 150e6 < found["tripped_ns"] < 1e9, f"{code} {found} {errors}")


def main():
    options = confine()
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for family in FAMILIES:
            check_family(report, folder, family)
        check_usage(report, folder)
        check_questions(report, folder)
        check_served(report, folder, options)
    help_text = subprocess.run([SINEW, "drive", "--help"], capture_output=True, text=True, timeout=60).stdout
    for command in ("scan", "info", "read", "write", "save", "zero", "set-id", "watchdog"):
        text = subprocess.run([SINEW, "drive", command, "--help"], capture_output=True, text=True, timeout=60).stdout
        report.check(f"help: {command} is listed, and shows an example",
                     command in help_text and "EXAMPLES" in text and f"sinew drive {command} " in text)
    report.close()


if __name__ == "__main__":
    main()
