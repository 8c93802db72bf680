"""Builds the programs that run.py times, once a source and set of flags, and runs them."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / ".build/bench-dynamics"
SOURCES = ROOT / "Benchmarks/Dynamics/peers"
PEERS = ["Pinocchio", "generated", "MuJoCo", "KDL"]
BOOST = ["-DBOOST_MPL_LIMIT_LIST_SIZE=30", "-DBOOST_MPL_LIMIT_VECTOR_SIZE=30",
         "-DBOOST_MPL_CFG_NO_PREPROCESSED_HEADERS", "-DBOOST_FUSION_INVOKE_MAX_ARITY=12"]


def run(*command, **more):
    result = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, **more)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def figures(binary, *arguments):
    """What a program prints, by kind and name. Empty when it refuses the robot; it says why."""
    result = subprocess.run([str(word) for word in (binary, *arguments)], cwd=WORK, capture_output=True, text=True)
    if result.returncode != 0:
        if result.returncode < 0:
            sys.exit(f"{binary} {' '.join(map(str, arguments))} crashed: {result.stderr}")
        print(f"{pathlib.Path(binary).name} {pathlib.Path(arguments[0]).name}: {result.stderr.strip()}", file=sys.stderr)
        return {}
    lines = (line.split() for line in result.stdout.splitlines())
    return {tuple(words[:-1]): float(words[-1]) for words in lines if len(words) in (2, 3)}


class Programs:
    """Our binary and those of the peers."""

    def __init__(self, native, eigen, peers):
        if not pathlib.Path(eigen).is_dir():
            sys.exit("Eigen's headers are needed: Scripts/setup bench, or --eigen FOLDER")
        WORK.mkdir(parents=True, exist_ok=True)
        run(sys.executable, "Benchmarks/Dynamics/export_models.py", WORK)
        self.native, self.eigen = native, eigen
        self.packages = next(pathlib.Path(sys.prefix).glob("lib/python3*/site-packages"))
        swift = run("bash", "-c", "readlink -f $(command -v swift)").strip()
        self.clang = pathlib.Path(swift).parent / "clang++"
        self.machine = ["-march=native"] if native else []
        build = {"Pinocchio": self.build_pinocchio, "generated": self.build_generated, "MuJoCo": self.build_mujoco,
                 "KDL": self.build_kdl}
        self.peers = {name: build[name]() for name in peers}
        self.own = self.build_own()

    def compile(self, source, *flags, native=None):
        """Compiles a peer's benchmark, unless it is newer than all sources."""
        ending = "-native" if (self.native if native is None else native) else ""
        binary = WORK / (pathlib.Path(source).stem + ending)
        newest = max(path.stat().st_mtime for path in SOURCES.iterdir())
        if not binary.exists() or binary.stat().st_mtime < newest:
            print(f"building {binary.name}; with Pinocchio this takes minutes", file=sys.stderr)
            run(self.clang, "-std=c++17", "-O3", "-DNDEBUG", SOURCES / source, "-o", binary, *flags)
        return binary

    def pinocchio_flags(self):
        prefix = self.packages / "cmeel.prefix"
        return [*self.machine, *BOOST, "-isystem", prefix / "include", "-isystem", self.eigen, f"-L{prefix}/lib",
                "-lboost_serialization", f"-Wl,-rpath,{prefix}/lib", "-pthread", "-ldl"]

    def build_pinocchio(self):
        return self.compile("pinocchio.cpp", *self.pinocchio_flags())

    def build_generated(self):
        """The generated C is compiled by the same clang as Pinocchio itself, and with -ffast-math, as Pinocchio proposes."""
        folder = WORK / ("generated-native" if self.native else "generated")
        folder.mkdir(exist_ok=True)
        compiler = folder / "compiler"
        flags = " ".join(["-ffast-math", *self.machine])
        compiler.write_text(f'#!/bin/sh\nexec {self.clang.parent / "clang"} {flags} "$@"\n')
        compiler.chmod(0o755)
        os.environ |= {"CODEGEN_FOLDER": str(folder), "CODEGEN_COMPILER": str(compiler), "CODEGEN_FLAGS": "-O3"}
        return self.compile("pinocchio_codegen.cpp", *self.pinocchio_flags())

    def build_mujoco(self):
        """Its library is the wheel's, built for the baseline with dispatch of its own."""
        folder = self.packages / "mujoco"
        library = next(folder.glob("libmujoco.so.*"))
        return self.compile(
            "mujoco.cpp", "-isystem", folder / "include", library, f"-Wl,-rpath,{folder}", native=False)

    def build_kdl(self):
        """Debian's library; Eigen's types have another layout with AVX, so never built for this processor."""
        return self.compile("kdl.cpp", "-isystem", self.eigen, "-lorocos-kdl", native=False)

    def build_own(self):
        flags = ["--scratch-path", ROOT / ".build/native", "-Xcc", "-DREAL_MATH_CONTRACT", "-Xcc", "-mavx2", "-Xcc",
                 "-mfma", "-Xswiftc", "-target-cpu", "-Xswiftc", "native"] if self.native else []
        run("swift", "build", "-c", "release", "--product", "dynamics-benchmark", *flags)
        folder = ROOT / ".build/native/release" if self.native else ROOT / ".build/release"
        return folder / "dynamics-benchmark"
