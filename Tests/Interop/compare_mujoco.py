#!/usr/bin/env python3
"""The plant of the simulator beside MuJoCo: the navigator let go for 2 s, same inertias, armatures, damping and motors.

    python3 Tests/Interop/compare_mujoco.py

MuJoCo reads the same URDF by itself; armature, damping and dry friction come from `sinew model roll`, which says what it
integrates. Both steps are halved and halved again. Beside the exact motion (MuJoCo's fourth-order integrator) each first-order
one has to be as wrong as halving its step says (Richardson), and both have to go to one limit. There is no contact, no joint
reaches a stop. Damping is twenty times the navigator's: with less, a falling trunk's wrists are chaotic and nothing converges.
"""
import json
import math
import pathlib
import random
import re
import tempfile

import mujoco
import numpy

from report import Report, run

ROBOT = pathlib.Path("Robots/navigator")
DAMPING = 20
DURATION, SAMPLE = 2.0, 0.1
#: Steps of both sides, each half of the one before [s].
STEPS = [1e-3, 5e-4, 2.5e-4, 1.25e-4, 6.25e-5]
#: Step of MuJoCo's fourth-order integrator, what both are compared with [s].
EXACT = 6.25e-5
#: Bandwidth of the current loop of an actuator without a profile [Hz].
CURRENT_BANDWIDTH = 1000
#: Most that the limits of both sides may differ by [rad].
LIMIT = 5e-7
#: Most that they may be from the fourth-order motion, which takes a motor's rise of 0.16 ms in steps of EXACT [rad].
EXACT_LIMIT = 3e-6
#: With dry friction, which is a soft constraint in MuJoCo and a stiff bristle here, most that any joint may be apart [rad].
DRY_LIMIT = 2e-2
REACH = 6.2


def robot(folder, is_dry):
    """The navigator with turning ends instead of limits, no load losses, more damping; dry friction or none."""
    text = (ROBOT / "robot.yaml").read_text()
    text = re.sub(r"efficiency: [0-9.]+", "efficiency: 1", text)
    text = re.sub(r"viscous_friction: ([0-9.]+)", lambda m: f"viscous_friction: {DAMPING * float(m[1]):.6g}", text)
    if not is_dry:
        text = re.sub(r"coulomb_friction: [0-9.e-]+", "coulomb_friction: 0", text)
    urdf = (ROBOT / "navigator.urdf").read_text().replace('type="revolute"', 'type="continuous"')
    folder.mkdir()
    (folder / "robot.yaml").write_text(text)
    (folder / "navigator.urdf").write_text(urdf)
    return folder, urdf


def starts(joints):
    """States to let go from: the homes at rest; anywhere near and moving; that with motors that pull."""
    numbers = random.Random("mujoco")
    home = {name: joint["home_rad"] for name, joint in joints.items()}
    near = {name: value + numbers.uniform(-0.4, 0.4) for name, value in home.items()}
    speed = {name: numbers.uniform(-1, 1) for name in joints}
    torque = {name: numbers.uniform(-1.5, 1.5) * joint["viscous_nms_rad"] for name, joint in joints.items()}
    return [{"q": home, "v": {}, "tau": {}}, {"q": near, "v": speed, "tau": {}}, {"q": near, "v": speed, "tau": torque}]


def turned(quaternion):
    """The rotation of a quaternion w x y z."""
    matrix = numpy.zeros(9)
    mujoco.mju_quat2Mat(matrix, numpy.array(quaternion, dtype=float))
    return matrix


def placed(poses):
    """A base's position and rotation, number by number, each over all samples; nothing for a base that is held."""
    return [list(row) for row in numpy.array([[*pose[:3], *turned(pose[3:])] for pose in poses]).T] if poses else []


class Ours:
    """`sinew model roll` on one robot, from the same states for every step."""

    def __init__(self, robot, states=None, is_free=False):
        self.robot = str(robot)
        self.is_free = is_free
        self.states = None
        if states is not None:
            self.states = pathlib.Path(self.robot) / "states.json"
            self.states.write_text(json.dumps({"states": states}))

    def roll(self, step):
        """Positions by state, joint and sample; and what is integrated."""
        more = ["--states", str(self.states)] if self.states else []
        more += ["--free"] if self.is_free else []
        code, out, problems = run("model", "roll", self.robot, "--for", repr(DURATION), "--step", repr(step), "--every",
                                  repr(SAMPLE), "--json", *more)
        if code != 0:
            raise SystemExit(f"not ok sinew model roll ends with {code}: {problems[:500]}")
        answer = json.loads(out)
        courses = [list(roll["positions_rad"].values()) + placed(roll.get("base", [])) for roll in answer["rolls"]]
        return numpy.array(courses), answer["joints"]


