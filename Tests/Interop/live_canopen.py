"""canopen as master of our CiA 402 drive: network management, SDO, PDO mapping, the state machine, faults."""
import logging
import math
import pathlib
import time

import canopen
from canopen.profiles.p402 import BaseNode402

from live_bus import GROUP, PATIENCE, PORT, simulated, wait_until

EDS = pathlib.Path(__file__).resolve().parents[2] / "Firmware-Interfaces/Protocols/sinew_402.eds"
NODE, HOST = 5, 0x7F
COUNTS, RATED = 65536, 2.0
ACTUATOR = {"family": "canopen", "model": "CiA402", "watchdog": 0.1, "reducer": {"viscous_friction": 0.1},
            "motor": {"rotor_inertia": 1e-4, "peak_torque": 6, "knee_velocity": 20, "no_load_velocity": 40,
                      "encoder_counts": COUNTS, "rated_torque": RATED}}
PERIOD = 0.01


def services(report, node):
    """NMT and SDO."""
    name = "canopen master"
    beats = []
    node.nmt.add_heartbeat_callback(beats.append)
    node.sdo.upload(0x1000, 0)  # behind the boot-up of its power-up, if that is still on its way
    beats.clear()
    node.nmt.send_command(0x81)
    report.check(f"{name}: a reset node boots up", wait_until(lambda: beats == [0]), beats)
    sdo = node.sdo
    report.check(f"{name}: device type 402", sdo[0x1000].raw & 0xFFFF == 402, hex(sdo[0x1000].raw))
    report.check(f"{name}: encoder and rated torque", (sdo[0x608F][1].raw, sdo[0x6076].raw) == (COUNTS, RATED * 1000),
                 (sdo[0x608F][1].raw, sdo[0x6076].raw))
    sdo[0x6072].raw = 750
    report.check(f"{name}: an expedited download is kept", sdo[0x6072].raw == 750)
    texts = [sdo.upload(index, 0) for index in (0x1008, 0x1009, 0x100A)]
    report.check(f"{name}: texts, in segments where they are long", texts == [b"Sinew 402", b"1", b"1.0.0-simulated"], texts)
    for what, code, call in (
            ("an object that is not there", 0x06020000, lambda: sdo.upload(0x2345, 0)),
            ("a write to one that is read-only", 0x06010002, lambda: sdo.download(0x6041, 0, b"\0\0")),
            ("a value of too many bytes", 0x06070012, lambda: sdo.download(0x6060, 0, b"\0\0")),
            ("a value out of bounds", 0x06090030, lambda: sdo.download(0x1029, 1, b"\7")),
            ("a block transfer", 0x05040001, lambda: sdo.open(0x1000, 0, block_transfer=True).read()),
            ("a mapping while its PDO is valid", 0x06010000, lambda: sdo.download(0x1A00, 0, b"\0"))):
        try:
            call()
            got = None
        except canopen.SdoAbortedError as error:
            got = error.code
        report.check(f"{name}: {what} is aborted", got == code, got and hex(got))


def process_data(report, node):
    """The mapping as canopen reads and writes it: torque where the EDS has the offset."""
    name = "canopen master"
    node.tpdo.read()
    node.rpdo.read()
    mapped = {pdo: [entry.index for entry in node.tpdo[pdo]] for pdo in (1, 2)}
    report.check(f"{name}: reads our mapping", mapped == {1: [0x6041, 0x6064, 0x6077],
                                                          2: [0x606C, 0x603F, 0x6061, 0x1001]}, mapped)
    command = node.rpdo[1]
    command.clear()
    for index in (0x6040, 0x607A, 0x6071):
        command.add_variable(index)
    command.trans_type, command.enabled = 1, True
    command.save()
    words = [node.sdo[0x1600][entry].raw for entry in range(4)]
    report.check(f"{name}: writes a mapping of its own", words == [3, 0x60400010, 0x607A0020, 0x60710010],
                 [hex(word) for word in words])
    return command


