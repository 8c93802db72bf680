"""Times RigidBody and its peers in turns, on the same trees and states: make bench-dynamics

    python3 Benchmarks/Dynamics/run.py [--rounds 5] [--native] [--peers LIST] [--threads] [--json FILE] [ROBOT ...]

A round runs every program once on every robot, so that the machine's bad moments hit all; a figure is the median over
the rounds of medians over the batches, a ratio the median of the rounds' ratios peer / ours. `hot` cycles through 64
states. Before every call, `cool` walks through six times the core's own cache, which leaves code and data in the shared
one, as other work between two cycles does; `cold` through twice the last one, which leaves them in memory alone. The
clock's own time is included on every side, 25 ns hot and 300 ns cold.
Before anything is timed, all programs must agree on the results at the first state to 1e-9 (accelerations 1e-7).

With --threads it times a batch of states divided between 1, 2, 4, ... cores instead, ours and Pinocchio. --native builds
Pinocchio and our kernels for this processor (ours with AVX2 and FMA, whose last bits differ). Figures of a busy machine
are worth little but their ratios. `Scripts/setup bench` installs what this needs.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import sys

import programs

WORK = programs.WORK
QUANTITIES = ["rnea", "gravity", "crba", "crba_full", "aba", "fk", "jacobian", "com", "rnea_derivatives",
              "aba_derivatives"]
#: Whole pipelines of MuJoCo, beside the quantity of ours that they contain.
PIPELINES = {"mj_inverse": "rnea", "mj_forward": "aba"}


def caches():
    """Sizes in MB of what empties the core's own caches, and all of them: six and two times what they hold."""
    sizes = {}
    for folder in pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        text = (folder / "size").read_text().strip()
        sizes[int((folder / "level").read_text())] = int(text[:-1]) * {"K": 1, "M": 1024}[text[-1]] // 1024
    return 6 * max(sizes.get(2, 1), 1), 2 * max([32, *sizes.values()])


def disagreements(robot, own, peers):
    """Results at the first state that differ between a peer and ours."""
    for peer, figures in peers.items():
        for (kind, name), value in figures.items():
            if kind != "check":
                continue
            # iCub's published inertias are no body's: M is close to singular, and accelerations keep half the digits.
            if abs(value - own[kind, name]) > (1e-7 if name.startswith("aba") else 1e-9) * abs(value):
                yield f"{robot}, {name}: {peer} finds {value}, ours is {own[kind, name]}"


