"""Times encoding and decoding the frames of 34 joints, family by family, and moteus' own C++ header: make bench-codec

    python3 Benchmarks/Codec/run.py [--rounds 5] [--batches 41] [--turns 2000] [--headers FOLDER] [--json FILE]

A round runs everything once, so that the machine's bad moments hit all; a figure is the median over the rounds of medians
over batches. `cycle` is what a control cycle does: find each frame's joint, decode it, check and convert it, then convert
and encode each command. `codec` is bytes and numbers alone, and that is what the peer's header does too. It is fetched
from its repository, one commit, into .build; without it only our figures are printed.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from peer_program import ROOT, build, compile_peer, figures, run  # noqa: E402

WORK = ROOT / ".build/bench-codec"
DRIVES = ["mixed", "canopen", "damiao", "mit", "moteus", "odrive", "odrive_05", "robstride"]
REPOSITORY = "https://github.com/mjbots/moteus"
COMMIT = "923f5338981022a9aaae13848238230109261c4e"


def headers():
    """moteus' headers, or None and a word why not."""
    folder = WORK / "moteus"
    if not (folder / "lib/cpp/mjbots/moteus/moteus_protocol.h").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git = ["git", "-C", folder]
        for command in (["init", "-q"], ["fetch", "-q", "--depth", "1", REPOSITORY, COMMIT],
                        ["checkout", "-q", COMMIT, "--", "lib/cpp/mjbots"]):
            try:
                done = run(*git, *command, timeout=60)
                problem = done.stderr.strip().splitlines()[-1:] if done.returncode else None
            except subprocess.TimeoutExpired:
                problem = ["no answer within a minute"]
            if problem is not None:
                print(f"moteus' header is left out: {REPOSITORY} cannot be reached ({' '.join(problem)})", file=sys.stderr)
                return None
    return folder / "lib/cpp"


def peer(folder):
    return compile_peer(WORK / "moteus-peer", "-I", folder, "Benchmarks/Codec/peers/moteus.cpp")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=41)
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--headers", type=pathlib.Path, help="folder with mjbots/moteus/moteus_protocol.h")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    build("codec-benchmark")
    folder = options.headers or headers()
    other = peer(folder) if folder else None
    rounds = {drives: [] for drives in DRIVES}
    theirs = []
    for _ in range(options.rounds):
        for drives in DRIVES:
            rounds[drives].append(figures(".build/release/codec-benchmark", drives, options.batches, options.turns))
        if other:
            theirs.append(figures(other, options.batches, options.turns))
    result = {drives: {name: statistics.median(one[name] for one in all_) for name in all_[0]}
              for drives, all_ in rounds.items()}
    print(f"{'34 joints':10} {'frames':>7} {'cycle ns':>9} {'decode':>8} {'encode':>8} {'codec':>8}")
    for drives, found in result.items():
        print(f"{drives:10} {found['frames']:7.0f} {found['cycle']:9.0f} {found['decode']:8.0f} {found['encode']:8.0f} "
              f"{found['codec']:8.0f}")
    if theirs:
        ratios = [one["codec"] / own["codec"] for one, own in zip(theirs, rounds["moteus"])]
        result["moteus C++ header"] = {"codec": statistics.median(one["codec"] for one in theirs),
                                       "ratio": statistics.median(ratios)}
        print(f"moteus' C++ header: codec {result['moteus C++ header']['codec']:.0f} ns, "
              f"{result['moteus C++ header']['ratio']:.2f} times ours")
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
