"""Writes Tests/RigidBodyTests/Golden/*.json: trees of our own with Pinocchio's numbers for a few random states.

    .venv/bin/python Tests/Interop/golden_dynamics.py [NAME ...]

Without names all of them are written. Needs the PyPI package pin. The trees are described here and in the files, so that the tests need neither Python nor a
URDF reader. Same seed, same Pinocchio, same files.
"""

import datetime
import json
import pathlib
import sys

import numpy as np
import pinocchio as pin

from pinocchio_reference import Reference

FOLDER = pathlib.Path(__file__).parent.parent / "RigidBodyTests" / "Golden"
STATES = 3


def link(name, rng, mass):
    """A cuboid of random proportions, its centre anywhere, its axes turned."""
    moments = rng.uniform(0.002, 0.02, 3) * mass
    principal = np.diag([moments[1] + moments[2], moments[0] + moments[2], moments[0] + moments[1]])
    turn = pin.Quaternion(rng.normal(size=4)).normalized().matrix()
    inertia = turn @ principal @ turn.T
    return {
        "name": name, "mass": mass, "com": rng.uniform(-0.1, 0.1, 3).tolist(),
        "inertia": [inertia[0, 0], inertia[0, 1], inertia[0, 2], inertia[1, 1], inertia[1, 2], inertia[2, 2]],
    }


def joint(name, kind, parent, child, xyz, rpy=(0, 0, 0), axis=(0, 0, 1), armature=0.0, mimic=None):
    entry = {
        "name": name, "kind": kind, "parent": parent, "child": child, "xyz": list(map(float, xyz)),
        "rotation": pin.rpy.rpyToMatrix(*map(float, rpy)).flatten().tolist(), "axis": list(map(float, axis)),
        "armature": armature,
    }
    if mimic:
        entry["mimic"] = dict(zip(["joint", "multiplier", "offset"], mimic))
    return entry


def arm():
    """A fixed arm: coordinate axes, skewed axes, a rail, a flange."""
    rng = np.random.default_rng(1)
    names = ["rail", "shoulder", "upper_arm", "forearm", "wrist", "hand"]
    links = [link("ground", rng, 5.0)] + [link(n, rng, m) for n, m in zip(names, [8.0, 4.0, 3.0, 2.0, 0.8, 0.3])]
    links += [{"name": "tool0"}]
    joints = [
        joint("slide", "prismatic", "ground", "rail", (0, 0, 0.2), axis=(0, 1, 0), armature=2.0),
        joint("pan", "continuous", "rail", "shoulder", (0.1, 0, 0.3), armature=0.1),
        joint("lift", "revolute", "shoulder", "upper_arm", (0, 0.1, 0.1), (0.3, 0, 0), (0, -1, 0), 0.1),
        joint("elbow", "revolute", "upper_arm", "forearm", (0.4, 0, 0), (0, 0.2, -0.4), (0.6, 0, 0.8), 0.05),
        joint("roll", "revolute", "forearm", "wrist", (0.3, 0, 0.05), axis=(-1, 0, 0)),
        joint("pitch", "revolute", "wrist", "hand", (0.05, 0, 0), (1.0, -0.5, 2.0), (0.36, 0.48, -0.8)),
        joint("flange", "fixed", "hand", "tool0", (0.1, 0.02, 0), (0, 1.5, 0.3)),
    ]
    return {"name": "arm", "base": "fixed", "links": links, "joints": joints}