class Robot:
    """What all programs found for one robot, round after round."""

    def __init__(self, name, built, arguments):
        self.name, self.built, self.arguments = name, built, arguments
        self.rounds = []

    def run_round(self):
        tree, fixed = WORK / f"{self.name}.tree", WORK / f"{self.name}.fixed.tree"
        ours = programs.figures(self.built.own, tree, *self.arguments)
        peers = {name: programs.figures(binary, tree, *self.arguments) for name, binary in self.built.peers.items()
                 if name != "KDL"}
        peers = {name: found for name, found in peers.items() if found}
        fixed_ours = ours
        if "KDL" in self.built.peers:
            tree = fixed if fixed.exists() else tree
            peers["KDL"] = programs.figures(self.built.peers["KDL"], tree, *self.arguments)
            if fixed.exists():
                fixed_ours = programs.figures(self.built.own, fixed, *self.arguments, 0, "rnea")
        if not self.rounds:
            wrong = [*disagreements(self.name, ours, {k: v for k, v in peers.items() if k != "KDL"}),
                     *disagreements(self.name, fixed_ours, {k: v for k, v in peers.items() if k == "KDL"})]
            if wrong:
                sys.exit("\n".join(wrong))
        self.rounds.append((ours, peers, fixed_ours))

    def figure(self, mode, name, peer=None):
        """Nanoseconds of a peer (of ours without one) and the ratio to ours; None where it has no such quantity."""
        times, ratios = [], []
        for ours, peers, fixed in self.rounds:
            if peer is None:
                times.append(ours[mode, name])
                continue
            found = peers.get(peer, {})
            if (mode, name) not in found:
                return None
            # Where Pinocchio has two conventions, the faster one counts.
            time = min(found[mode, name], found.get((mode, name + "/world"), found[mode, name]))
            times.append(time)
            ratios.append(time / (fixed if peer == "KDL" else ours)[mode, PIPELINES.get(name, name)])
        return statistics.median(times), statistics.median(ratios) if ratios else 1.0

    def report(self, modes):
        """Prints the table and returns it as data."""
        names = list(self.built.peers)
        print(f"\n{self.name}, {self.rounds[0][0]['width', 'lanes']:.0f} lanes; ns a call, and peer / ours")
        print(f"{'':23}{'ours':>8}" + "".join(f"{name:>18}" for name in names))
        data = {"width": self.rounds[0][0]["width", "lanes"], "quantities": {}}
        for name in [*QUANTITIES, *PIPELINES]:
            for mode in modes:
                found = {peer: self.figure(mode, name, peer) for peer in names}
                if not any(found.values()):
                    continue
                ours = self.figure(mode, PIPELINES.get(name, name))[0]
                row = data["quantities"].setdefault(name, {})[mode] = {"ours_ns": ours}
                text = f"{name:18}{mode:>5}{ours:8.0f}"
                for peer, pair in found.items():
                    text += f"{pair[0]:11.0f}{pair[1]:7.2f}" if pair else f"{'-':>18}"
                    if pair:
                        row[peer] = {"ns": pair[0], "ratio": pair[1]}
                print(text)
        return data


def many_states(robots, built, rounds):
    """States a second over cores, ours and Pinocchio's."""
    counts = [1]
    while counts[-1] * 2 <= os.cpu_count():
        counts.append(counts[-1] * 2)
    data = {}
    for robot in robots:
        tree, found = WORK / f"{robot}.tree", {}
        for _ in range(rounds):
            for count in counts:
                for side, binary in (("ours", built.own), ("Pinocchio", built.peers["Pinocchio"])):
                    for (_, name), rate in programs.figures(binary, tree, "threads", count).items():
                        found.setdefault(name, {}).setdefault(side, {}).setdefault(count, []).append(rate)
        print(f"\n{robot}: thousand states a second on {', '.join(map(str, counts))} cores, and how much more than on one")
        for name, sides in found.items():
            for side, rates in sides.items():
                medians = {count: statistics.median(values) for count, values in rates.items()}
                data.setdefault(robot, {}).setdefault(name, {})[side] = medians
                print(f"{name:18}{side:>10}" + "".join(
                    f"{rate / 1e3:10.0f}{rate / medians[1]:6.2f}" for rate in medians.values()))
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("robots", nargs="*", default=["g1", "talos", "icub", "panda"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--native", action="store_true")
    parser.add_argument("--peers", default=",".join(programs.PEERS), help="of " + ", ".join(programs.PEERS))
    parser.add_argument("--threads", action="store_true", help="a batch of states over cores")
    parser.add_argument("--cold-calls", type=int, default=21, help="0 leaves the cold caches out")
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    peers = ["Pinocchio"] if options.threads else options.peers.split(",")
    built = programs.Programs(options.native, options.eigen, peers)
    near, far = caches()
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    report = {"cpu": cpu, "machine": platform.machine(), "native": options.native, "rounds": options.rounds}
    print(f"{cpu}, {'native' if options.native else 'baseline'}, {options.rounds} rounds")
    if options.threads:
        report["many_states"] = many_states(options.robots, built, options.rounds)
    else:
        robots = [Robot(name, built, (5, options.cold_calls, near, far)) for name in options.robots]
        for _ in range(options.rounds):
            for robot in robots:
                robot.run_round()
        report |= {"near_mb": near, "far_mb": far, "cold_calls": options.cold_calls}
        report["robots"] = {
            robot.name: robot.report(["hot", "cool", "cold"] if options.cold_calls else ["hot"]) for robot in robots}
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
