"""Robots of one joint that is known, for the judges of sinew tune: an RS03's motor; gear, friction and limb are chosen."""

import pathlib

# A motor without heat or saturation, so that torque is what the drive says it is.
MOTOR = """motor:
  winding: three_phase
  resistance: 0.195
  inductance: 1.375e-4
  torque_constant: 0.19883
  pole_pairs: 21
  rotor_inertia: 2.47e-4
  peak_current: 43
  peak_torque: 60
  current_bandwidth: 1000
  supply_voltage: 48
"""


def write_joint(folder, name, *, profile=True, coulomb=0.5, viscous=0.05, breakaway=None, stribeck=0.02, efficiency=1.0,
                stiffness=2e4, backlash=0.0, inertia=0.1, weight=0.0, gains=(100, 3.5), home=0.0):
    """Writes a robot of one joint; `weight` is the torque of the limb at a right angle [N.m], the axis is upright without.

    Returns its folder."""
    folder = pathlib.Path(folder, name)
    folder.mkdir()
    mass, lever = (weight / 9.80665 / 0.2, 0.2) if weight else (1.0, 0.0)
    own = inertia - mass * lever**2
    if own <= 0:
        raise ValueError("the inertia is less than that of the limb's mass")
    axis = "0 1 0" if weight else "0 0 1"
    (folder / "joint.urdf").write_text(
        f'<?xml version="1.0"?><robot name="{name}"><link name="base"/><link name="limb"><inertial><origin xyz="{lever} 0 0"/>'
        f'<mass value="{mass}"/><inertia ixx="{own}" ixy="0" ixz="0" iyy="{own}" iyz="0" izz="{own}"/></inertial></link>'
        f'<joint name="joint" type="revolute"><parent link="base"/><child link="limb"/><origin xyz="0 0 0.5"/><axis xyz="{axis}"/>'
        '<limit lower="-2" upper="2" effort="40" velocity="12"/></joint></robot>\n')
    friction = f"coulomb: {coulomb}, viscous: {viscous}"
    if breakaway:
        friction += f", breakaway: {breakaway}, stribeck_velocity: {stribeck}"
    (folder / "actuator.yaml").write_text(
        "actuator: known\nvendor: none\n" + MOTOR
        + f"reducer:\n  kind: planetary\n  stages: [9]\n  stage_efficiency: {efficiency}\n  mesh_stiffness: {stiffness}\n  damping: 2\n"
        f"  backlash: {backlash}\nfriction: {{{friction}}}\nencoder: {{counts: 16384}}\nsources: [chosen]\n"
        "printed:\n  - {quantity: armature, value: 0.020007, tolerance: 0.01}\n")
    plain = ("motor: {rotor_inertia: 2.47e-4, peak_torque: 60, knee_velocity: 12.6, no_load_velocity: 20.9, encoder_counts: 16384}, "
             f"reducer: {{ratio: 9, coulomb_friction: {coulomb}, viscous_friction: {viscous}, efficiency: {efficiency}}}")
    (folder / "robot.yaml").write_text(
        f"robot: {name}\nurdf: joint.urdf\nbase: fixed\nupdate_rate: 1000\nfeedforward: none\ncommand_timeout: 0.05\n"
        "buses:\n  bus: {interface: can0, bitrate: 1000000, sample_point: 0.8}\n"
        f"actuators:\n  known: {{family: robstride, model: RS03, watchdog: 0.02, {'profile: actuator.yaml' if profile else plain}}}\n"
        "defaults:\n  staleness: {policy: stop, max_age: 5}\n  limits: {max_acceleration: 60}\n"
        f"joints:\n  joint: {{actuator: known, bus: bus, id: 1, master_id: 0xFD, home: {home}, "
        f"gains: {{stiffness: {gains[0]}, damping: {gains[1]}}}}}\n")
    return folder
