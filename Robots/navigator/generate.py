#!/usr/bin/env python3
"""Writes navigator.urdf: a humanoid with 34 driven joints, 1.65 m tall, of 60 kg.

    python3 Robots/navigator/generate.py            writes navigator.urdf beside this file
    python3 Robots/navigator/generate.py --check    exit 1 when the committed file is not what this writes

Size and mass are those published for Navigator 2.0. Nothing else of the maker's is known here, so this is not
the maker's model:

- Joint names, limits and speeds of the upper body: the printed limits of NAVIAI's WA2-LS, a robot of the same
  family, from its public developer notes (JOINTS below).
- Legs: ranges, speeds and order of the axes are this file's own choice.
- Where joints sit: segment lengths as parts of the body height after Drillis and Contini, as printed in D. A.
  Winter, Biomechanics and Motor Control of Human Movement, 4th ed. 2009, figure 4.1 (HEIGHT_PARTS below).
- Masses, centres of mass, radii of gyration: P. de Leva, Adjustments to Zatsiorsky-Seluyanov's segment inertia
  parameters, J. Biomechanics 29 (1996) 1223-1230, table 4, males (SEGMENTS below), scaled to 60 kg and 1.65 m.
- Torques: what the drives of robot.yaml give.

The numbers of both tables were entered from memory of these publications and not checked against the print; that they
sum to the whole body, and give a body of the right height, is all that was checked. Compare them before relying on them.

Where one segment of the table is several links (a shoulder is three joints), the links share the segment's
mass: small spheres at the joint, the rest where the table has it, or two halves that together have the
segment's centre of mass and inertia.

Axes: x forward, y left, z up, every joint zero with arms and legs hanging straight. Only the standard library
is needed.
"""
import pathlib
import sys

HEIGHT = 1.65  # m, Navigator 2.0
MASS = 60.0  # kg, Navigator 2.0
DE_LEVA_HEIGHT = 1.741  # m, mean stature of de Leva's males

# Winter 2009 figure 4.1: heights above the ground and lengths, as parts of the body height.
HEIGHT_PARTS = {
    "ankle": 0.039, "knee": 0.285, "hip": 0.530, "shoulder": 0.818, "chin": 0.870,
    "half shoulder breadth": 0.129, "upper arm": 0.186, "forearm": 0.146, "hand": 0.108, "foot": 0.152,
}

# de Leva 1996 table 4, males: part of the body mass; centre of mass as a part of the segment's length from its
# proximal (or upper) end; radii of gyration about the centre of mass, parts of the length, about the sagittal
# (x), transverse (y) and longitudinal (z) axes; for the trunk and the head the mean length [m].
SEGMENTS = {
    "head": (0.0694, 0.5002, (0.303, 0.315, 0.261), 0.2429),  # vertex to cervicale
    "upper trunk": (0.1596, 0.2999, (0.716, 0.454, 0.659), 0.1707),  # suprasternale to xiphion
    "middle trunk": (0.1633, 0.4502, (0.482, 0.383, 0.468), 0.2155),  # xiphion to omphalion
    "lower trunk": (0.1117, 0.6115, (0.615, 0.551, 0.587), 0.1457),  # omphalion to mid hip
    "upper arm": (0.0271, 0.5772, (0.285, 0.269, 0.158), None),
    "forearm": (0.0162, 0.4574, (0.276, 0.265, 0.121), None),
    "hand": (0.0061, 0.3624, (0.288, 0.235, 0.184), None),  # wrist to third fingertip
    "thigh": (0.1416, 0.4095, (0.329, 0.329, 0.149), None),
    "shank": (0.0433, 0.4395, (0.251, 0.246, 0.102), None),
    "foot": (0.0137, 0.4415, (0.257, 0.245, 0.124), None),  # heel to toe; its long axis is x
}

