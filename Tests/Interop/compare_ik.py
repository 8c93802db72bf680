#!/usr/bin/env python3
"""`sinew model ik` beside Pinocchio: poses that are within reach are found, and what was found is judged by Pinocchio.

    python3 Tests/Interop/compare_ik.py [POSES [PINOCCHIO_POSES]]

Poses are those of random positions within the joint limits. The navigator's arm is the seven joints Shoulder_Y to Wrist_X;
the eighth, Chest_Z, stays. POSES of them are searched with sinew, PINOCCHIO_POSES with damped least squares on Pinocchio too.
"""
import json
import subprocess
import sys
import tempfile

import numpy as np
import pinocchio as pin

from compare_dynamics import installed
from report import SINEW, Report

#: What counts as reached: the norm of log6 between where the frame is and where it is to be.
REACHED = 1e-6
#: The length that sinew takes for a radian by default [m].
LENGTH = 0.3
NAVIGATOR = "Robots/navigator/navigator.urdf"
ARM = ["Shoulder_Y_L", "Shoulder_X_L", "Shoulder_Z_L", "Elbow_L", "Wrist_Z_L", "Wrist_Y_L", "Wrist_X_L"]
LEG = ["Hip_Z_R", "Hip_X_R", "Hip_Y_R", "Knee_R", "Ankle_Y_R", "Ankle_X_R"]
TALOS = "cmeel.prefix/share/example-robot-data/robots/talos_data/robots/talos_full_v2.urdf"


class Limb:
    """Some joints of a robot, with Pinocchio's model of it; others stand at `state` and the base at `base`."""

    def __init__(self, path, joints, frame, state=None, base=None):
        self.path, self.joints, self.frame, self.base = path, joints, frame, base
        self.state = state or {}
        self.model = pin.buildModelFromUrdf(path, pin.JointModelFreeFlyer()) if base else pin.buildModelFromUrdf(path)
        self.data = self.model.createData()
        indices = [self.model.getJointId(name) for name in joints]
        self.places = [self.model.joints[index].idx_q for index in indices]
        self.columns = [self.model.joints[index].idx_v for index in indices]
        self.frame_id = self.model.getFrameId(frame)
        self.lower = self.model.lowerPositionLimit[self.places]
        self.upper = self.model.upperPositionLimit[self.places]
        self.neutral = pin.neutral(self.model)
        if base:
            position, (w, x, y, z) = base
            self.neutral[:7] = [*position, x, y, z, w]
        for name, value in self.state.items():
            self.neutral[self.model.joints[self.model.getJointId(name)].idx_q] = value

    def pose(self, positions):
        q = self.neutral.copy()
        q[self.places] = positions
        pin.framesForwardKinematics(self.model, self.data, q)
        return self.data.oMf[self.frame_id].copy()

    def jacobian(self, positions, frame):
        q = self.neutral.copy()
        q[self.places] = positions
        return pin.computeFrameJacobian(self.model, self.data, q, self.frame_id, frame)[:, self.columns]

    def draw(self, rng, count):
        return [self.pose(positions) for positions in rng.uniform(self.lower, self.upper, (count, len(self.joints)))]

    def numeric(self, rng, target, tries=30):
        """Damped least squares of Pinocchio's documentation, with limits, restarts and Sugihara's damping."""
        positions = np.zeros(len(self.joints))
        for _ in range(tries):
            before = np.inf
            for step in range(100):
                error = self.pose(positions).actInv(target)
                twist = pin.log6(error).vector
                value = 0.5 * twist @ twist
                if value <= 0.5e-16:
                    return True
                if step % 5 == 0:
                    if value > 0.3 * before:
                        break
                    before = value
                columns = pin.Jlog6(error.inverse()) @ self.jacobian(positions, pin.LOCAL)
                gram = columns @ columns.T + (value + 1e-12) * np.eye(6)
                positions = np.clip(positions + columns.T @ np.linalg.solve(gram, twist), self.lower, self.upper)
            positions = rng.uniform(self.lower, self.upper)
        return False

    def search(self, targets, *more):
        """What sinew finds, and its exit code."""
        states = {"q": self.state}
        if self.base:
            states["base"] = {"position": self.base[0], "quaternion": self.base[1]}
        with tempfile.NamedTemporaryFile("w") as poses, tempfile.NamedTemporaryFile("w") as state:
            for target in targets:
                x, y, z, w = pin.Quaternion(target.rotation).coeffs()
                poses.write(",".join(map(repr, map(float, [*target.translation, w, x, y, z]))) + "\n")
            poses.flush()
            json.dump({"states": [states]}, state)
            state.flush()
            done = subprocess.run(
                [SINEW, "model", "ik", self.path, "--frame", self.frame, "--joints", ",".join(self.joints), "--poses",
                 poses.name, "--seed-state", state.name, "--json", *([] if self.base else ["--fixed-base"]), *more],
                capture_output=True, text=True, timeout=600)
        if done.returncode not in (0, 1) or not done.stdout:
            sys.exit(done.stderr)
        return json.loads(done.stdout)["solutions"], done.returncode


