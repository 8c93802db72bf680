"""Times RigidBody and Pinocchio in turns, on the same trees and states: make bench-dynamics

    python3 Benchmarks/Dynamics/run.py [--rounds 9] [--native] [--cold] [--json FILE] [ROBOT ...]

Builds Pinocchio's algorithms from the headers of the PyPI wheel with the toolchain's clang and our kernels with swift
build, at the same instruction set: the baseline, or with --native this processor's (our kernels with AVX2 and FMA, whose
last bits differ). A round runs both once on every robot, so that the machine's bad moments hit both; the figures are
medians over the rounds of medians over the batches, and of Pinocchio's two conventions the faster one counts. Needs
Eigen's headers (libeigen3-dev), or --eigen FOLDER. Figures of a busy machine are worth little but their ratios.
"""

import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / ".build/bench-dynamics"
QUANTITIES = ["rnea", "gravity", "crba", "aba", "fk", "jacobian", "com", "rnea_derivatives", "aba_derivatives"]
DEFINES = ["-DBOOST_MPL_LIMIT_LIST_SIZE=30", "-DBOOST_MPL_LIMIT_VECTOR_SIZE=30",
           "-DBOOST_MPL_CFG_NO_PREPROCESSED_HEADERS", "-DBOOST_FUSION_INVOKE_MAX_ARITY=12"]


def run(*command):
    result = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def build_peer(native, eigen):
    """Pinocchio's benchmark; built once a source and set of flags."""
    source = ROOT / "Benchmarks/Dynamics/pinocchio_benchmark.cpp"
    binary = WORK / ("pinocchio-native" if native else "pinocchio")
    if binary.exists() and binary.stat().st_mtime > source.stat().st_mtime:
        return binary
    prefix = next(pathlib.Path(sys.prefix).glob("lib/python3*/site-packages/cmeel.prefix"))
    clang = pathlib.Path(run("bash", "-c", "readlink -f $(command -v swift)").strip()).parent / "clang++"
    print("building Pinocchio's algorithms; this takes minutes", file=sys.stderr)
    run(clang, "-std=c++17", "-O3", "-DNDEBUG", *(["-march=native"] if native else []), *DEFINES, "-isystem",
        prefix / "include", "-isystem", eigen, source, "-o", binary, f"-L{prefix}/lib", "-lboost_serialization",
        f"-Wl,-rpath,{prefix}/lib")
    return binary


def build_own(native):
    flags = ["--scratch-path", ROOT / ".build/native", "-Xcc", "-DREAL_MATH_CONTRACT", "-Xcc", "-mavx2", "-Xcc", "-mfma",
             "-Xswiftc", "-target-cpu", "-Xswiftc", "native"] if native else []
    run("swift", "build", "-c", "release", "--product", "dynamics-benchmark", *flags)
    folder = ROOT / ".build/native/release" if native else ROOT / ".build/release"
    return folder / "dynamics-benchmark"


def timings(output):
    return {name: float(value) for name, value in (line.split() for line in output.splitlines())}


def faster_convention(times):
    return {name: min(times[name], times.get(name + "/world", times[name])) for name in QUANTITIES}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("robots", nargs="*", default=["g1", "talos", "icub", "panda"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--native", action="store_true")
    parser.add_argument("--cold", action="store_true", help="sweep the caches before every call")
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    if not pathlib.Path(options.eigen).is_dir():
        sys.exit("Eigen's headers are needed: sudo apt-get install libeigen3-dev, or --eigen FOLDER")
    WORK.mkdir(parents=True, exist_ok=True)
    run(sys.executable, "Benchmarks/Dynamics/export_models.py", WORK)
    peer, own = build_peer(options.native, options.eigen), build_own(options.native)
    mode = ["cold"] if options.cold else []
    found = {robot: ([], []) for robot in options.robots}
    for _ in range(options.rounds):
        for robot, (peers, owns) in found.items():
            tree = WORK / f"{robot}.tree"
            peers.append(faster_convention(timings(run(peer, tree, 5, *mode))))
            owns.append(timings(run(own, tree, 5, 0, *mode)))
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    report = {"cpu": cpu, "machine": platform.machine(), "native": options.native, "cold": options.cold,
              "rounds": options.rounds, "robots": {}}
    print(f"{cpu}, {'native' if options.native else 'baseline'}, {'cold' if options.cold else 'hot'} caches; ns a call")
    for robot, (peers, owns) in found.items():
        print(f"\n{robot}, {owns[0]['width']:.0f} lanes\n{'':18}{'Pinocchio':>10}{'ours':>10}{'ratio':>8}")
        rows = report["robots"][robot] = {"width": owns[0]["width"]}
        for name in QUANTITIES:
            theirs = statistics.median(times[name] for times in peers)
            ours = statistics.median(times[name] for times in owns)
            ratio = statistics.median(a[name] / b[name] for a, b in zip(peers, owns))
            rows[name] = {"pinocchio_ns": theirs, "ours_ns": ours, "ratio": ratio}
            print(f"{name:18}{theirs:10.0f}{ours:10.0f}{ratio:8.2f}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
