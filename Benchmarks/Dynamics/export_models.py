"""Writes robots as plain text that both benchmarks read, so that both work on the very same tree.

    python3 Benchmarks/Dynamics/export_models.py FOLDER

A line a body, the base first (mass 0 when it is fixed to the world): index of the parent line (-1 for the base), kind
(F floating, W world, R revolute, P prismatic), axis, parentFromJoint rotation (row-major) and translation, mass, centre
of mass, inertia about it (xx xy yy xz yz zz). For each robot also NAME.xml, the same bodies as a model of MuJoCo, and
for one that floats NAME.fixed.tree, its base fixed to the world. Needs the PyPI packages pin and example-robot-data.
"""

import pathlib
import site
import sys

import numpy as np
import pinocchio as pin

AXES = {"X": (1, 0, 0), "Y": (0, 1, 0), "Z": (0, 0, 1)}


def robot_data():
    for root in [*site.getsitepackages(), sys.prefix]:
        path = pathlib.Path(root) / "cmeel.prefix/share/example-robot-data/robots"
        if path.is_dir():
            return path
    sys.exit("example-robot-data is not installed; run Scripts/setup test")


def robots():
    data, floating = robot_data(), pin.JointModelFreeFlyer()
    yield "g1", pin.buildModelFromUrdf(str(data / "g1_description/urdf/g1_29dof_rev_1_0.urdf"), floating)
    yield "talos", pin.buildModelFromUrdf(str(data / "talos_data/robots/talos_full_v2.urdf"), floating)
    yield "icub", pin.buildModelFromUrdf(str(data / "icub_description/robots/icub.urdf"), floating)
    panda = pin.buildModelFromUrdf(str(data / "panda_description/urdf/panda.urdf"))
    fingers = [panda.getJointId(name) for name in panda.names if "finger" in name]
    yield "panda", pin.buildReducedModel(panda, fingers, pin.neutral(panda))


def joint_kind(joint):
    """Kind and axis."""
    name = joint.shortname().replace("JointModel", "")
    if name == "FreeFlyer":
        return "F", (0, 0, 0)
    kind = "P" if name.startswith("P") else "R"
    if name[-1] in AXES:
        return kind, AXES[name[-1]]
    return kind, np.asarray(joint.extract().axis).flatten()


def numbers(values):
    return " ".join("%.17g" % value for value in np.asarray(values).flatten())


def line(parent, kind, axis, placement, inertia):
    i = inertia.inertia
    return " ".join([
        str(parent), kind, numbers(axis), numbers(placement.rotation), numbers(placement.translation),
        "%.17g" % inertia.mass, numbers(inertia.lever), numbers([i[0, 0], i[0, 1], i[1, 1], i[0, 2], i[1, 2], i[2, 2]])])


def mujoco_model(name, bodies):
    """The bodies as MJCF, without geometry and contacts; bodies are (parent, kind, axis, placement, inertia)."""
    def element(index):
        parent, kind, axis, placement, inertia = bodies[index]
        children = "".join(element(i) for i, body in enumerate(bodies) if body[0] == index)
        if kind == "W":
            return children
        w = pin.Quaternion(placement.rotation)
        text = f'<body pos="{numbers(placement.translation)}" quat="{numbers([w.w, w.x, w.y, w.z])}">'
        if inertia.mass > 0:
            i = inertia.inertia
            tensor = [i[0, 0], i[1, 1], i[2, 2], i[0, 1], i[0, 2], i[1, 2]]
            text += (f'<inertial pos="{numbers(inertia.lever)}" mass="{inertia.mass:.17g}" '
                     f'fullinertia="{numbers(tensor)}"/>')
        if kind == "F":
            text += "<freejoint/>"
        else:
            text += f'<joint type="{"slide" if kind == "P" else "hinge"}" axis="{numbers(axis)}"/>'
        return text + children + "</body>\n"
    return (f'<mujoco model="{name}"><compiler angle="radian" balanceinertia="false"/>'
            '<option gravity="0 0 -9.81"><flag contact="disable"/></option>'
            f"<worldbody>{element(0)}</worldbody></mujoco>\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in robots():
        bodies = []
        floating = model.joints[1].shortname() == "JointModelFreeFlyer"
        if not floating:
            bodies.append((-1, "W", (0, 0, 0), pin.SE3.Identity(), pin.Inertia.Zero()))
        for index in range(1, model.njoints):
            kind, axis = joint_kind(model.joints[index])
            parent = model.parents[index] - 1 if floating else model.parents[index]
            bodies.append(
                (parent if bodies else -1, kind, axis, model.jointPlacements[index], model.inertias[index]))
        (folder / f"{name}.tree").write_text("\n".join(line(*body) for body in bodies) + "\n")
        (folder / f"{name}.xml").write_text(mujoco_model(name, bodies))
        if floating:
            fixed = [(-1, "W", *bodies[0][2:]), *bodies[1:]]
            (folder / f"{name}.fixed.tree").write_text("\n".join(line(*body) for body in fixed) + "\n")


if __name__ == "__main__":
    main()
