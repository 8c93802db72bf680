"""A small robot of drives of one family, for scripts that speak to them one by one."""
import pathlib

MOTOR = "motor: {rotor_inertia: 1.0e-5, peak_torque: 5, knee_velocity: 5, no_load_velocity: 10%s}"

#: By family: lines of the actuator, lines of the motor beyond the usual, format of the bus, master ids by joint.
FAMILIES = {
    "damiao": (["family: damiao", "model: DM4310"], "", False, ["0x11", "0x12"]),
    "damiao_fd": (["family: damiao", "model: DM4310"], "", True, ["0x11", "0x12"]),
    "robstride": (["family: robstride", "model: RS02"], "", False, ["0xFD", "0xFD"]),
    "cybergear": (["family: robstride", "model: CyberGear"], "", False, ["0xFD", "0xFD"]),
    "mit": (["family: mit", "model: AK80-9"], "", False, ["0", "0"]),
    "canopen": (["family: canopen", "model: CiA402"], ", encoder_counts: 65536, rated_torque: 2", False, [None, None]),
    "odrive": (["family: odrive", "model: S1_M8325s"], "", False, [None, None]),
    "odrive_05": (["family: odrive_05", "model: v3.6_M8325s"], "", False, [None, None]),
    "myactuator": (["family: myactuator", "model: X8-90"], "", False, [None, None]),
    "moteus": (["family: moteus", "model: moteus", "range: {torque: 5, stiffness: 2, damping: 0.05}"], "", True,
               [None, None]),
}


def write_robot(folder, family, interface="can0", ids=(1, 2), masters=None):
    """Two joints, `first` and `second`, on the bus `only`; the directory."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lines, motor, is_fd, hosts = FAMILIES[family]
    links, joints = ['<link name="base"/>'], []
    parent = "base"
    for index, name in enumerate(("first", "second")):
        links.append(
            f'<link name="{name}_link"><inertial><origin xyz="0 0 -0.1"/><mass value="0.2"/>'
            '<inertia ixx="0.002" ixy="0" ixz="0" iyy="0.002" iyz="0" izz="0.001"/></inertial></link>'
            f'<joint name="{name}" type="revolute"><origin xyz="0 0 -0.2"/><parent link="{parent}"/>'
            f'<child link="{name}_link"/><axis xyz="0 1 0"/>'
            '<limit lower="-2" upper="2" velocity="6" effort="3"/></joint>')
        parent = f"{name}_link"
        master = (masters or hosts)[index]
        joints.append(f"  {name}: {{actuator: drive, bus: only, id: {ids[index]}"
                      + (f", master_id: {master}" if master else "")
                      # Hanging straight down its drive does not read zero.
                      + (", reducer: {offset: 0.3}" if name == "first" else "") + "}")
    (folder / "bench.urdf").write_text('<robot name="bench">\n' + "\n".join(links) + "\n</robot>\n")
    (folder / "robot.yaml").write_text("\n".join([
        "robot: bench", "urdf: bench.urdf", "base: fixed", "update_rate: 250", "feedforward: none",
        "command_timeout: 0.2", "buses:",
        f'  only: {{interface: "{interface}", bitrate: 1000000' + (", dbitrate: 5000000}" if is_fd else "}"),
        "actuators:", "  drive:", *(f"    {line}" for line in lines), "    watchdog: 0.04", f"    {MOTOR % motor}",
        "    reducer: {ratio: 9}" if family in ("canopen", "odrive", "odrive_05", "moteus") else "",
        "defaults:", "  gains: {stiffness: 2, damping: 0.1}",
        "  limits: {max_acceleration: 20, max_velocity: 3, max_effort: 2}", "joints:", *joints, ""]))
    return folder
