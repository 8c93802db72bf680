"""moteus, the vendor's host library, against our moteus drive: registers, motion, watchdog and console."""
import asyncio
import math

import moteus

from live_bus import GROUP, PATIENCE, PORT, simulated

ACTUATOR = {"family": "moteus", "model": "moteus", "range": {"stiffness": 60, "damping": 2}, "watchdog": 0.1,
            "motor": {"rotor_inertia": 1e-4, "peak_torque": 8, "knee_velocity": 20, "no_load_velocity": 40}}
TARGET = 0.08  # rev
GRAVITY = 0.5 * 9.81 * 0.1  # N.m, of the pendulum held level


async def reached(controller, target, timeout=PATIENCE):
    """Commands a position, again and again, until the drive holds its pendulum there; its last state."""
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        state = await controller.set_position(position=target, velocity=0.0, watchdog_timeout=2.0, query=True)
        values = state.values
        held = GRAVITY * math.sin(2 * math.pi * values[moteus.Register.POSITION])
        if abs(values[moteus.Register.POSITION] - target) < 0.005 and abs(values[moteus.Register.TORQUE] - held) < 0.05:
            return values
        if asyncio.get_running_loop().time() > deadline:
            return values
        await asyncio.sleep(0.005)


async def in_mode(controller, mode, timeout=PATIENCE):
    """Asks until the drive is in a mode; its last state."""
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        values = (await controller.query()).values
        if values[moteus.Register.MODE] == mode or asyncio.get_running_loop().time() > deadline:
            return values
        await asyncio.sleep(0.01)


async def registers(report, controller):
    """What the library asks for by default, and the rest of what it may ask of the state."""
    resolution = moteus.QueryResolution()
    for name in ("q_current", "d_current", "abs_position", "power", "motor_temperature", "trajectory_complete",
                 "home_state"):
        setattr(resolution, name, moteus.F32)
    asked = {name: getattr(moteus.Register, name.upper()) for name in vars(resolution)}
    plain = (await controller.query()).values
    want = {moteus.Register.MODE, moteus.Register.POSITION, moteus.Register.VELOCITY, moteus.Register.TORQUE,
            moteus.Register.VOLTAGE, moteus.Register.TEMPERATURE, moteus.Register.FAULT}
    report.check("moteus: the default query is answered in full", want <= set(plain), sorted(want - set(plain)))
    everything = (await controller.query(query_override=resolution)).values
    missing = [name for name, register in asked.items() if register not in everything]
    report.check("moteus: every register of the state is answered", not missing, missing)
    custom = (await controller.custom_query({register: moteus.INT32 for register in (0x102, 0x120, 0x121, 0x122)})).values
    report.check("moteus: map version and serial number", custom == {0x102: 5, 0x120: 1, 0x121: 0x53494D00, 0x122: 0},
                 custom)


async def console(report, controller):
    """The vendor's stream over the same bus."""
    stream = moteus.Stream(controller)
    answers = {}
    for name in ("servo.pid_position.kp", "servo.pid_position.kd", "servo.pid_position.ilimit", "servo.timeout_mode",
                 "motor_position.rotor_to_output_ratio"):
        line = await asyncio.wait_for(stream.command(f"conf get {name}".encode(), allow_any_response=True), PATIENCE)
        answers[name] = float(line)
    report.check("moteus: its stream reads what bring-up reads",
                 abs(answers["servo.pid_position.kp"] - 60 * 6.283185) < 1e-3
                 and abs(answers["servo.pid_position.kd"] - 2 * 6.283185) < 1e-3
                 and answers["servo.timeout_mode"] == 12 and answers["servo.pid_position.ilimit"] == 0, answers)
    try:
        await asyncio.wait_for(stream.command(b"conf get no.such.thing"), PATIENCE)
        said = "an answer"
    except moteus.CommandError as error:
        said = str(error)
    report.check("moteus: its stream sees our refusal as one", "ERR" in said, said)


async def converse(report, sinew):
    transport = moteus.PythonCan(interface="udp_multicast", channel=GROUP, port=PORT, fd=True)
    controller = moteus.Controller(id=1, transport=transport)
    await controller.set_stop()
    values = await in_mode(controller, moteus.Mode.STOPPED)
    report.check("moteus: stopped at first", values[moteus.Register.MODE] == moteus.Mode.STOPPED
                 and values[moteus.Register.FAULT] == 0, values)
    await registers(report, controller)
    await console(report, controller)
    values = await reached(controller, TARGET)
    report.check("moteus: set_position moves the joint there",
                 abs(values[moteus.Register.POSITION] - TARGET) < 0.005
                 and values[moteus.Register.MODE] == moteus.Mode.POSITION, values)
    report.check("moteus: and the torque that gravity asks for", 0.15 < values[moteus.Register.TORQUE] < 0.3,
                 values[moteus.Register.TORQUE])
    await controller.set_position(position=TARGET, watchdog_timeout=0.05)
    values = await in_mode(controller, moteus.Mode.TIMEOUT)
    report.check("moteus: without commands it times out", values[moteus.Register.MODE] == moteus.Mode.TIMEOUT, values)
    await controller.set_position(position=TARGET)
    values = (await controller.query()).values
    report.check("moteus: a command does not leave the time-out",
                 values[moteus.Register.MODE] == moteus.Mode.TIMEOUT, values)
    await controller.set_stop()
    values = await in_mode(controller, moteus.Mode.STOPPED)
    report.check("moteus: a stop does", values[moteus.Register.MODE] == moteus.Mode.STOPPED, values)
    values = await reached(controller, -TARGET)
    report.check("moteus: and it moves again", abs(values[moteus.Register.POSITION] + TARGET) < 0.005, values)
    await controller.set_output_exact(position=1.5)
    values = (await controller.query()).values
    report.check("moteus: set_output_exact", abs(values[moteus.Register.POSITION] - 1.5) < 0.02, values)
    await controller.set_stop()
    transport.close()


def run(report):
    """All checks of this part."""
    with simulated(report, "moteus", {"joint": (ACTUATOR, {"id": 1})}, bus={"dbitrate": 5000000}) as sinew:
        if sinew:
            asyncio.run(asyncio.wait_for(converse(report, sinew), 4 * PATIENCE))
