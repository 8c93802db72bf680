"""A small robot on interfaces of choice, `sinew simulate` serving it, and a network that nothing leaves."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from report import SINEW

#: By name: lines of a drive's actuator, what its motor has besides, whether its bus is CAN FD, and its identifiers.
FAMILIES = {
    "damiao": ("family: damiao, model: DM4340", "", True, "id: 1, master_id: 0x11"),
    "damiao_2": ("family: damiao, model: DM4340", "", True, "id: 2, master_id: 0x12"),
    "damiao_3": ("family: damiao, model: DM4340", "", True, "id: 3, master_id: 0x13"),
    "robstride": ("family: robstride, model: RS02", "", False, "id: 2"),
    "cybergear": ("family: robstride, model: CyberGear", "", False, "id: 3"),
    "mit": ("family: mit, model: AK10-9", "", False, "id: 4, master_id: 0x14"),
    "moteus": ("family: moteus, model: moteus, range: {torque: 8, stiffness: 2, damping: 0.05}, reducer: {ratio: 9}", "",
               True, "id: 5"),
    "odrive": ("family: odrive, model: S1_M8325s, reducer: {ratio: 18}", "", False, "id: 6"),
    "odrive_05": ("family: odrive_05, model: v3.6_M8325s, reducer: {ratio: 18}", "", False, "id: 7"),
    "myactuator": ("family: myactuator, model: X8-25, reducer: {ratio: 9}", "", False, "id: 9"),
    "canopen": ("family: canopen, model: CiA402, reducer: {ratio: 9}", ", encoder_counts: 4096, rated_torque: 6.5", False,
                "id: 8"),
}
CONFINE = ("ip link set lo up && ip link set lo multicast on && ip route add 239.0.0.0/8 dev lo && "
           "ip -6 route add ff11::/16 dev lo table local; exec \"$@\"")


def confine():
    """Starts this script again in a network of its own, where the host allows it; the options that keep datagrams on
    this host otherwise."""
    if os.environ.get("SINEW_CONFINED") == "1":
        print("# in a network namespace of its own", flush=True)
        return ""
    for flags in (["--net"], ["--user", "--map-root-user", "--net"]):
        command = ["unshare", *flags, "bash", "-c", CONFINE, "bash"]
        try:
            possible = subprocess.run([*command, "true"], capture_output=True).returncode == 0
        except OSError:
            possible = False
        if possible:
            os.environ["SINEW_CONFINED"] = "1"
            os.execvp("unshare", [*command, sys.executable, *sys.argv])
    print("# no network namespace here: datagrams stay on this host by their hop limit of 0", flush=True)
    return "?hops=0"


#: Families whose loop the host closes.
HOST_CLOSED = ("canopen", "myactuator", "odrive", "odrive_05")


def write_robot(folder, interfaces, rate=100, watchdog=0.1):
    """A chain of one joint a family, each on a bus of its own or, where their interface is one, on the first's; `interfaces` maps
    families of `FAMILIES` to interfaces."""
    folder = pathlib.Path(folder)
    (folder / "motions").mkdir(parents=True, exist_ok=True)
    buses, actuators, joints, links, chain = [], [], [], ['<link name="base"/>'], []
    parent = "base"
    first = {}
    for family, interface in interfaces.items():
        drive, motor, is_fd, ids = FAMILIES[family]
        if first.setdefault(interface, family) == family:
            buses.append(f'  {family}_bus: {{interface: "{interface}", bitrate: 1000000'
                         + (", dbitrate: 5000000}" if is_fd else "}"))
        actuators.append(f"  {family}_actuator: {{{drive}, watchdog: {watchdog}, motor: {{rotor_inertia: 1.0e-5, "
                         f"peak_torque: 20, knee_velocity: 5, no_load_velocity: 10{motor}}}}}")
        joints.append(f"  {family}: {{actuator: {family}_actuator, bus: {first[interface]}_bus, {ids}}}")
        links.append(f'<link name="{family}_link"><inertial><origin xyz="0 0 -0.03"/><mass value="0.2"/>'
                     '<inertia ixx="0.01" ixy="0" ixz="0" iyy="0.01" iyz="0" izz="0.01"/></inertial></link>')
        chain.append(f'<joint name="{family}" type="revolute"><origin xyz="0 0 -0.05"/><parent link="{parent}"/>'
                     f'<child link="{family}_link"/><axis xyz="0 1 0"/>'
                     '<limit lower="-2" upper="2" velocity="6" effort="15"/></joint>')
        parent = f"{family}_link"
    names = ", ".join(interfaces)
    (folder / "robot.yaml").write_text("\n".join([
        "robot: bench", "urdf: bench.urdf", "base: fixed", f"update_rate: {rate}", "feedforward: gravity",
        "command_timeout: 0.2", "schedule:", "  misses: {limit: 60, window: 128}", "buses:", *buses, "actuators:",
        *actuators, "defaults:", "  gains: {stiffness: 10, damping: 0.4}",
        "  limits: {max_acceleration: 20, max_velocity: 3, max_effort: 10}",
        "  staleness: {policy: hold, max_age: 10}", "joints:", *joints,
        # On the bare rotors of these drives the host would be too slow.
        "gains_override:" if any(family in HOST_CLOSED for family in interfaces) else "",
        *(f"  {family}: the link sits on the rotor without play" for family in interfaces if family in HOST_CLOSED), ""]))
    (folder / "bench.urdf").write_text('<robot name="bench">\n' + "\n".join(links + chain) + "\n</robot>\n")
    (folder / "motions" / "swing.yaml").write_text(
        f"motion: swing\njoint_names: [{names}]\npoints:\n" + "".join(
            f"  - {{time_from_start: {time}, positions: [{', '.join([str(place)] * len(interfaces))}]}}\n"
            for time, place in ((0.0, 0.0), (0.8, 0.3), (1.6, 0.0))))
    return folder


class Served:
    """`sinew simulate` until the end of a with block; `summary` is what it says then."""

    def __init__(self, robot, *arguments, binary=SINEW, patience=30):
        self.command = [binary, "simulate", str(robot), "--json", *arguments]
        #: How long it may take to end [s].
        self.patience = patience
        self.summary = {}
        self.code = None
        self.errors = ""

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if line != "ready\n":
            self.process.kill()
            raise RuntimeError(f"sinew simulate is not ready: {line}{self.process.communicate()[1]}")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        output, self.errors = self.process.communicate(timeout=self.patience)
        self.code = self.process.returncode
        if self.code == 0:
            self.summary = json.loads(output)


def which(name):
    """Whether a program is there."""
    return shutil.which(name) is not None