# Hip joints this far from the middle [part of the height], the sternum's joints of the shoulder girdle [m],
# the ankle ahead of the heel [part of the foot]: this file's own choice.
HALF_HIP_BREADTH = 0.052
GIRDLE = 0.04
ANKLE_AHEAD = 0.25


def part(name):
    return HEIGHT_PARTS[name] * HEIGHT


def trunk_length(name):
    return SEGMENTS[name][3] * HEIGHT / DE_LEVA_HEIGHT


THIGH, SHANK = part("hip") - part("knee"), part("knee") - part("ankle")
LOWER, MIDDLE, UPPER = (trunk_length(name) for name in ("lower trunk", "middle trunk", "upper trunk"))
SHOULDER = part("shoulder") - part("hip")  # of the shoulder above the hips
FOOT = part("foot")


class Links(dict):
    """Links by name: mass [kg], centre of mass [m, link frame], moments about it [kg.m^2, link axes]."""

    def add(self, name, mass, com, moments, shape):
        self[name] = dict(mass=mass, com=com, moments=moments, shape=shape)

    def segment(self, segment, length, com, links, axes=(0, 1, 2), shape=None):
        """Splits a segment of the table over links.

        `com`: its centre of mass in the frame of the last link, which gets what the others leave. `links`: for
        each small part (name, share of the mass, radius [m]), a sphere at its joint; then the last link's name.
        `axes`: which of the table's radii belong to x, y and z.
        """
        mass = SEGMENTS[segment][0] * MASS
        radii = [SEGMENTS[segment][2][axis] * length for axis in axes]
        total = [mass * radius * radius for radius in radii]
        *small, main = links
        for name, share, radius in small:
            m = share * mass
            self.add(name, m, (0.0, 0.0, 0.0), (0.4 * m * radius**2,) * 3, ("sphere", radius))
        rest = 1.0 - sum(share for _, share, _ in small)
        self.add(main, rest * mass, com, tuple(rest * value for value in total), shape)

    def halves(self, segment, length, upper, lower, reach, shapes):
        """Splits a segment into two halves along z, their centres `reach` [m] on either side of its own."""
        mass = SEGMENTS[segment][0] * MASS
        x, y, z = (mass * (radius * length) ** 2 for radius in SEGMENTS[segment][2])
        moved = mass * reach**2
        moments = ((x - moved) / 2, (y - moved) / 2, z / 2)
        self.add(upper[0], mass / 2, (0.0, 0.0, upper[1]), moments, shapes[0])
        self.add(lower[0], mass / 2, (0.0, 0.0, lower[1]), moments, shapes[1])