def rise(data, torques):
    """Torques of motors that are switched on at instant 0, behind their current loops."""
    data.qfrc_applied[:] = -math.expm1(-2 * math.pi * CURRENT_BANDWIDTH * data.time) * torques


class Theirs:
    """MuJoCo on the same URDF."""

    def __init__(self, urdf, joints, is_dry, is_free=False):
        compiler = '<mujoco><compiler fusestatic="false" balanceinertia="false"/></mujoco>'
        spec = mujoco.MjSpec.from_string(re.sub(r"(<robot name=[^>]*>)", r"\1" + compiler, urdf))
        if is_free:
            spec.worldbody.first_body().add_freejoint()
        self.model = model = spec.compile()
        self.is_free = is_free
        model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
        self.joints = joints
        self.dofs = [model.joint(name).dofadr[0] for name in joints]
        self.positions = [model.joint(name).qposadr[0] for name in joints]
        for dof, joint in zip(self.dofs, joints.values()):
            model.dof_armature[dof] = joint["armature_kg_m2"]
            model.dof_damping[dof] = joint["viscous_nms_rad"]
            model.dof_frictionloss[dof] = joint["coulomb_nm"] if is_dry else 0
            # As hard as steps of EXACT bear, so that what sticks creeps little.
            model.dof_solref[dof] = [4 * EXACT, 1]
            model.dof_solimp[dof] = [0.99, 0.999, 1e-3, 0.5, 2]

    def roll(self, states, step, integrator):
        """Positions by state, joint and sample."""
        self.model.opt.timestep, self.model.opt.integrator = step, integrator
        courses = []
        for state in states:
            data = mujoco.MjData(self.model)
            torques = numpy.zeros(self.model.nv)
            for name, place, dof in zip(self.joints, self.positions, self.dofs):
                data.qpos[place], data.qvel[dof] = state["q"][name], state["v"].get(name, 0)
                torques[dof] = state["tau"].get(name, 0)
            if self.is_free:
                self.throw(data, state)
            course, poses = [data.qpos[self.positions].copy()], [data.qpos[:7].copy()]
            try:
                if torques.any():
                    mujoco.set_mjcb_control(lambda model, data, torques=torques: rise(data, torques))
                for _ in range(round(DURATION / SAMPLE)):
                    mujoco.mj_step(self.model, data, round(SAMPLE / step))
                    course.append(data.qpos[self.positions].copy())
                    poses.append(data.qpos[:7].copy())
            finally:
                mujoco.set_mjcb_control(None)
            courses.append(list(numpy.array(course).T) + (placed(poses) if self.is_free else []))
        return numpy.array(courses)

    @staticmethod
    def throw(data, state):
        """Pose and motion of the base; MuJoCo counts the linear velocity along the world's axes."""
        data.qpos[:3], data.qpos[3:7] = state["base"]["position"], state["base"]["quaternion"]
        turn = turned(state["base"]["quaternion"]).reshape(3, 3)
        data.qvel[:3] = turn @ numpy.array(state["base_velocity"]["linear"])
        data.qvel[3:6] = state["base_velocity"]["angular"]


def apart(a, b):
    """The largest difference of any state, joint and sample."""
    return float(abs(a - b).max())


def limit(courses):
    """What courses of steps that halve go to: the first three terms of their error taken out."""
    for factor in (2, 4, 8):
        courses = [(factor * fine - coarse) / (factor - 1) for coarse, fine in zip(courses, courses[1:])]
    return courses[-1]


