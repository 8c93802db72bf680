"""Times inverse kinematics beside Pinocchio's C++, in turns: make bench-ik

    .venv/bin/python Benchmarks/InverseKinematics/run.py [--poses 100000] [--rounds 3] [--turns 3] [--eigen FOLDER] [--json FILE]

Both seek the same poses of the navigator's arm (seven joints, Shoulder_Y to Wrist_X) from the middle of the joints' limits. A
pose's time is the best of --rounds, so that what else the machine does is left out; figures are medians over --turns. What
was found is judged by Pinocchio: a pose is reached if log6 between frame and target is at most 1e-6 long. The peer is built with
Swift's own clang++; without Eigen's headers only our figures are printed.
"""
import argparse
import json
import pathlib
import statistics
import sys

import numpy as np
import pinocchio as pin

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from peer_program import ROOT, build, compile_peer, figures  # noqa: E402

WORK = ROOT / ".build/bench-ik"
URDF = "Robots/navigator/navigator.urdf"
LINK = "hand_L"
JOINTS = ["Shoulder_Y_L", "Shoulder_X_L", "Shoulder_Z_L", "Elbow_L", "Wrist_Z_L", "Wrist_Y_L", "Wrist_X_L"]
REACHED = 1e-6


class Arm:
    def __init__(self):
        self.model = pin.buildModelFromUrdf(str(ROOT / URDF))
        self.data = self.model.createData()
        self.frame = self.model.getFrameId(LINK)
        self.places = [self.model.joints[self.model.getJointId(name)].idx_q for name in JOINTS]
        self.lower = self.model.lowerPositionLimit[self.places]
        self.upper = self.model.upperPositionLimit[self.places]

    def pose(self, positions):
        q = pin.neutral(self.model)
        q[self.places] = positions
        pin.framesForwardKinematics(self.model, self.data, q)
        return self.data.oMf[self.frame].copy()

    def write_arm(self, path):
        """The arm as peers/pinocchio_ik.cpp reads it."""
        locked = [index for index in range(1, self.model.njoints) if self.model.names[index] not in JOINTS]
        arm = pin.buildReducedModel(self.model, locked, pin.neutral(self.model))
        numbers = []
        for index in range(1, arm.njoints):
            place, axis = arm.jointPlacements[index], "XYZ".index(arm.joints[index].shortname()[-1])
            numbers += [*place.rotation.ravel(), *place.translation, axis, arm.lowerPositionLimit[index - 1],
                        arm.upperPositionLimit[index - 1], 0, 0, 0]
        tool = arm.frames[arm.getFrameId(LINK)].placement
        np.array([*numbers, *tool.rotation.ravel(), *tool.translation]).tofile(path)

    def write(self, path, count):
        """Poses of random positions within the limits."""
        rng = np.random.default_rng(1)
        poses = []
        for positions in rng.uniform(self.lower, self.upper, (count, len(JOINTS))):
            pose = self.pose(positions)
            x, y, z, w = pin.Quaternion(pose.rotation).coeffs()
            poses.append([*pose.translation, w, x, y, z])
        np.array(poses).tofile(path)
        return np.array(poses)

    def reached(self, poses, path):
        """How many poses the positions of a file reach within the limits."""
        count = 0
        for (x, y, z, w, *v), positions in zip(poses, np.fromfile(path).reshape(len(poses), len(JOINTS))):
            if np.any(positions < self.lower) or np.any(positions > self.upper):
                continue
            target = pin.SE3(pin.Quaternion(w, *v).normalized().matrix(), np.array([x, y, z]))
            count += np.linalg.norm(pin.log6(self.pose(positions).actInv(target)).vector) <= REACHED
        return int(count)


def peer(eigen):
    if not pathlib.Path(eigen).is_dir():
        print("Pinocchio's C++ is left out: Eigen's headers are needed (Scripts/setup bench, or --eigen FOLDER)",
              file=sys.stderr)
        return None
    prefix = next(pathlib.Path(sys.prefix).glob("lib/python3*/site-packages")) / "cmeel.prefix"
    binary, source = WORK / "pinocchio-ik", ROOT / "Benchmarks/InverseKinematics/peers/pinocchio_ik.cpp"
    if binary.exists() and binary.stat().st_mtime > source.stat().st_mtime:
        return binary
    return compile_peer(
        binary, "-DBOOST_MPL_LIMIT_LIST_SIZE=30", "-DBOOST_MPL_LIMIT_VECTOR_SIZE=30",
        "-DBOOST_MPL_CFG_NO_PREPROCESSED_HEADERS", "-DBOOST_FUSION_INVOKE_MAX_ARITY=12", "-isystem", prefix / "include",
        "-isystem", eigen, source, f"-L{prefix}/lib", "-lpinocchio_default", "-lboost_serialization",
        f"-Wl,-rpath,{prefix}/lib", "-ldl")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--poses", type=int, default=100000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    build("ik-benchmark")
    programs = {"sinew": ROOT / ".build/release/ik-benchmark", "Pinocchio": peer(options.eigen)}
    arm = Arm()
    poses = arm.write(WORK / "poses.bin", options.poses)
    report = {}
    print("           reached   us a pose: median    mean     p99   worst | steps a pose")
    arm.write_arm(WORK / "arm.bin")
    given = {"sinew": [ROOT / URDF, LINK, ",".join(JOINTS)], "Pinocchio": [WORK / "arm.bin"]}
    turns = {name: [] for name, program in programs.items() if program}
    for _ in range(options.turns):
        for name, found in turns.items():
            found.append(figures(
                programs[name], *given[name], WORK / "poses.bin", WORK / f"{name}.bin", options.rounds))
    for name, found in turns.items():
        result = {key: statistics.median(turn[key] for turn in found) for key in found[0]}
        result["reached"] = arm.reached(poses, WORK / f"{name}.bin")
        report[name] = result
        times = [result[key] / 1e3 for key in ("median", "mean", "p99", "worst")]
        print(f"{name:9} {result['reached'] / options.poses:8.3%}  {times[0]:17.2f} {times[1]:7.2f} {times[2]:7.1f} {times[3]:7.0f} |"
              f" {result['iterations']:.1f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"poses": options.poses, **report}, indent=2) + "\n")


if __name__ == "__main__":
    main()