def links():
    made = Links()
    # Trunk and head, from the hips up. The pelvis is the root; its frame is midway between the hips.
    made.segment("lower trunk", LOWER, (0, 0, (1 - SEGMENTS["lower trunk"][1]) * LOWER), ["pelvis"],
                 shape=("box", (0.18, 0.28, LOWER), (0, 0, LOWER / 2)))
    centre, reach = (1 - SEGMENTS["middle trunk"][1]) * MIDDLE, 0.2 * MIDDLE
    made.halves("middle trunk", MIDDLE, ("torso_middle", centre + reach - MIDDLE / 2),
                ("torso_lower", centre - reach), reach,
                [("box", (0.18, 0.24, MIDDLE / 2), (0, 0, MIDDLE / 4))] * 2)
    # The motor of Waist_Y rides on Waist_Z: a part of the half above it.
    middle = made["torso_middle"]
    yaw = 1.4
    middle["moments"] = tuple(value * (1 - yaw / middle["mass"]) for value in middle["moments"])
    middle["mass"] -= yaw
    made.add("waist_yaw", yaw, (0.0, 0.0, 0.0), (0.4 * yaw * 0.05**2,) * 3, ("sphere", 0.05))
    made.segment("upper trunk", UPPER, (0, 0, (1 - SEGMENTS["upper trunk"][1]) * UPPER),
                 [("clavicle_L", 0.1, 0.05), ("clavicle_R", 0.1, 0.05), "chest"],
                 shape=("box", (0.20, 0.30, UPPER), (0, 0, UPPER / 2)))
    breadth = part("half shoulder breadth") - GIRDLE
    for side, sign in (("L", 1), ("R", -1)):  # the girdle's motor sits halfway to the shoulder
        made[f"clavicle_{side}"]["com"] = (0.0, sign * breadth / 2, 0.0)
    vertex = HEIGHT - part("chin")
    made.segment("head", trunk_length("head"), (0, 0, vertex - SEGMENTS["head"][1] * trunk_length("head")),
                 [("neck", 0.15, 0.04), "head"], shape=("box", (0.19, 0.15, vertex), (0, 0, vertex / 2)))
    # Limbs; every link's frame is at the joint that carries it, its segment hangs along -z.
    for side in "LR":
        arm, forearm, hand = part("upper arm"), part("forearm"), part("hand")
        made.segment("upper arm", arm, (0, 0, -SEGMENTS["upper arm"][1] * arm),
                     [(f"shoulder_pitch_{side}", 0.2, 0.045), (f"shoulder_roll_{side}", 0.2, 0.045),
                      f"upper_arm_{side}"], shape=("cylinder", 0.04, arm))
        centre, reach = SEGMENTS["forearm"][1] * forearm, 0.2 * forearm
        made.halves("forearm", forearm, (f"forearm_upper_{side}", reach - centre),
                    (f"forearm_lower_{side}", forearm / 2 - centre - reach), reach,
                    [("cylinder", 0.035, forearm / 2)] * 2)
        made.segment("hand", hand, (0, 0, -SEGMENTS["hand"][1] * hand),
                     [(f"wrist_{side}", 0.25, 0.025), f"hand_{side}"], shape=("cylinder", 0.03, hand))
        made.segment("thigh", THIGH, (0, 0, -SEGMENTS["thigh"][1] * THIGH),
                     [(f"hip_yaw_{side}", 0.15, 0.055), (f"hip_roll_{side}", 0.15, 0.055), f"thigh_{side}"],
                     shape=("cylinder", 0.06, THIGH))
        made.segment("shank", SHANK, (0, 0, -SEGMENTS["shank"][1] * SHANK), [f"shank_{side}"],
                     shape=("cylinder", 0.05, SHANK))
        ahead, sole = (SEGMENTS["foot"][1] - ANKLE_AHEAD) * FOOT, part("ankle")
        made.segment("foot", FOOT, (ahead, 0, -sole / 2), [(f"ankle_{side}", 0.25, 0.035), f"foot_{side}"],
                     axes=(2, 1, 0),
                     shape=("box", (FOOT, 0.09, sole), ((0.5 - ANKLE_AHEAD) * FOOT, 0, -sole / 2)))
    # Whole milligrams; the pelvis takes what rounding leaves: the sum is the body's mass exactly.
    for link in made.values():
        link["mass"] = round(link["mass"], 6)
    made["pelvis"]["mass"] = round(MASS - sum(made[name]["mass"] for name in made if name != "pelvis"), 6)
    return made


