"""The tuner beside a plant that is not ours, inside the guest in virtual time: MuJoCo integrates a joint, a drive in Python carries it
over the MIT protocol (mujoco_drive.py), and `sinew tune --target real` finds what the joint's MJCF states. Ends with a sum."""
import json
import signal
import subprocess
import sys

import mujoco

from robot_bench import FOLDER, PATIENCE, SINEW, virtual
from shim import ROOT

import mujoco_drive as stated
from report import Report

report = Report()
#: Part by which what is found may differ from what is stated.
TOLERANCE = 0.05
#: As the description has it: three times the real rotor, a fifth of the friction. None of it may come out.
ROBOT = """robot: bench
urdf: bench.urdf
base: fixed
update_rate: 1000
feedforward: gravity
buses: {only: {interface: vcan0, bitrate: 1000000}}
actuators:
  ak:
    family: mit
    model: AK80-9
    watchdog: 0.1
    motor: {rotor_inertia: 6.0e-4, peak_torque: 15, knee_velocity: 10, no_load_velocity: 25, encoder_counts: 16384}
    reducer: {ratio: 9, coulomb_friction: 0.07, viscous_friction: 0.02}
joints:
  joint:
    {actuator: ak, bus: only, id: 4, master_id: 0x14, home: 0, gains: {stiffness: 30, damping: 0.5},
     limits: {max_acceleration: 60, max_effort: 12}}
"""
URDF = f"""<robot name="bench">
  <link name="base"/>
  <link name="arm"><inertial><mass value="1"/>
    <inertia ixx="{stated.LINK_INERTIA}" ixy="0" ixz="0" iyy="{stated.LINK_INERTIA}" iyz="0" izz="{stated.LINK_INERTIA}"/></inertial></link>
  <joint name="joint" type="revolute"><parent link="base"/><child link="arm"/><axis xyz="0 0 1"/>
    <limit lower="-2" upper="2" velocity="10" effort="15"/></joint>
</robot>
"""


def tune(*arguments):
    """`sinew tune` on the joint: its exit code, result.json's object, and what it said."""
    done = subprocess.run([SINEW, "tune", arguments[0], str(FOLDER / "bench"), "joint", "--target", "real", "--yes", "--no-hold-to-run",
                           "--realtime", "preferred", "--json", *arguments[1:]], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else {}, done.stderr


def figures(result, kind):
    """Figures of an experiment that are identified."""
    found = [one["figures"] for one in result.get("joints", {}).get("joint", {}).get("experiments", []) if one["kind"] == kind]
    return {key: figure["value"] for key, figure in found[0].items() if figure["identified"]} if found else {}


def check_near(what, found, truth):
    error = (found - truth) / truth if found is not None else float("nan")
    report.check(f"{what}: {found} for {truth} that the MJCF states, {100 * error:+.1f} %", abs(error) <= TOLERANCE)


def check_found():
    """A stand without anything in the way: farther and faster than what suits a joint of a whole robot."""
    code, result, said = tune("friction", "--amplitude", "0.6", "--travel", "0.8", "--speeds", "0.3,0.7,1.1,1.7,2.3,2.9", "--share",
                              "0.9", "--repeats", "1")
    report.check("friction: comes to its end", code == 0, f"{code} {said[-300:]}")
    found = figures(result, "friction")
    check_near("frictionloss", found.get("coulomb_nm"), stated.FRICTIONLOSS)
    check_near("damping", found.get("viscous_nms_rad"), stated.DAMPING)
    code, result, said = tune("inertia", "--amplitude", "3", "--band", "8,12", "--for", "4", "--travel", "0.2", "--share", "0.9")
    report.check("inertia: comes to its end", code == 0, f"{code} {said[-300:]}")
    inertia = figures(result, "inertia").get("inertia_kgm2")
    check_near("armature", None if inertia is None else round(inertia - stated.LINK_INERTIA, 6), stated.ARMATURE)


def check_stated():
    """MuJoCo has the numbers that are compared with: they stand in the model, and what hangs on the joint weighs what the URDF says."""
    model = mujoco.MjModel.from_xml_string(stated.MODEL)
    numbers = (model.dof_armature[0], model.dof_frictionloss[0], model.dof_damping[0])
    report.check(f"MuJoCo's joint: armature {numbers[0]}, frictionloss {numbers[1]}, damping {numbers[2]}",
                 numbers == (stated.ARMATURE, stated.FRICTIONLOSS, stated.DAMPING), numbers)


def main():
    virtual("vcan0")
    (FOLDER / "bench").mkdir()
    (FOLDER / "bench" / "robot.yaml").write_text(ROBOT)
    (FOLDER / "bench" / "bench.urdf").write_text(URDF)
    drive = subprocess.Popen([sys.executable, str(ROOT / "Tests/Interop/mujoco_drive.py"), "vcan0"], stderr=subprocess.PIPE, text=True)
    try:
        if report.check("the drive listens", drive.stderr.readline() == "ready\n"):
            check_stated()
            check_found()
    finally:
        drive.send_signal(signal.SIGINT)
        drive.wait(PATIENCE)
    report.close()


main()
