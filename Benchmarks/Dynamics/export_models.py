"""Writes robots as plain text that both benchmarks read, so that both work on the very same tree.

    python3 Benchmarks/Dynamics/export_models.py FOLDER

A line a body, the base first (mass 0 when it is fixed to the world): index of the parent line (-1 for the base), kind
(F floating, W world, R revolute, P prismatic), axis, parentFromJoint rotation (row-major) and translation, mass, centre
of mass, inertia about it (xx xy yy xz yz zz). Needs the PyPI packages pin and example-robot-data.
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


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in robots():
        lines = []
        floating = model.joints[1].shortname() == "JointModelFreeFlyer"
        if not floating:
            lines.append(line(-1, "W", (0, 0, 0), pin.SE3.Identity(), pin.Inertia.Zero()))
        for index in range(1, model.njoints):
            kind, axis = joint_kind(model.joints[index])
            parent = model.parents[index] - 1 if floating else model.parents[index]
            lines.append(line(parent if lines else -1, kind, axis, model.jointPlacements[index], model.inertias[index]))
        (folder / f"{name}.tree").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