def converges(report, what, courses, exact):
    """Checks that the error of each step is what halving it says, and prints the observed order."""
    print(f"{what}: step us, error [rad, m], error that halving says, order")
    errors = [apart(course, exact) for course in courses]
    for index, (step, error) in enumerate(zip(STEPS, errors)):
        said = 2 * apart(courses[index], courses[index + 1]) if index + 1 < len(courses) else math.nan
        order = math.log2(errors[index - 1] / error) if index else math.nan
        print(f"  {step * 1e6:8.2f} {error:.3e} {said:.3e} {order:.3f}")
        if index + 1 < len(courses):
            report.check(f"{what}: steps of {step * 1e6:g} us are wrong by {error:.2e}, at most a tenth more than halving"
                         " them says", error <= 1.1 * said, f"{said:.3e}")
    order = math.log2(errors[-2] / errors[-1])
    report.check(f"{what}: the observed order is {order:.3f}", abs(order - 1) < 0.05)


def agree(report, what, ours, theirs, states):
    """Checks that both converge to one motion; what ours goes to."""
    exact = theirs.roll(states, EXACT, mujoco.mjtIntegrator.mjINT_RK4)
    reach = abs(exact[:, :len(theirs.joints)]).max()
    report.check(f"{what}: {len(states)} motions of {len(theirs.joints)} joints, up to {reach:.2f} rad: no joint at a stop",
                 reach < REACH and len(theirs.joints) == 34)
    here = [ours.roll(step)[0] for step in STEPS]
    there = [theirs.roll(states, step, mujoco.mjtIntegrator.mjINT_EULER) for step in STEPS]
    for name, courses in ((f"{what}, plant", here), (f"{what}, MuJoCo's Euler", there)):
        converges(report, name, courses, exact)
        gap = apart(limit(courses), exact)
        report.check(f"{name}: its limit is {gap:.1e} from the exact motion", gap <= EXACT_LIMIT)
    gap = apart(limit(here), limit(there))
    report.check(f"{what}: both limits are {gap:.1e} apart", gap <= LIMIT)
    return limit(here)


def smooth(report, folder):
    """Everything but dry friction: the same equations on both sides."""
    place, urdf = robot(folder / "smooth", is_dry=False)
    joints = Ours(place).roll(STEPS[0])[1]
    states = starts(joints)
    here = agree(report, "base held", Ours(place, states), Theirs(urdf, joints, is_dry=False), states)
    # What must not pass: a tenth of a percent more armature on one joint, or one joint's damping left out.
    name = list(joints)[0]
    for key, factor in (("armature_kg_m2", 1.001), ("viscous_nms_rad", 0)):
        wrong = {**joints, name: {**joints[name], key: factor * joints[name][key]}}
        other = Theirs(urdf, wrong, is_dry=False).roll(states[:1], 2 * EXACT, mujoco.mjtIntegrator.mjINT_RK4)
        gap = apart(here[:1], other)
        report.check(f"with {factor} of the {key} of {name} it is seen: {gap:.1e} rad", gap > 10 * EXACT_LIMIT)
    # Thrown into the air, turning, limbs moving; without a ground.
    thrown = {**states[1], "base": {"position": [0, 0, 1], "quaternion": [0.8, 0, 0.6, 0]},
              "base_velocity": {"angular": [0.5, 1, -0.7], "linear": [0.3, -0.2, 2]}}
    agree(report, "base thrown", Ours(place, [thrown], is_free=True),
          Theirs(urdf, joints, is_dry=False, is_free=True), [thrown])


def dry(report, folder):
    """With dry friction the models differ: a bound, and that friction does matter."""
    place, urdf = robot(folder / "dry", is_dry=True)
    joints = Ours(place).roll(STEPS[0])[1]
    states = starts(joints)
    here = Ours(place, states).roll(STEPS[-1])[0]
    there = Theirs(urdf, joints, is_dry=True).roll(states, EXACT, mujoco.mjtIntegrator.mjINT_EULER)
    without = Theirs(urdf, joints, is_dry=False).roll(states, EXACT, mujoco.mjtIntegrator.mjINT_EULER)
    gap, effect = apart(here, there), apart(there, without)
    report.check(f"with dry friction both are {gap:.1e} rad apart, and {effect:.1e} rad from a motion without it",
                 gap <= DRY_LIMIT and effect > 10 * DRY_LIMIT, f"at most {DRY_LIMIT} and more than {10 * DRY_LIMIT}")


def main():
    report = Report()
    print(f"MuJoCo {mujoco.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        smooth(report, pathlib.Path(folder))
        dry(report, pathlib.Path(folder))
    report.close()


if __name__ == "__main__":
    main()