def biped():
    """A floating trunk on two legs, with fixed links that carry mass and skewed ankles."""
    rng = np.random.default_rng(2)
    links, joints = [link("trunk", rng, 20.0), link("battery", rng, 4.0)], []
    joints.append(joint("battery_mount", "fixed", "trunk", "battery", (-0.1, 0, 0.2), (0, 0.4, 0)))
    for side, sign in [("left", 1.0), ("right", -1.0)]:
        parent = "trunk"
        parts = [
            ("hip_yaw", (0, 0.1 * sign, -0.1), (0, 0, 1), 1.5), ("hip_roll", (0, 0, -0.05), (1, 0, 0), 1.5),
            ("hip_pitch", (0, 0, -0.05), (0, 1, 0), 6.0), ("knee", (0, 0, -0.4), (0, 1, 0), 3.0),
            ("ankle_pitch", (0, 0, -0.4), (0, 0.8, 0.6 * sign), 0.4), ("ankle_roll", (0, 0, -0.02), (1, 0, 0), 1.0),
        ]
        for name, xyz, axis, mass in parts:
            child = f"{side}_{name}_link"
            links.append(link(child, rng, mass))
            joints.append(joint(f"{side}_{name}", "revolute", parent, child, xyz, (0, 0, 0.1 * sign), axis, 0.03))
            parent = child
        links.append({"name": f"{side}_sole"})
        joints.append(joint(f"{side}_sole_mount", "fixed", parent, f"{side}_sole", (0.03, 0, -0.05)))
    return {"name": "biped", "base": "floating", "links": links, "joints": joints}


def gripper():
    """A floating hand whose two fingers and wrist cam follow one motor."""
    rng = np.random.default_rng(3)
    names = ["palm", "motor", "finger_a", "finger_b", "tip_a"]
    links = [link(n, rng, m) for n, m in zip(names, [1.0, 0.3, 0.1, 0.1, 0.05])]
    joints = [
        joint("drive", "continuous", "palm", "motor", (0, 0, 0.02), axis=(0, 0, 1), armature=0.002),
        joint("jaw_a", "prismatic", "palm", "finger_a", (0.03, 0, 0.1), (0, 0, 0.2), (1, 0, 0), 0.1,
              ("drive", 0.01, 0.005)),
        joint("curl_a", "revolute", "finger_a", "tip_a", (0, 0, 0.05), axis=(0, 0.6, 0.8),
              mimic=("jaw_b", -20.0, 0.1)),
        joint("jaw_b", "prismatic", "palm", "finger_b", (-0.03, 0, 0.1), axis=(-1, 0, 0),
              mimic=("drive", 0.012, 0.0)),
    ]
    return {"name": "gripper", "base": "floating", "links": links, "joints": joints}


def rover():
    """A raft on whose deck a cart moves in a plane; its arm carries a drone that floats free.

    Pinocchio wants the joints depth-first.
    """
    rng = np.random.default_rng(4)
    names = ["cart", "mast", "arm", "wheel", "drone", "rotor"]
    links = [link(n, rng, m) for n, m in zip(["raft", *names], [30.0, 8.0, 2.0, 1.0, 0.7, 1.5, 0.1])]
    joints = [
        joint("drive", "planar", "raft", "cart", (0.2, 0.1, 0.3), (0.3, -0.2, 0.5)),
        joint("lift", "prismatic", "cart", "mast", (0, 0, 0.1), axis=(0.6, 0, 0.8), armature=0.5),
        joint("turn", "revolute", "mast", "arm", (0.1, 0, 0.4), (0, 0.7, 0), (0, 0.6, 0.8), 0.1),
        joint("flight", "floating", "arm", "drone", (0.2, 0, 0.6), (1.0, 0.2, -2.0)),
        joint("spin", "continuous", "drone", "rotor", (0, 0, 0.05)),
        joint("roll", "revolute", "cart", "wheel", (0.2, -0.1, 0), axis=(0, 1, 0), mimic=("turn", -1.5, 0.2)),
    ]
    return {"name": "rover", "base": "floating", "links": links, "joints": joints}


