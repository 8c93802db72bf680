"""Times the trajectory generator beside Ruckig's C++, in turns: make bench-trajectory

    python3 Benchmarks/Trajectory/run.py [--cases 20000] [--rounds 5] [--turns 3] [--source FOLDER] [--json FILE]

Both plan the same random cases of 1, 3 and 7 joints that arrive together. A case's time is the best of --rounds, so that what
else the machine does is left out; mean, 99.9th percentile and worst are over the cases, medians over --turns. Ruckig is built
with Swift's own clang++ from its source distribution on PyPI, fetched into .build; without it only our figures are printed.
"""
import argparse
import array
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tarfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from peer_program import ROOT, build, compile_peer, figures, run  # noqa: E402

WORK = ROOT / ".build/bench-trajectory"
VERSION = "0.9.2"
SOURCES = ["brake", "position-step1", "position-step2", "velocity-step1", "velocity-step2"]
JOINTS = [1, 3, 7]


def source():
    """Ruckig's sources, or None and a word why not."""
    folder = WORK / f"ruckig-{VERSION}"
    if not folder.exists():
        try:
            done = run(ROOT / ".venv/bin/pip", "download", "--quiet", "--no-deps", "--no-binary", "ruckig", "--dest", WORK,
                       f"ruckig=={VERSION}", timeout=600)
            problem = done.stderr.strip().splitlines()[-1:] if done.returncode else None
        except subprocess.TimeoutExpired:
            problem = ["no answer within ten minutes"]
        if problem is not None:
            print(f"Ruckig is left out: its sources cannot be fetched ({' '.join(problem)})", file=sys.stderr)
            return None
        with tarfile.open(WORK / f"ruckig-{VERSION}.tar.gz") as archive:
            archive.extractall(WORK, filter="data")
    return folder


def peer(folder):
    return compile_peer(WORK / "ruckig-peer", "-I", folder / "include", "-I", folder / "third_party",
                        "Benchmarks/Trajectory/peers/ruckig.cpp", *[folder / f"src/ruckig/{name}.cpp" for name in SOURCES])


def joint(numbers):
    """Start, target and limits of a joint, as Ruckig's own tests draw them; the limits hold start and target."""
    def state():
        return [numbers.gauss(0, 4)] + [0 if numbers.random() < 0.2 else numbers.gauss(0, 0.8) for _ in range(2)]
    start, target, jerk = state(), state(), numbers.uniform(0.1, 12)
    acceleration = max(abs(start[2]), abs(target[2]))
    velocity = max(abs(state[1]) + state[2] ** 2 / (2 * jerk) for state in (start, target))
    return start + target + [
        -velocity - numbers.uniform(0.1, 12), velocity + numbers.uniform(0.1, 12),
        -acceleration - numbers.uniform(0.1, 12), acceleration + numbers.uniform(0.1, 12), jerk]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--source", type=pathlib.Path, help="folder of Ruckig's source distribution")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    build("trajectory-benchmark")
    folder = options.source or source()
    other = peer(folder) if folder else None
    report = {}
    print("joints  us a plan: mean  p99.9  worst | Ruckig: mean  p99.9  worst | ratio of means, of worsts")
    for joints in JOINTS:
        numbers = random.Random(joints)
        file = WORK / f"cases-{joints}.bin"
        with open(file, "wb") as out:
            for _ in range(options.cases):
                array.array("d", sum((joint(numbers) for _ in range(joints)), [])).tofile(out)
        turns = []
        for _ in range(options.turns):
            ours = figures(ROOT / ".build/release/trajectory-benchmark", "time", file, joints, options.rounds)
            turns.append((ours, figures(other, file, joints, options.rounds) if other else None))
        ours = {key: statistics.median(turn[0][key] for turn in turns) for key in turns[0][0]}
        line = f"{joints:6}  {ours['mean'] / 1e3:15.2f} {ours['p999'] / 1e3:6.2f} {ours['worst'] / 1e3:6.2f}"
        report[joints] = {"ours": ours}
        if other:
            theirs = {key: statistics.median(turn[1][key] for turn in turns) for key in turns[0][1]}
            report[joints]["ruckig"] = theirs
            line += (f" | {theirs['mean'] / 1e3:12.2f} {theirs['p999'] / 1e3:6.2f} {theirs['worst'] / 1e3:6.2f} |"
                     f" {ours['mean'] / theirs['mean']:.2f} {ours['worst'] / theirs['worst']:.2f}")
            if abs(ours["durations"] - theirs["durations"]) > 1e-9 * theirs["durations"]:
                print(line)
                sys.exit(f"the durations of {joints} joints differ: {ours['durations']} s, Ruckig {theirs['durations']} s")
        print(line, flush=True)
    if options.json:
        options.json.write_text(json.dumps({"cases": options.cases, "joints": report}, indent=2) + "\n")


if __name__ == "__main__":
    main()
