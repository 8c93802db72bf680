"""odrive-can: its host against our ODrive, and its simulated ODrive under our driver."""
import asyncio
import contextlib
import logging
import pathlib
import subprocess
import sys
import tempfile

from odrive_can.odrive import DriveError, ODriveCAN
from odrive_can.utils import get_dbc

from live_bus import PATIENCE, Sinew, open_bus, simulated, wait_until, write_robot

NODE = 0
ACTUATOR = {"family": "odrive", "model": "S1_M8325s", "watchdog": 0.1,
            "motor": {"rotor_inertia": 1.6e-4, "peak_torque": 17, "knee_velocity": 15, "no_load_velocity": 40},
            "reducer": {"ratio": 7, "viscous_friction": 0.3}}
MOCK = f"import live_bus; from odrive_can.mock import ODriveCANMock; ODriveCANMock({NODE}, live_bus.open_bus()).start()"


async def until(condition, timeout=PATIENCE):
    """The first true value of a condition, or its last."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while not (value := condition()) and loop.time() < deadline:
        await asyncio.sleep(0.02)
    return value


def error_of(drive):
    """What the host's own check of the heartbeat says."""
    try:
        drive.check_errors()
    except DriveError as error:
        return str(error)
    return ""


async def host(report):
    name = "odrive-can"
    bus = open_bus()
    drive = ODriveCAN(axis_id=NODE, can_bus=bus)
    seen, torque = {}, 0.0

    def listen(message, _):
        seen.update(message.data)

    drive.feedback_callback = listen
    await asyncio.wait_for(drive.start(), PATIENCE)
    report.check(f"{name}: idle, as its heartbeat says", drive.axis_state == "IDLE", drive.axis_state)
    report.check(f"{name}: nobody fed the watchdog yet", await until(lambda: "WATCHDOG" in error_of(drive)),
                 error_of(drive))

    async def feed():
        """As a host does in its loop; a machine that stands still for longer than the watchdog is started again."""
        turn = 0
        while True:
            drive.set_input_torque(torque)
            turn += 1
            if drive.axis_state != "CLOSED_LOOP_CONTROL" and turn % 20 == 0:
                drive.clear_errors()
                drive.set_controller_mode("TORQUE_CONTROL", "PASSTHROUGH")
                drive.set_axis_state_no_wait("CLOSED_LOOP_CONTROL")
            await asyncio.sleep(0.01)

    feeding = asyncio.create_task(feed())
    report.check(f"{name}: cleared and in closed loop", await until(
        lambda: drive.axis_state == "CLOSED_LOOP_CONTROL" and not error_of(drive)), (drive.axis_state, error_of(drive)))
    report.check(f"{name}: estimates come by themselves", await until(lambda: "Pos_Estimate" in seen), seen)
    turns = []
    for torque in (0.04, -0.04):
        # 0.28 N.m at the joint hold a pendulum of 0.49 N.m at 0.6 rad, 0.67 turns of the motor.
        rest = await until(lambda: 0.3 < torque / abs(torque) * seen["Pos_Estimate"] < 1.2
                           and abs(seen["Vel_Estimate"]) < 0.01)
        turns.append((rest, dict(seen)))
    report.check(f"{name}: torque turns the motor, either way", all(rest for rest, _ in turns), turns)
    torque = 0.0
    feeding.cancel()
    report.check(f"{name}: silence is a watchdog error", await until(
        lambda: "WATCHDOG" in error_of(drive) and drive.axis_state == "IDLE"), (error_of(drive), drive.axis_state))
    drive.stop()
    bus.shutdown()


def driver(report):
    """Our bring-up meets the simulated ODrive, which lacks what a drive must have: refused, for what it lacks."""
    database, orders = get_dbc(), set()
    for family, model, reasons in (
            # It answers remote frames alone, and the firmware empty frames as well.
            ("odrive", "S1_M8325s", ["firmware version"]),
            # Its heartbeat is of 0.6: "trajectory done" reads as an encoder error in 0.5.
            ("odrive_05", "v3.6_M8325s", ["clear faults"])):
        name = f"odrive_can mock as {family}"
        with tempfile.TemporaryDirectory() as folder, open_bus() as bus:
            write_robot(folder, {"joint": (ACTUATOR | {"family": family, "model": model}, {"id": NODE})}, rate=500)
            mock = subprocess.Popen([sys.executable, "-c", MOCK], cwd=pathlib.Path(__file__).parent,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                heartbeat = wait_until(lambda: (message := bus.recv(1)) and message.arbitration_id == NODE << 5 | 1)
                report.check(f"{name}: the mock beats", heartbeat)
                sinew = Sinew("run", folder, "--target", "real", "--yes", "--realtime", "off", "--for", "1", "--json")
                code = sinew.end()
                said = sinew.errors
                report.check(f"{name}: bring-up refuses it", code == 3, (code, said[-600:]))
                report.check(f"{name}: and says where and why",
                             all(word in said for word in ("joint joint, bus only, drive 0", *reasons)), said[-600:])
                while (message := bus.recv(0)) is not None:
                    if message.dlc and message.arbitration_id >> 5 == NODE:
                        decoded = database.get_message_by_frame_id(message.arbitration_id)
                        orders.add((decoded.name, str(decoded.decode(message.data, decode_choices=True))))
            finally:
                mock.terminate()
                mock.wait()
    states = {text for title, text in orders if title == "Axis0_Set_Axis_State"}
    report.check("odrive_can mock: it was told to be idle, and nothing else",
                 states == {"{'Axis_Requested_State': 'IDLE'}"}, states)
    report.check("odrive_can mock: it was told to clear errors", any(t == "Axis0_Clear_Errors" for t, _ in orders),
                 sorted(t for t, _ in orders))


def run(report):
    """All checks of this part."""
    logging.getLogger("odrive").setLevel(logging.CRITICAL)
    with simulated(report, "odrive-can", {"joint": (ACTUATOR, {"id": NODE})}) as sinew:
        if sinew:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(asyncio.wait_for(host(report), 4 * PATIENCE))
    driver(report)