def judge(report, what, limb, count, seed, least, measured=200):
    rng = np.random.default_rng(seed)
    targets = limb.draw(rng, count)
    solutions, code = limb.search(targets)
    reached, worst, outside, difference, volumes, values = [], 0.0, 0.0, 0.0, 0.0, []
    for index, (target, solution) in enumerate(zip(targets, solutions, strict=True)):
        positions = np.array([solution["q"][name] for name in limb.joints])
        outside = max(outside, np.max(limb.lower - positions), np.max(positions - limb.upper))
        pose = limb.pose(positions)
        off = np.linalg.norm(pin.log6(pose.actInv(target)).vector)
        reached.append(bool(off <= REACHED))
        if solution["outcome"] == "solved":
            worst = max(worst, off)
        difference = max(difference, abs(np.linalg.norm(pose.translation - target.translation) - solution["distance_m"]))
        if index < measured:
            found = limb.jacobian(positions, pin.LOCAL_WORLD_ALIGNED)
            volume = np.sqrt(max(np.linalg.det(found @ found.T), 0))
            volumes = max(volumes, abs(volume - solution["manipulability"]))
            scaled = np.vstack([found[:3], LENGTH * found[3:]])
            values.append((np.linalg.svd(scaled, compute_uv=False)[-1], solution["least_singular_value"]))
    share = np.mean(reached)
    report.check(f"{what}: {sum(reached)} of {count} poses reached within {REACHED}", share >= least, f"{share:.4%}")
    report.check(f"{what}: what is called solved is off by at most {worst:.1e}", worst <= REACHED)
    report.check(f"{what}: exit code {code}", code == (0 if all(s["outcome"] == "solved" for s in solutions) else 1))
    report.check(f"{what}: joint limits are held", outside <= 0, f"passed by {outside}")
    report.check(f"{what}: the distance told is Pinocchio's within {difference:.1e} m", difference < 1e-11)
    report.check(f"{what}: manipulability is that of Pinocchio's Jacobian within {volumes:.1e}", volumes < 1e-9)
    low, high = (f([own / true for true, own in values if true > 1e-4]) for f in (min, max))
    report.check(f"{what}: the least singular value is {low:.4f} to {high:.4f} of numpy's", 0.9999 < low and high < 1.05)
    return targets, reached


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    peers = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    report = Report()
    arm = Limb(NAVIGATOR, ARM, "hand_L")
    targets, reached = judge(report, "the navigator's arm", arm, count, 1, 0.995)
    rng = np.random.default_rng(2)
    found = [arm.numeric(rng, target) for target in targets[:peers]]
    lost = sum(theirs and not ours for theirs, ours in zip(found, reached))
    report.check(f"the same {peers} poses: Pinocchio's numeric inverse kinematics reaches {sum(found)}, sinew"
                 f" {sum(reached[:peers])}", lost == 0 and sum(found) > 0.9 * peers, f"{lost} of them not by sinew")
    # A leg of a robot that stands askew and bends its waist.
    base = ([0.3, -0.2, 1.1], (np.array([0.9, 0.1, -0.3, 0.2]) / np.linalg.norm([0.9, 0.1, -0.3, 0.2])).tolist())
    leg = Limb(NAVIGATOR, LEG, "foot_R", {"Waist_Z": 0.4}, base)
    judge(report, "a leg below a floating base", leg, count // 10, 3, 0.995)
    talos = Limb(installed(TALOS), [f"arm_left_{i}_joint" for i in range(1, 8)], "arm_left_7_link")
    judge(report, "Talos's arm", talos, count // 10, 4, 0.995)
    # Beyond reach, nothing is called solved.
    far = [pin.SE3(target.rotation, target.translation * (3 / np.linalg.norm(target.translation))) for target in targets[:40]]
    solutions, code = arm.search(far)
    outcomes = sorted({solution["outcome"] for solution in solutions})
    report.check(f"40 poses at 3 m are {' or '.join(outcomes)}", "solved" not in outcomes and code == 1)
    report.close()


if __name__ == "__main__":
    main()
