#!/usr/bin/env python3
"""The robots that ship, against numbers of others: Pinocchio's dynamics, the published size, mass and armatures.

Also that every motion stays well within limits: positions inside, at most 60 % of the speeds and 80 % of
accelerations and torques (Pinocchio's inverse dynamics with the rotors' inertia).
"""
import math
import pathlib
import subprocess
import sys
import xml.etree.ElementTree

import numpy as np
import pinocchio
from ruamel.yaml import YAML

from report import Report

ROBOTS = pathlib.Path("Robots")
SHARE = {"velocity": 0.6, "acceleration": 0.8, "torque": 0.8}
# Armatures of the G1 as mujocolab/mjlab publishes them [kg.m^2]: two-stage planetary, rotor, carrier, output.
G1_ARMATURES = {"m5020": 0.003609725, "m5020_pair": 2 * 0.003609725, "m7520_14": 0.010177520,
                "m7520_22": 0.025101925, "m4010": 0.00425}
SWEEP_MARGIN = (0.01, 0.03)  # rad; how close the sweep comes to both ends of every range


def load(path):
    return YAML(typ="safe", pure=True).load(path.read_text())


def clamped_spline(times, points):
    """The C2 cubic spline through points, at rest at both ends: positions, velocities, accelerations at 500 Hz."""
    t, y = np.array(times, float), np.array(points, float)
    h = np.diff(t)
    system, right = np.eye(len(t)), np.zeros_like(y)
    for i in range(1, len(t) - 1):
        system[i, i - 1:i + 2] = 1 / h[i - 1], 2 / h[i - 1] + 2 / h[i], 1 / h[i]
        right[i] = 3 * (y[i] - y[i - 1]) / h[i - 1] ** 2 + 3 * (y[i + 1] - y[i]) / h[i] ** 2
    slopes = np.linalg.solve(system, right)
    s = np.linspace(t[0], t[-1], round((t[-1] - t[0]) * 500) + 1)
    k = np.clip(np.searchsorted(t, s, side="right") - 1, 0, len(t) - 2)
    w, u = h[k][:, None], ((s - t[k]) / h[k])[:, None]
    a, b, m, n = y[k], y[k + 1], slopes[k] * w, slopes[k + 1] * w
    position = (2 * u**3 - 3 * u**2 + 1) * a + (u**3 - 2 * u**2 + u) * m + (3 * u**2 - 2 * u**3) * b + (u**3 - u**2) * n
    velocity = ((6 * u**2 - 6 * u) * (a - b) + (3 * u**2 - 4 * u + 1) * m + (3 * u**2 - 2 * u) * n) / w
    acceleration = ((12 * u - 6) * (a - b) + (6 * u - 4) * m + (6 * u - 2) * n) / w**2
    return position, velocity, acceleration


class Driven:
    """A robot's driven joints in the order of robot.yaml, with Pinocchio's model of it."""

    def __init__(self, folder):
        self.file = load(folder / "robot.yaml")
        self.model = pinocchio.buildModelFromUrdf(str(folder / self.file["urdf"]))
        self.data = self.model.createData()
        self.names = list(self.file["joints"])
        self.index = [self.model.joints[self.model.getJointId(name)].idx_v for name in self.names]
        joints = list(self.file["joints"].values())
        actuators = [self.file["actuators"][joint["actuator"]] for joint in joints]
        self.home = np.array([joint["home"] for joint in joints], float)
        self.armature = np.array([a["motor"]["rotor_inertia"] * a["reducer"]["ratio"] ** 2 for a in actuators])
        default = self.file.get("defaults", {}).get("limits", {})
        self.acceleration = np.array([{**default, **joint.get("limits", {})}["max_acceleration"] for joint in joints])
        self.low, self.high = self.model.lowerPositionLimit[self.index], self.model.upperPositionLimit[self.index]
        self.velocity = self.model.velocityLimit[self.index]
        self.torque = self.model.effortLimit[self.index]

    def points(self, motion):
        """Times, and positions of every driven joint: home where the motion says nothing."""
        rows = np.tile(self.home, (len(motion["points"]), 1))
        columns = [self.names.index(name) for name in motion["joint_names"]]
        for row, point in zip(rows, motion["points"]):
            row[columns] = point["positions"]
        return [point["time_from_start"] for point in motion["points"]], rows

    def torques(self, position, velocity, acceleration):
        model, result = self.model, []
        for q, v, a in list(zip(position, velocity, acceleration))[::5]:
            full = [np.zeros(model.nq), np.zeros(model.nv), np.zeros(model.nv)]
            for whole, part in zip(full, (q, v, a)):
                whole[self.index] = part
            result.append(pinocchio.rnea(model, self.data, *full)[self.index] + self.armature * a)
        return np.array(result)