# Joint, parent, child, lower [rad], upper [rad], speed [rad/s], torque [N.m]. Upper body: position limits and
# speeds as printed for WA2-LS. Torques: peak of the joint's drive in robot.yaml, behind its belt if it has one.
# The letter in a name is the axis: X forward, Y left, Z up; Elbow and Knee turn about Y.
JOINTS = [
    ("Pitch_Y_B", "pelvis", "torso_lower", -0.9948, 0.9948, 2.5, 240.0),
    ("Pitch_Y_M", "torso_lower", "torso_middle", -2.3911, 2.3911, 2.5, 240.0),
    ("Waist_Z", "torso_middle", "waist_yaw", -2.042, 3.0892, 2.5, 60.0),
    ("Waist_Y", "waist_yaw", "chest", -0.9076, 0.9076, 2.5, 120.0),
    ("Neck_Z", "chest", "neck", -0.733, 0.733, 5.0, 14.0),
    ("Neck_Y", "neck", "head", -0.1693, 0.6065, 5.0, 14.0),
    ("Chest_Z_L", "chest", "clavicle_L", -0.9984, 0.3438, 5.0, 40.0),
    ("Shoulder_Y_L", "clavicle_L", "shoulder_pitch_L", -3.2638, 1.1694, 5.0, 40.0),
    ("Shoulder_X_L", "shoulder_pitch_L", "shoulder_roll_L", -0.3526, 2.7402, 5.0, 40.0),
    ("Shoulder_Z_L", "shoulder_roll_L", "upper_arm_L", -2.8885, 2.8885, 5.0, 27.0),
    ("Elbow_L", "upper_arm_L", "forearm_upper_L", -2.042, 0.082, 5.0, 27.0),
    ("Wrist_Z_L", "forearm_upper_L", "forearm_lower_L", -2.9147, 2.9147, 5.0, 7.0),
    ("Wrist_Y_L", "forearm_lower_L", "wrist_L", -1.5184, 1.2566, 5.0, 7.0),
    ("Wrist_X_L", "wrist_L", "hand_L", -1.5184, 1.5184, 5.0, 7.0),
    ("Chest_Z_R", "chest", "clavicle_R", -0.3438, 0.9948, 5.0, 40.0),
    ("Shoulder_Y_R", "clavicle_R", "shoulder_pitch_R", -3.2638, 1.1694, 5.0, 40.0),
    ("Shoulder_X_R", "shoulder_pitch_R", "shoulder_roll_R", -2.7402, 0.3526, 5.0, 40.0),
    ("Shoulder_Z_R", "shoulder_roll_R", "upper_arm_R", -2.8885, 2.8885, 5.0, 27.0),
    ("Elbow_R", "upper_arm_R", "forearm_upper_R", -2.042, 0.082, 5.0, 27.0),
    ("Wrist_Z_R", "forearm_upper_R", "forearm_lower_R", -2.9147, 2.9147, 5.0, 7.0),
    ("Wrist_Y_R", "forearm_lower_R", "wrist_R", -1.5184, 1.2566, 5.0, 7.0),
    ("Wrist_X_R", "wrist_R", "hand_R", -1.5184, 1.5184, 5.0, 7.0),
    # Legs: not published; ranges in the order of a person's, own choice.
    ("Hip_Z_L", "pelvis", "hip_yaw_L", -0.6, 0.9, 8.0, 60.0),
    ("Hip_X_L", "hip_yaw_L", "hip_roll_L", -0.4, 0.9, 8.0, 120.0),
    ("Hip_Y_L", "hip_roll_L", "thigh_L", -2.2, 0.6, 8.0, 120.0),
    ("Knee_L", "thigh_L", "shank_L", -0.05, 2.4, 8.0, 120.0),
    ("Ankle_Y_L", "shank_L", "ankle_L", -0.9, 0.7, 10.0, 60.0),
    ("Ankle_X_L", "ankle_L", "foot_L", -0.4, 0.4, 10.0, 17.0),
    ("Hip_Z_R", "pelvis", "hip_yaw_R", -0.9, 0.6, 8.0, 60.0),
    ("Hip_X_R", "hip_yaw_R", "hip_roll_R", -0.9, 0.4, 8.0, 120.0),
    ("Hip_Y_R", "hip_roll_R", "thigh_R", -2.2, 0.6, 8.0, 120.0),
    ("Knee_R", "thigh_R", "shank_R", -0.05, 2.4, 8.0, 120.0),
    ("Ankle_Y_R", "shank_R", "ankle_R", -0.9, 0.7, 10.0, 60.0),
    ("Ankle_X_R", "ankle_R", "foot_R", -0.4, 0.4, 10.0, 17.0),
]


