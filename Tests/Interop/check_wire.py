#!/usr/bin/env python3
"""The wire headers alone, without Swift: as clang, gcc and a Cortex-M4 see them, on every golden frame, beside
cantools, canopen, moteus and others on random ones, at every length, and fuzzed for a moment."""
import ctypes
import pathlib
import random
import re
import subprocess
import sys

import wire_dbc
import wire_peers
import wire_services
from report import Report
from wire_library import INCLUDE, WARNINGS, Wire, buffer, clang, headers, values
from wire_rows import Rows, load

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORTEX_M4 = ["--target=thumbv7em-none-eabihf", "-mcpu=cortex-m4", "-ffreestanding"]
GCC_WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wpedantic",
                "-Werror"]
FUZZ_RUNS = 1_000_000
SEED = 20261124

# Lengths that a decoder with a length accepts; where the content decides as well, at most these.
LENGTHS = {
    "canopen_decode_nmt": {2}, "canopen_decode_heartbeat": {1}, "canopen_decode_sync": {0, 1},
    "canopen_decode_emergency": {8}, "canopen_decode_time": {6}, "canopen_decode_lss": {8},
    "canopen_decode_sdo_request": {8}, "canopen_decode_sdo_reply": {8}, "cia402_decode_command": {8},
    "cia402_decode_feedback": {8}, "cia402_decode_detail": {8}, "mit_decode_command": {8},
    "mit_decode_feedback": {6, 7, 8}, "cubemars_decode_set_point": {4}, "cubemars_decode_position_speed": {8},
    "cubemars_decode_origin": {1}, "cybergear_decode_bit_rate": {8}, "cubemars_decode_force": {8},
    "cubemars_decode_status": {8}, "odrive_decode_heartbeat": {8}, "odrive_decode_heartbeat_05": {8},
    "odrive_decode_word": {4, 5, 6, 7, 8}, "odrive_decode_pair": {8}, "odrive_decode_input_position": {8},
    "odrive_decode_argument": set(range(9)), "myactuator_decode_frame": {8}, "myactuator_decode_feedback": {8},
    "myactuator_decode_status": {8}, "myactuator_decode_gains": {8}, "myactuator_decode_motion": {8},
    "robstride_mit_decode_action": {8}, "robstride_mit_decode_command": {8}, "robstride_mit_decode_pair": {8},
    "robstride_mit_decode_feedback": {8}, "odrive_decode_sdo": {4, 5, 6, 7, 8}, "odrive_decode_version": {8},
    "odrive_decode_identity": {7, 8}, "moteus_decode_cycle_answer": {24},
}


def compilers(report):
    """Each header alone, for the host and for a Cortex-M4 without a C library."""
    for target, flags in (("the host", []), ("a Cortex-M4", CORTEX_M4)):
        for header in headers():
            done = subprocess.run([clang(), *flags, *WARNINGS, f"-I{INCLUDE}", "-fsyntax-only", "-x", "c", "-"],
                                  input=f'#include "{header}"\n', text=True, capture_output=True)
            report.check(f"{header} compiles for {target}", done.returncode == 0, done.stderr)
    for header in headers():
        done = subprocess.run(["gcc", *GCC_WARNINGS, f"-I{INCLUDE}", "-fsyntax-only", "-x", "c", "-"],
                              input=f'#include "{header}"\n', text=True, capture_output=True)
        report.check(f"{header} compiles with gcc", done.returncode == 0, done.stderr)
    included = set(re.findall(r'#include "(\w+\.h)"', (INCLUDE / "servo_wire.h").read_text()))
    missing = set(headers()) - included - {"servo_wire.h", "servo_wire_bytes.h"}
    report.check("servo_wire.h includes every header", not missing, missing)