def check_motion(report, robot, name, path):
    motion = load(path)
    times, rows = robot.points(motion)
    report.check(f"{name}: starts and ends at home", np.allclose(rows[[0, -1]], robot.home, atol=1e-9))
    position, velocity, acceleration = clamped_spline(times, rows)
    below, above = position.min(0) - robot.low, robot.high - position.max(0)
    inside = np.minimum(below, above)
    report.check(f"{name}: positions inside their limits", inside.min() > 0.004, robot.names[int(inside.argmin())])
    used = {"velocity": np.abs(velocity).max(0) / robot.velocity,
            "acceleration": np.abs(acceleration).max(0) / robot.acceleration,
            "torque": np.abs(robot.torques(position, velocity, acceleration)).max(0) / robot.torque}
    for quantity, share in used.items():
        worst = int(share.argmax())
        report.check(f"{name}: at most {SHARE[quantity]:.0%} of any {quantity} limit", share[worst] <= SHARE[quantity],
                     f"{share[worst]:.0%} at {robot.names[worst]}")
    if path.stem == "sweep":
        low, high = SWEEP_MARGIN
        short = [joint for joint, a, b in zip(robot.names, below, above) if not (low < a < high and low < b < high)]
        report.check(f"{name}: every joint comes within {high} rad of both ends of its range", not short, short)


def check_navigator(report, driven):
    made = subprocess.run([sys.executable, "Robots/navigator/generate.py", "--check"], capture_output=True, text=True)
    report.check("navigator: generate.py writes the committed URDF", made.returncode == 0, made.stderr.strip())
    mass = math.fsum(inertia.mass for inertia in driven.model.inertias)
    report.check("navigator: 60 kg", abs(mass - 60) < 1e-9, mass)
    report.check("navigator: 34 joints", driven.model.nv == 34 and len(driven.names) == 34, driven.model.nv)
    urdf = xml.etree.ElementTree.parse("Robots/navigator/navigator.urdf").getroot()
    height = {}
    pinocchio.framesForwardKinematics(driven.model, driven.data, pinocchio.neutral(driven.model))
    for link in urdf.findall("link"):
        name, box = link.get("name"), link.find("visual/geometry/box")
        moments = sorted(float(link.find("inertial/inertia").get(key)) for key in ("ixx", "iyy", "izz"))
        report.check(f"navigator: inertia of {name} is one that a body can have",
                     moments[0] > 0 and moments[0] + moments[1] >= moments[2], moments)
        if box is not None:
            frame = driven.data.oMf[driven.model.getFrameId(name)].translation[2]
            middle = frame + float(link.find("visual/origin").get("xyz").split()[2])
            half = float(box.get("size").split()[2]) / 2
            height[name] = middle - half, middle + half
    tall = max(top for _, top in height.values()) - min(bottom for bottom, _ in height.values())
    report.check("navigator: 1.65 m tall", abs(tall - 1.65) < 1e-4, tall)


def check_g1(report, driven):
    report.check("g1: 29 joints", driven.model.nv == 29 and len(driven.names) == 29, driven.model.nv)
    for name, published in G1_ARMATURES.items():
        actuator = driven.file["actuators"][name]
        armature = actuator["motor"]["rotor_inertia"] * actuator["reducer"]["ratio"] ** 2
        report.check(f"g1: armature of {name} as published", abs(armature / published - 1) < 1e-7, armature)
    rate = 2 * math.pi * 10  # 10 Hz, damping ratio 2
    for name, joint in driven.file["joints"].items():
        armature = G1_ARMATURES[joint["actuator"]]
        gains = joint["gains"]
        report.check(f"g1: gains of {name} as published", abs(gains["stiffness"] / (armature * rate**2) - 1) < 1e-4
                     and abs(gains["damping"] / (4 * armature * rate) - 1) < 1e-4, gains)


def main():
    report = Report()
    for name, own in (("navigator", check_navigator), ("g1", check_g1)):
        driven = Driven(ROBOTS / name)
        own(report, driven)
        for path in sorted((ROBOTS / name / "motions").glob("*.yaml")):
            check_motion(report, driven, f"{name} {path.stem}", path)
    report.close()


if __name__ == "__main__":
    main()
