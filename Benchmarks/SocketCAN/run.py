"""Times the exchange of one cycle with eight CAN interfaces, beside the least a C program can do: make bench-socketcan

    python3 Benchmarks/SocketCAN/run.py [--rounds 5] [--cycles 500] [--interfaces 8] [--json FILE]

Runs in guests of Tests/VM, on virtual interfaces: user-mode-linux, and QEMU where it is prepared. A round runs all in turns, so that the machine's bad moments hit all; a
figure is the median over the rounds of medians over the cycles, and a ratio that of the ratios of single rounds.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIGURES = ("total_ns", "system_ns", "user_ns", "calls")
NAMES = {"peer": "C, the least", "shim": "CServoBus", "swift": "OpenBuses", "confirm": "OpenBuses, confirm"}


def check(*command):
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout


def play(engine, options):
    """Every round in a guest, as figures by who is timed."""
    names = [f"bench{number}" for number in range(options.interfaces)]
    make = "; ".join(f"ip link add {name} type vcan && ip link set {name} up" for name in names)
    program = f".build/release/socketcan-benchmark {options.cycles} {' '.join(names)}"
    turns = "; ".join([f"{program} || exit 1"] * options.rounds)
    rounds = []
    for words in map(str.split, check("Tests/VM/scvm", "-e", engine, "-t", 600, "--", "bash", "-c", f"{make}; {turns}").splitlines()):
        if words[0] == "peer":
            rounds.append({})
        rounds[-1][words[0]] = dict(zip(FIGURES, map(float, words[1:])))
    return rounds


def show(engine, rounds):
    """Prints a table of medians, and returns them."""
    print(f"{engine:20} {'us':>7} {'kernel, clock':>14} {'user':>7} {'calls':>7} {'ratio':>7} {'user ratio':>11}")
    result = {}
    for who, name in NAMES.items():
        found = {figure: statistics.median(one[who][figure] for one in rounds) for figure in FIGURES}
        found["ratio"] = statistics.median(one[who]["total_ns"] / one["peer"]["total_ns"] for one in rounds)
        found["user_ratio"] = statistics.median(one[who]["user_ns"] / one["peer"]["user_ns"] for one in rounds)
        result[who] = found
        print(f"{name:20} {found['total_ns'] / 1000:7.1f} {found['system_ns'] / 1000:14.1f} {found['user_ns'] / 1000:7.1f} "
              f"{found['calls']:7.1f} {found['ratio']:7.2f} {found['user_ratio']:11.2f}")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cycles", type=int, default=500)
    parser.add_argument("--interfaces", type=int, default=8)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    check("Tests/VM/setup.sh", "uml")
    check("swift", "build", "-c", "release", "--product", "socketcan-benchmark")
    home = pathlib.Path(os.environ.setdefault("SCVM_HOME", str(pathlib.Path.home() / ".cache" / "sinew-vm")))
    result = {"interfaces": options.interfaces}
    for engine in ("uml", "qemu"):
        if engine == "qemu" and not (home / "boot" / "vmlinux-qemu").exists():
            print("left out: qemu; type: Tests/VM/setup.sh qemu")
            continue
        rounds = play(engine, options)
        result[engine] = {"rounds": rounds, "median": show(engine, rounds)}
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