def firmware(wire, report):
    """Every function as code for a Cortex-M4: it may need what a compiler needs, and nothing else."""
    code = wire.exports.with_name("firmware.o")
    subprocess.run([clang(), *CORTEX_M4, *WARNINGS, "-Os", f"-I{INCLUDE}", "-c", str(wire.exports), "-o", str(code)],
                   check=True)
    nm = pathlib.Path(clang()).with_name("llvm-nm")
    listed = subprocess.run([nm, str(code)], check=True, text=True, capture_output=True).stdout
    needed = {line.split()[-1] for line in listed.splitlines() if line.split()[-2] == "U"}
    foreign = {name for name in needed if not re.fullmatch(r"(__aeabi_)?mem(cpy|set|clr|move)[48]?", name)}
    defined = listed.count(" T export_")
    report.check(f"{defined} functions as firmware need {sorted(needed)} alone", not foreign
                 and defined == len(wire.functions), foreign)
    stored = [line for line in listed.splitlines() if line.split()[-2] in "DdBb"]
    report.check("no header keeps data of its own", not stored, stored)


def lengths(wire, report):
    """Truncated and over-long frames are refused: random bytes at every length of CAN and CAN FD."""
    generator = random.Random(SEED)
    for name, accepted in LENGTHS.items():
        found = {length for length in range(65) for _ in range(40)
                 if wire.decode(name, generator.randbytes(length)) is not None}
        # These accept few first bytes in 256: random ones may miss them.
        complete = found == accepted or name in (
            "cubemars_decode_origin", "cybergear_decode_bit_rate", "robstride_mit_decode_action",
            "myactuator_decode_feedback", "moteus_decode_cycle_answer",
            "myactuator_decode_status", "myactuator_decode_gains")
        report.check(f"{name} accepts {sorted(accepted)} bytes alone", found <= accepted and complete, found)
    counted = {name for name, function in wire.functions.items()
               if "_decode_" in name and len(function.argtypes) == 3}
    report.check("every decoder with a length is among them", counted == set(LENGTHS), counted ^ set(LENGTHS))


def hazards(wire, report):
    """What the pages call hazards, at the level of bytes."""
    full = wire.structs["mit_command"](0xFFFF, 0xFFF, 0xFFF, 0xFFF, 0)
    seen = []
    for torque in range(0x1000):
        full.torque = torque
        _, data = wire.encode("mit_encode_command", full)
        command = wire.decode("mit_decode_command", data[:8])
        seen.append(command is not None and command.torque == torque and command.damping >= 0xFFE)
    report.check("no command at full scale is an MIT action", all(seen), seen.count(False))
    full = wire.structs["damiao_mit_command"](0xFFFF, 0xFFF, 0xFFF, 0xFFF, 0)
    seen = []
    for torque in range(0x1000):
        full.torque = torque
        _, data = wire.encode("damiao_encode_mit_command", full)
        command = wire.damiao_decode_mit_command(buffer(data[:8]))
        seen.append(wire.damiao_decode_action(buffer(data[:8])) == 0 and command.torque == torque)
    report.check("no command at full scale is a Damiao action", all(seen), seen.count(False))
    seen = []
    for word in range(0x10000):
        command = wire.structs["mit_command"](0xFFFF, 0xFFF, 0xFFF, 0xFF0 | word >> 12, word & 0xFFF)
        _, data = wire.encode("robstride_mit_encode_command", command)
        back = wire.decode("robstride_mit_decode_command", data[:8])
        seen.append(back is not None and back.torque == word & 0xFFF and back.stiffness >= 0xFFE)
    report.check("no command at full scale is an action of RobStride's MIT firmware", all(seen), seen.count(False))
    for row in (row for row in load("robstride")["vectors"] if row["kind"] == "mit_action"):
        got = wire.decode("robstride_mit_decode_action", bytes.fromhex(row["frame"]["data"]))
        report.check(f"robstride mit_action: {row['name']}", got is not None
                     and (got.action, got.argument) == (row["code"], row["argument"]), got and values(got))
    long = bytes([0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00])
    reader = wire.moteus_read(len(long))
    item = wire.structs["moteus_item"]()
    array = (ctypes.c_uint8 * len(long))(*long)
    more = wire.moteus_next(ctypes.byref(reader), array, ctypes.byref(item))
    report.check("a moteus read of 2^32 - 1 registers is malformed", not more and reader.is_malformed)


    save = (ctypes.c_uint8 * 8)()
    wire.robstride_encode_save(save)
    rate = wire.decode("cybergear_decode_bit_rate", bytes(save))
    report.check("a RobStride's save is a CyberGear's bit rate", rate == wire.CYBERGEAR_BIT_RATE_1M
                 and wire.ROBSTRIDE_TYPE_SAVE == wire.CYBERGEAR_TYPE_BIT_RATE, rate)


    codes = [code for code in range(256) if wire.encode("cybergear_encode_bit_rate", code)[0]]
    report.check("a CyberGear's bit rate has four codes", codes == [1, 2, 3, 4], codes)


