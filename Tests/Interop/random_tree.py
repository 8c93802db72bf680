"""Random URDF trees with every kind of joint, for comparisons."""

import numpy as np


def numbers(values):
    return " ".join("%.17g" % value for value in values)


def inertial(rng):
    """A cuboid anywhere: any such moments satisfy the triangle inequality."""
    mass = rng.uniform(0.3, 4)
    sides = rng.uniform(0.01, 0.1, 3) * mass
    basis, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    i = basis @ np.diag([sides[1] + sides[2], sides[0] + sides[2], sides[0] + sides[1]]) @ basis.T
    return (
        f'<inertial><origin xyz="{numbers(rng.uniform(-0.2, 0.2, 3))}"/><mass value="{mass:.17g}"/>'
        f'<inertia ixx="{i[0, 0]:.17g}" ixy="{i[0, 1]:.17g}" ixz="{i[0, 2]:.17g}" iyy="{i[1, 1]:.17g}" '
        f'iyz="{i[1, 2]:.17g}" izz="{i[2, 2]:.17g}"/></inertial>')


def write_urdf(path, seed, joints=16, mimics=0):
    """A tree of `joints` moving joints with fixed ones between; `mimics` of them follow.

    A third of them slide, joints 7 and 12 are planar, 9 and 14 float. A planar joint moves across z: Pinocchio reads no
    other axis; the origins are turned at random all the same.
    """
    rng = np.random.default_rng(1000 + seed)
    lines = [f'<robot name="random{seed}">', f'<link name="link0">{inertial(rng)}</link>']
    for n in range(1, joints + 1):
        kind = ["revolute", "continuous", "prismatic"][(n + seed) % 3]
        axis = rng.normal(size=3) if rng.random() < 0.5 else np.eye(3)[rng.integers(3)] * rng.choice([-1, 1])
        # A mimic joint follows one before it that follows none.
        follows = n in range(4, 4 + 2 * mimics, 2)
        mimic = f'<mimic joint="joint{n - 1}" multiplier="{rng.uniform(-2, 2):.17g}" offset="0.1"/>' if follows else ""
        if follows:
            kind = "prismatic" if n % 4 else "revolute"
        if n in (7, 9, 12, 14):
            kind = "planar" if n in (7, 12) else "floating"
            axis = np.array([0.0, 0.0, 1.0])
        origin = f'<origin xyz="{numbers(rng.uniform(-0.4, 0.4, 3))}" rpy="{numbers(rng.uniform(-3, 3, 3))}"/>'
        lines += [
            f'<link name="link{n}">{inertial(rng)}</link>', f'<link name="tool{n}">{inertial(rng)}</link>',
            f'<joint name="joint{n}" type="{kind}"><parent link="link{rng.integers(max(0, n - 4), n)}"/>'
            f'<child link="link{n}"/>{origin}<axis xyz="{numbers(axis / np.linalg.norm(axis))}"/>{mimic}'
            '<limit lower="-3" upper="3" velocity="9" effort="99"/></joint>',
            f'<joint name="fixed{n}" type="fixed"><parent link="link{n}"/><child link="tool{n}"/>'
            f'<origin xyz="{numbers(rng.uniform(-0.1, 0.1, 3))}" rpy="{numbers(rng.uniform(-3, 3, 3))}"/></joint>']
    path.write_text("\n".join([*lines, "</robot>", ""]))
