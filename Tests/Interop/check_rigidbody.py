#!/usr/bin/env python3
"""RigidBody as built: what its kernels call, and that debug and release builds give the same bits.

The release binary (SINEW) is disassembled. From every function that takes the handles of the model and the workspace, all
calls are followed: they may lead to functions of RigidBody, to memcpy, memmove and memset, and nowhere else. A reference
count, an allocation, an exclusivity check, a lock or an indirect call would show here, as it does where there is one. SINEW_DEBUG evaluates the same
states as SINEW; the answers must be the same to the last byte.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile

from report import SINEW as RELEASE
from report import SINEW_DEBUG as DEBUG
from report import Report

EXAMPLE = os.path.join(os.path.dirname(DEBUG), "rigid-body-example")
MANY_STATES = os.path.join(os.path.dirname(DEBUG), "many-states-example")
ROBOT = "Robots/navigator/navigator.urdf"
ALLOWED = {"memcpy", "memmove", "memset"}


def ends(binary):
    """Function -> address behind its last instruction; what follows may be a function without a name."""
    found = {}
    for line in subprocess.check_output(["nm", "-S", "--defined-only", binary], text=True).splitlines():
        words = line.split()
        if len(words) == 4:
            found[words[3]] = int(words[0], 16) + int(words[1], 16)
    return found


def disassembly(binary):
    """Function -> what it calls; "*" stands for an indirect call or jump."""
    last = ends(binary)
    calls, name = {}, None
    process = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", binary], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.endswith(">:\n"):
            name = line[line.index("<") + 1:-3]
            calls[name] = set()
        elif name and line.startswith(" ") and int(line.split(":")[0], 16) >= last.get(name, 1 << 64):
            name = None
        elif name and ("call" in line or "jmp" in line or "\tb" in line):
            match = re.search(r"\t(?:call|callq|jmp|jmpq|bl|b|blr|br)\s+(\S+)(?:\s+<([^>+]+)(\+0x[0-9a-f]+)?>)?", line)
            if not match:
                continue
            if match[2] is None:
                calls[name].add("*" if "*" in match[1] or match[1].startswith("x") else match[1])
            elif match[3] is None:
                calls[name].add(match[2].removesuffix("@plt"))
    if process.wait() != 0:
        sys.exit("objdump failed")
    return calls


def is_kernel(name):
    return name.startswith("$s9RigidBody") and "11ModelKernelV_AA9WorkspaceV" in name


def is_array_form(name):
    """The functions for convenience: they take the classes and arrays, and allocate what they return."""
    return name.startswith("$s9RigidBody") and "AA5ModelC_AA0" in name and name.endswith("tF")


def follow(calls, roots):
    """Functions reached from `roots`, and the calls that leave RigidBody and memory."""
    pending, reached, wrong = list(roots), set(roots), []
    while pending:
        caller = pending.pop()
        for callee in calls.get(caller, ()):
            if callee in ALLOWED or callee in reached:
                continue
            if callee.startswith(("$s9RigidBody", "$s8LaneMath")) and callee in calls:
                reached.add(callee)
                pending.append(callee)
            else:
                wrong.append(f"{caller} calls {callee}")
    return reached, wrong


def check_calls(report):
    calls = disassembly(RELEASE)
    kernels = [name for name in calls if is_kernel(name)]
    report.check(f"{len(kernels)} kernels are in {RELEASE}", len(kernels) >= 30)
    reached, wrong = follow(calls, kernels)
    report.check(f"{len(reached)} functions reached from them call nothing of the runtime", not wrong, "\n".join(wrong[:20]))
    # What must be seen: the forms that return arrays allocate, and count references.
    _, found = follow(calls, [name for name in calls if is_array_form(name)])
    for call in ("swift_allocObject", "swift_release"):
        report.check(f"{call} is seen where it is", any(line.endswith(" " + call) for line in found))
    # An indirect call is one behind a register or memory; the compiler of models takes closures.
    _, found = follow(calls, [name for name in calls if name.startswith("$s9RigidBody5ModelC")])
    report.check("an indirect call or a call of the runtime is seen in the set-up", found)


def states(info, count):
    generator = random.Random(7)

    def named(bound):
        return {joint: generator.uniform(-bound, bound) for joint in info["coordinates"]}

    return [
        {"q": named(2), "v": named(2), "a": named(10), "tau": named(20),
         "base": {"position": [0.1, 0.2, 0.9], "quaternion": [0.6, -0.2, 0.3, 0.4]},
         "base_velocity": {"angular": [1, -2, 0.5], "linear": [0.3, 0.2, 0.1]}} for _ in range(count)]


def check_builds(report):
    info = json.loads(subprocess.check_output([RELEASE, "model", "info", ROBOT, "--json"]))
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"frames": info["links"][-1:], "states": states(info, 40)}, file)
        file.flush()
        command = ["model", "eval", ROBOT, "--states", file.name, "--derivatives", "--json"]
        release, debug = (subprocess.check_output([binary, *command]) for binary in (RELEASE, DEBUG))
    report.check("debug and release builds give the same bytes", release == debug and len(release) > 100_000)


def check_example(report):
    text = subprocess.check_output([EXAMPLE], text=True)
    report.check("the example falls and keeps its energy",
                 re.fullmatch(r"hangs after \d{3} ms; energy gained: 0 mJ\n", text), text)


def check_many_states(report):
    text = subprocess.check_output([MANY_STATES], text=True)
    report.check("a batch of states on four threads has the same bits as on one",
                 text == "10000 states; the same numbers from 1 and from 4 tasks: true\n", text)


def main():
    report = Report()
    check_calls(report)
    check_builds(report)
    check_example(report)
    check_many_states(report)
    report.close()


if __name__ == "__main__":
    main()