def origins():
    """Where each joint stands in its parent's frame [m]."""
    breadth = part("half shoulder breadth")
    chest = LOWER + MIDDLE  # of the chest's frame above the hips
    places = {
        "Pitch_Y_B": (0, 0, LOWER), "Pitch_Y_M": (0, 0, MIDDLE / 2), "Waist_Z": (0, 0, MIDDLE / 2),
        "Waist_Y": (0, 0, 0), "Neck_Z": (0, 0, UPPER), "Neck_Y": (0, 0, part("chin") - part("hip") - chest - UPPER),
    }
    for side, sign in (("L", 1), ("R", -1)):
        places |= {
            f"Chest_Z_{side}": (0, sign * GIRDLE, SHOULDER - chest),
            f"Shoulder_Y_{side}": (0, sign * (breadth - GIRDLE), 0),
            f"Elbow_{side}": (0, 0, -part("upper arm")),
            f"Wrist_Z_{side}": (0, 0, -part("forearm") / 2),
            f"Wrist_Y_{side}": (0, 0, -part("forearm") / 2),
            f"Hip_Z_{side}": (0, sign * HALF_HIP_BREADTH * HEIGHT, 0),
            f"Knee_{side}": (0, 0, -THIGH), f"Ankle_Y_{side}": (0, 0, -SHANK),
        }
    return places


def axis(joint):
    for letter, vector in (("_X", "1 0 0"), ("_Y", "0 1 0"), ("_Z", "0 0 1")):
        if letter in joint:
            return vector
    return "0 1 0"


def numbers(values):
    return " ".join(f"{value + 0.0:.6g}" for value in values)


def visual(shape):
    kind, size = shape[0], shape[1]
    if kind == "sphere":
        return numbers((0, 0, 0)), f'<sphere radius="{size:g}"/>'
    if kind == "cylinder":
        return numbers((0, 0, -shape[2] / 2)), f'<cylinder radius="{size:g}" length="{shape[2]:.6g}"/>'
    return numbers(shape[2]), f'<box size="{numbers(size)}"/>'


def urdf():
    lines = [
        '<?xml version="1.0"?>',
        "<!-- Written by generate.py beside this file; edit that. A humanoid of the size and mass published for",
        "     Navigator 2.0 (1.65 m, 60 kg) with the joint limits printed for WA2-LS above the waist. Lengths",
        "     after Winter 2009, masses and inertias after de Leva 1996: not the maker's data,",
        "     and figures entered from memory, not checked against the print. -->",
        '<robot name="navigator">',
    ]
    for name, link in links().items():
        place, geometry = visual(link["shape"])
        ixx, iyy, izz = link["moments"]
        lines += [
            f'  <link name="{name}">',
            f'    <inertial><origin xyz="{numbers(link["com"])}"/><mass value="{link["mass"]:.6f}"/>',
            f'      <inertia ixx="{ixx:.8g}" ixy="0" ixz="0" iyy="{iyy:.8g}" iyz="0" izz="{izz:.8g}"/></inertial>',
            f'    <visual><origin xyz="{place}"/><geometry>{geometry}</geometry></visual>',
            "  </link>",
        ]
    places = origins()
    for name, parent, child, lower, upper, velocity, effort in JOINTS:
        lines += [
            f'  <joint name="{name}" type="revolute">',
            f'    <origin xyz="{numbers(places.get(name, (0, 0, 0)))}"/><axis xyz="{axis(name)}"/>',
            f'    <parent link="{parent}"/><child link="{child}"/>',
            f'    <limit lower="{lower:g}" upper="{upper:g}" velocity="{velocity:g}" effort="{effort:g}"/>',
            "  </joint>",
        ]
    return "\n".join(lines + ["</robot>", ""])


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("navigator.urdf")
    if "--check" in sys.argv[1:]:
        sys.exit(0 if path.read_text() == urdf() else f"{path} is not what generate.py writes")
    path.write_text(urdf())