def canopen(wire, report):
    """Identifiers of the predefined connection set, and the way from every state to operation."""
    functions = {0x080: ("EMERGENCY", 0), 0x580: ("SDO_REPLY", 0), 0x600: ("SDO_REQUEST", 0), 0x700: ("HEARTBEAT", 0)}
    functions |= {0x180 + 0x100 * n: ("TPDO", n + 1) for n in range(4)}
    functions |= {0x200 + 0x100 * n: ("RPDO", n + 1) for n in range(4)}
    alone = {0x000: "NMT", 0x080: "SYNC", 0x100: "TIME", 0x7E4: "LSS_REPLY", 0x7E5: "LSS_REQUEST"}
    wrong = []
    for id in [*range(0x800), 0x1000, 0x1FFFFFFF, 0x80000181]:
        service, number = functions.get(id & ~0x7F, ("NONE", 0)) if id & 0x7F and id < 0x800 else ("NONE", 0)
        want = (wire.constants[f"CANOPEN_SERVICE_{alone.get(id, service)}"],
                id & 0x7F if id not in alone and service != "NONE" else 0, number)
        address = wire.canopen_decode_address(id)
        if (address.service, address.node, address.number) != want:
            wrong.append((hex(id), values(address), want))
    report.check("every 11-bit identifier names its service and node", not wrong, wrong[:3])
    for name in ("SWITCH_ON_DISABLED", "READY", "SWITCHED_ON", "OPERATION_ENABLED", "QUICK_STOP"):
        state, word, path = wire.constants[f"CIA402_STATE_{name}"], ctypes.c_uint16(0), []
        while state != wire.CIA402_STATE_OPERATION_ENABLED and len(path) < 8:
            path.append(wire.cia402_controlword_towards_operation(state, ctypes.byref(word)))
            state = wire.cia402_next_state(state, 0, word.value)
        report.check(f"from {name} to operation", all(path) and len(path) <= 4, path)
    for name in ("UNKNOWN", "NOT_READY", "FAULT_REACTION", "FAULT"):
        moved = wire.cia402_controlword_towards_operation(
            wire.constants[f"CIA402_STATE_{name}"], ctypes.byref(ctypes.c_uint16()))
        report.check(f"{name} is not left by enabling", not moved)
    reset = wire.CIA402_COMMAND_FAULT_RESET
    fault, disabled = wire.CIA402_STATE_FAULT, wire.CIA402_STATE_SWITCH_ON_DISABLED
    report.check("a fault is reset by an edge alone", wire.cia402_next_state(fault, 0, reset) == disabled
                 and wire.cia402_next_state(fault, reset, reset) == fault
                 and wire.cia402_next_state(fault, 0, 0x000F) == fault)


def fuzz(report):
    done = subprocess.run(["bash", str(ROOT / "Tests/Wire/fuzz.sh"), str(FUZZ_RUNS)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print("\n".join(done.stdout.splitlines()[-6:]))
    report.check(f"fuzzed {FUZZ_RUNS} times", done.returncode == 0, done.stdout[-2000:])


def main():
    report = Report()
    compilers(report)
    wire = Wire()
    firmware(wire, report)
    Rows(wire, report).run()
    lengths(wire, report)
    hazards(wire, report)
    canopen(wire, report)
    wire_dbc.run(wire, report)
    wire_peers.run(wire, report)
    wire_services.run(wire, report)
    fuzz(report)
    report.close()


if __name__ == "__main__":
    sys.exit(main())