def reference(robot):
    """The tree as a Pinocchio model, built joint by joint."""
    model = pin.Model()
    mimics, coordinates = {}, []
    inertias = {entry["name"]: entry for entry in robot["links"]}
    # Link -> (Pinocchio's joint that carries it, pose in that joint's frame).
    root = robot["links"][0]["name"]
    carrier = model.addJoint(0, pin.JointModelFreeFlyer(), pin.SE3.Identity(), "base") \
        if robot["base"] == "floating" else 0
    places = {root: (carrier, pin.SE3.Identity())}
    for entry in robot["joints"]:
        parent, pose = places[entry["parent"]]
        placement = pose * pin.SE3(np.array(entry["rotation"]).reshape(3, 3), np.array(entry["xyz"]))
        if entry["kind"] == "fixed":
            places[entry["child"]] = (parent, placement)
            continue
        kinds = {"planar": pin.JointModelPlanar, "floating": pin.JointModelFreeFlyer}
        if entry["kind"] in kinds:
            kind = kinds[entry["kind"]]()
        elif entry["kind"] == "prismatic":
            kind = pin.JointModelPrismaticUnaligned(np.array(entry["axis"]))
        else:
            kind = pin.JointModelRevoluteUnaligned(np.array(entry["axis"]))
        index = model.addJoint(parent, kind, placement, entry["name"])
        places[entry["child"]] = (index, pin.SE3.Identity())
        if "mimic" in entry:
            mimics[entry["name"]] = tuple(entry["mimic"].values())
        else:
            coordinates.append(entry["name"])
    for name, (index, pose) in places.items():
        entry = inertias[name]
        if "mass" in entry:
            xx, xy, xz, yy, yz, zz = entry["inertia"]
            matrix = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
            model.appendBodyToJoint(index, pin.Inertia(entry["mass"], np.array(entry["com"]), matrix), pose)
        model.addFrame(pin.Frame(name, index, 0, pose, pin.BODY))
    armature = np.zeros(model.nv)
    for entry in robot["joints"]:
        if entry["kind"] != "fixed":
            armature[model.joints[model.getJointId(entry["name"])].idx_v] = entry["armature"]
    model.armature = armature
    return Reference(model, coordinates, mimics)


def state(rng, answers, robot):
    count = answers.map.shape[1]
    base, q = None, rng.uniform(-2, 2, answers.position_count)
    for index, place in answers.place.items():
        if answers.model.joints[index].nq == 7 and place is not None:
            q[place + 3:place + 7] = rng.normal(size=4)
            q[place + 3:place + 7] /= np.linalg.norm(q[place + 3:place + 7])
    head = []
    if answers.floating:
        quaternion = rng.normal(size=4)
        quaternion /= np.linalg.norm(quaternion)
        base = (rng.uniform(-2, 2, 3), quaternion)
        head = [*base[0], *base[1]]
    v, a, tau = (rng.uniform(-bound, bound, count) for bound in (2, 10, 20))
    links = [entry["name"] for entry in robot["links"]]
    result = answers.evaluate(base, q, v, a, tau, links, [links[-1]])
    result["jacobian"] = result.pop("jacobian " + links[-1])
    wrenches = rng.uniform(-20, 20, (len(links), 6))
    result.update(answers.with_wrenches(base, q, v, a, tau, dict(zip(links, wrenches))))
    inputs = {"q": [*head, *q], "v": v, "a": a, "tau": tau, "wrenches": wrenches}
    return {key: np.asarray(value).tolist() for key, value in {**inputs, **result}.items()}


def main():
    FOLDER.mkdir(exist_ok=True)
    for robot in [arm(), biped(), gripper(), rover()]:
        if sys.argv[1:] and robot["name"] not in sys.argv[1:]:
            continue
        answers = reference(robot)
        rng = np.random.default_rng(sum(robot["name"].encode()))
        document = {
            "provenance": {
                "package": "pin", "version": pin.__version__, "date": datetime.date.today().isoformat(),
                "script": "Tests/Interop/golden_dynamics.py",
                "conventions": "angular first, quaternions w x y z, q and v as in Sources/RigidBody/Model.swift",
            },
            "robot": robot, "coordinates": answers.joints,
            "states": [state(rng, answers, robot) for _ in range(STATES)],
        }
        path = FOLDER / f"{robot['name']}.json"
        lines = json.dumps(document, indent=1).replace("\n     ", " ").replace("\n    ]", "]")
        path.write_text(lines + "\n")
        print(f"{path.name}: {len(answers.joints)} coordinates, {STATES} states, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