def motion(report, network, node):
    """State machine and torque."""
    name = "canopen master"
    command = process_data(report, node)
    node.setup_402_state_machine()
    node.nmt.state = "OPERATIONAL"
    network.sync.start(PERIOD)
    command.start(PERIOD)
    node.op_mode = "CYCLIC SYNCHRONOUS TORQUE"
    report.check(f"{name}: cyclic torque in 6061", wait_until(lambda: node.op_mode == "CYCLIC SYNCHRONOUS TORQUE"),
                 node.op_mode)
    walked = []
    for state in ("READY TO SWITCH ON", "SWITCHED ON", "OPERATION ENABLED"):
        node.state = state
        walked.append(node.state)
    report.check(f"{name}: walks to OPERATION ENABLED",
                 walked == ["READY TO SWITCH ON", "SWITCHED ON", "OPERATION ENABLED"], walked)

    def angle():
        return node.tpdo[1][0x6064].raw / COUNTS * 2 * math.pi

    def rests():
        return abs(node.tpdo[2][0x606C].raw) < COUNTS / 200

    for torque in (0.2, -0.2):  # N.m; a pendulum of 0.49 N.m stands at 0.42 rad
        command[0x6071].raw = round(torque / RATED * 1000)
        wait_until(lambda: 0.35 < angle() / torque * 0.2 < 0.5 and rests())
        report.check(f"{name}: a target torque of {torque} N.m turns the joint", 0.35 < angle() / torque * 0.2 < 0.5,
                     angle())
        report.check(f"{name}: and 6077 tells it", abs(node.tpdo[1][0x6077].raw / 1000 * RATED - torque) < 0.05,
                     node.tpdo[1][0x6077].raw)
    command[0x6071].raw = 0


def faults(report, network, node, command):
    """Emergencies: a PDO of another length, and the heartbeat that stops."""
    name = "canopen master"
    node.emcy.reset()
    network.send_message(command.cob_id, bytes(4))
    report.check(f"{name}: a PDO of four bytes draws emergency 8210",
                 wait_until(lambda: [entry.code for entry in node.emcy.log] == [0x8210]), node.emcy.log)
    report.check(f"{name}: and is not obeyed", node.state == "OPERATION ENABLED", node.state)
    node.sdo.download(0x6007, 0, b"\1\0")
    beat = network.send_periodic(0x700 + HOST, b"\5", 0.05)
    node.sdo[0x1016][1].raw = HOST << 16 | 1000
    time.sleep(1)
    report.check(f"{name}: while its heart beats, nothing happens", node.state == "OPERATION ENABLED", node.state)
    node.emcy.reset()
    beat.stop()
    report.check(f"{name}: a lost heartbeat draws emergency 8130",
                 wait_until(lambda: 0x8130 in [entry.code for entry in node.emcy.log]), node.emcy.log)
    # 1029 is 0: the node is pre-operational now and sends no process data.
    report.check(f"{name}: and is a fault, as 6007 asks", node.sdo[0x6041].raw & 0x4F == 0x08,
                 hex(node.sdo[0x6041].raw))
    report.check(f"{name}: 603F tells why", node.sdo[0x603F].raw == 0x8130, hex(node.sdo[0x603F].raw))
    node.nmt.state = "OPERATIONAL"
    report.check(f"{name}: operational again, it shows the fault", wait_until(lambda: node.state == "FAULT"), node.state)
    node.reset_from_fault()
    report.check(f"{name}: reset_from_fault enables it again",
                 wait_until(lambda: node.state == "OPERATION ENABLED"), node.state)
    report.check(f"{name}: and no emergency is active any more", wait_until(lambda: not node.emcy.active), node.emcy.active)
    command.stop()
    node.nmt.state = "STOPPED"
    heard = []
    node.tpdo[1].add_callback(heard.append)
    time.sleep(0.2)
    heard.clear()
    time.sleep(0.3)
    report.check(f"{name}: a stopped node sends no process data", not heard, len(heard))


def run(report):
    """All checks of this part."""
    logging.getLogger("canopen").setLevel(logging.ERROR)
    with simulated(report, "canopen master", {"joint": (ACTUATOR, {"id": NODE})}, rate=500,
                   gains_override={"joint": "the pendulum sits on the rotor without a reducer"}) as sinew:
        if not sinew:
            return
        network = canopen.Network()
        network.connect(interface="udp_multicast", channel=GROUP, port=PORT)
        node = BaseNode402(NODE, str(EDS))
        node.sdo.RESPONSE_TIMEOUT = node.TIMEOUT_CHECK_TPDO = node.TIMEOUT_SWITCH_OP_MODE = PATIENCE
        node.TIMEOUT_SWITCH_STATE_SINGLE = node.TIMEOUT_SWITCH_STATE_FINAL = PATIENCE
        network.add_node(node)
        try:
            services(report, node)
            motion(report, network, node)
            faults(report, network, node, node.rpdo[1])
        finally:
            network.sync.stop()
            network.disconnect()
