"""What the benchmarks beside a C++ peer share: programs built and run from the project's root, and the figures they print."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def run(*command, timeout=1800):
    return subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, timeout=timeout)


def figures(*command):
    """What a program prints, a name and a number a line; ends everything where it fails."""
    done = run(*command)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return {words[0]: float(words[1]) for words in map(str.split, done.stdout.splitlines())}


def build(product):
    """Our own program, in release."""
    built = run("swift", "build", "-c", "release", "--product", product)
    if built.returncode != 0:
        sys.exit(built.stdout + built.stderr)


def compile_peer(binary, *arguments):
    """A peer's program, with the compiler that comes with Swift, so that both sides have the same back end."""
    swift = run("bash", "-c", "readlink -f $(command -v swift)").stdout.strip()
    done = run(pathlib.Path(swift).parent / "clang++", "-std=c++17", "-O3", "-DNDEBUG", *arguments, "-o", binary)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return binary
