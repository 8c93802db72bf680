import RobotDescription
import Testing

/// Broken robot files: each differs from the good one by one edit.
@Suite struct BrokenRobotTests {
  @Test(arguments: schedules + units + names + limits + buses + adapters + values)
  func isRefusedInTheRightLine(_ broken: BrokenCase) throws {
    let yaml = try #require(
      GoodRobot.yaml.editing(broken.old, to: broken.new), "the edit does not apply once")
    try broken.check(RobotDirectory(yaml: yaml).diagnostics(), file: "robot.yaml", text: yaml)
  }

  static let schedules = [
    BrokenCase(
      "a budget in microseconds", "wake_up: 1.5e-4", "wake_up: 150", message: "wake_up is 150 s",
      fix: "0.00015"),
    BrokenCase(
      "a budget of nothing", "wake_up: 1.5e-4", "wake_up: 0", message: "wake_up is 0 s", fix: "0.0001"),
    BrokenCase(
      "a stage nobody knows", "wake_up: 1.5e-4", "wakeup: 1.5e-4", message: "no key 'wakeup'", fix: "wake_up"),
    BrokenCase(
      "stages that do not fit", "wake_up: 1.5e-4", "wake_up: 9.0e-4", line: "schedule:",
      message: "frame 3 (and 19 other frames of 20)", "telemetry 30",
      "430 us more than the period of 1000 us",
      fix: "shorten a budget"),
    BrokenCase(
      "a task that fits nowhere", "budget: 3.0e-5", "budget: 6.0e-4", line: "telemetry: {every",
      message: "frame 3 holds", "250 us more", fix: "shorten a budget"),
    BrokenCase(
      "a phase beyond the rate", "phase: 3", "phase: 20", line: "telemetry: {every", message: "phase 20",
      fix: "0 to 19"),
    BrokenCase("no rate", "every: 20", "every: 0", message: "every is 0", fix: "50"),
    BrokenCase("too long a window", "window: 50", "window: 500", message: "window is 500", fix: "100"),
  ]

  static let units = [
    BrokenCase(
      "a limit in degrees", "max_position: 1.2", "max_position: 120", message: "max_position is 120",
      "degrees", fix: "2.0944"),
    BrokenCase("a home in degrees", "home: 0.3", "home: 30", message: "home is 30", fix: "0.523599"),
    BrokenCase("an offset in degrees", "offset: 0.1", "offset: 90", message: "offset is 90", fix: "1.5708"),
    BrokenCase(
      "a watchdog in milliseconds", "watchdog: 0.03", "watchdog: 20", message: "watchdog is 20",
      "milliseconds", fix: "0.02"),
    BrokenCase(
      "a watchdog that is off", "watchdog: 0.03", "watchdog: 0", line: "watchdog: 0\n",
      message: "watchdog is 0", "off", fix: "0.02"),
    BrokenCase("a lax watchdog", "watchdog: 0.03", "watchdog: 0.5", message: "0.5 s", fix: "0.1"),
    BrokenCase(
      "a watchdog below three cycles", "watchdog: 0.03", "watchdog: 0.002", message: "three cycles",
      fix: "0.02"),
    BrokenCase(
      "a bit rate in Mbit/s", "can1, bitrate: 1000000", "can1, bitrate: 1", message: "bitrate is 1",
      fix: "1000000"),
    BrokenCase(
      "a bit rate in kbit/s", "can1, bitrate: 1000000", "can1, bitrate: 500", message: "bitrate is 500",
      fix: "500000"),
    BrokenCase(
      "a sample point in percent", "sample_point: 0.8,", "sample_point: 80,", message: "sample_point is 80",
      fix: "0.8"),
    BrokenCase(
      "a period for a rate", "update_rate: 1000", "update_rate: 0.001", message: "update_rate is 0.001",
      fix: "1000", "period"),
    BrokenCase(
      "a command timeout in milliseconds", "command_timeout: 0.05", "command_timeout: 50",
      message: "command_timeout is 50", fix: "0.05"),
    BrokenCase(
      "a speed in degrees", "max_velocity: 8,", "max_velocity: 458,", message: "max_velocity is 458",
      fix: "degrees per second", "7.99361"),
    BrokenCase(
      "a motor's speed in rpm", "no_load_velocity: 20,", "no_load_velocity: 400,",
      message: "no_load_velocity is 400", fix: "rpm", "41.8879"),
    BrokenCase(
      "a rotor's inertia in g.cm^2", "rotor_inertia: 2.0e-4", "rotor_inertia: 2000",
      message: "rotor_inertia is 2000", fix: "0.0002"),
    BrokenCase(
      "an efficiency in percent", "efficiency: 0.95", "efficiency: 95", message: "efficiency is 95",
      fix: "0.95"),
    BrokenCase(
      "an age in seconds", "max_age: 4", "max_age: 0.004", message: "max_age is 0.004", fix: "cycles"),
    BrokenCase(
      "a number with its unit", "home: 0.3", "home: 0.3rad", message: "'0.3rad'", fix: "without a unit"),
  ]

  static let names = [
    BrokenCase(
      "an unknown model", "model: RS03", "model: RS30", message: "no model 'RS30'", fix: "RS03", "RS00"),
    BrokenCase("an unknown family", "family: damiao", "family: damiaou", message: "'damiaou'", fix: "damiao"),
    BrokenCase("an unknown bus", "bus: lower", "bus: lowre", message: "no bus 'lowre'", fix: "lower"),
    BrokenCase(
      "an unknown actuator", "actuator: rs", "actuator: rss", message: "no actuator 'rss'", fix: "rs"),
    BrokenCase(
      "an unknown joint", "  knee:", "  kene:", message: "no joint 'kene'", fix: "knee", count: 2),
    BrokenCase(
      "a moving joint without a drive", "locked_joints: {toe_spread: 0.2}", "", line: "joints:",
      message: "'toe_spread'", "no drive", fix: "locked_joints: {toe_spread: 0.0}"),
    BrokenCase(
      "a mimic joint with a drive", "  knee:", "  heel_lift:", message: "mimics 'ankle'", fix: "remove",
      count: 2),
    BrokenCase(
      "a fixed joint with a drive", "  knee:", "  sole_fix:", message: "is fixed", fix: "remove", count: 2),
    BrokenCase(
      "a prismatic joint with a drive", "  knee:", "  toe_spread:", message: "prismatic",
      fix: "locked_joints", count: 3),
    BrokenCase(
      "a joint given twice", "  knee:", "  hip:", line: "max_effort: 70}\n  hip:",
      message: "'hip' is given twice", fix: "remove",
      count: 2),
    BrokenCase(
      "a gain given twice", "{stiffness: 200, damping: 8}", "{stiffness: 200, damping: 8, stiffness: 100}",
      message: "'stiffness' is given twice", fix: "remove"),
    BrokenCase(
      "a mistyped key", "update_rate: 1000", "update_rat: 1000", message: "no key 'update_rat'",
      fix: "update_rate"),
    BrokenCase(
      "a mistyped key of a joint", "home: 0.3", "homme: 0.3", message: "no key 'homme'", fix: "home", count: 2
    ),
    BrokenCase(
      "a mistyped gain, which is not missing too", "{stiffness: 100,", "{stifness: 100,",
      message: "no key 'stifness'", fix: "did you mean 'stiffness'"),
    BrokenCase(
      "a rate as a word", "update_rate: 1000", "update_rate: fast", message: "'fast'", fix: "such as 1000"),
    BrokenCase(
      "a key of another tool", "gains: {stiffness: 200, damping: 8}", "gains: {kp: 200, damping: 8}",
      message: "no key 'kp'", fix: "stiffness"),
    BrokenCase(
      "a limit that nobody applies", "max_effort: 50", "max_effort: 50, max_jerk: 100",
      message: "no key 'max_jerk'", fix: "remove"),
    BrokenCase("an unknown base", "base: gantry", "base: gentry", message: "'gentry'", fix: "gantry"),
    BrokenCase(
      "half a robot", "on_bus_loss: limb", "on_bus_loss: arm", message: "on_bus_loss 'arm' is unknown",
      fix: "limb"),
    BrokenCase(
      "an unknown feed-forward", "feedforward: gravity", "feedforward: gravitation", message: "'gravitation'",
      fix: "gravity"),
    BrokenCase(
      "an unknown staleness policy", "policy: hold", "policy: holt", message: "'holt'", fix: "hold"),
    BrokenCase(
      "a missing URDF", "urdf: leg.urdf", "urdf: arm.urdf", message: "arm.urdf' does not exist", fix: "path"),
    BrokenCase(
      "a locked joint that is not there", "{toe_spread: 0.2}", "{toe_spread: 0.2, toe: 0}",
      message: "no joint 'toe'", fix: "toe_spread"),
    BrokenCase(
      "a joint both driven and locked", "{toe_spread: 0.2}", "{toe_spread: 0.2, knee: 0}", line: "  knee:",
      message: "driven and in locked_joints", fix: "remove"),
  ]

  private static func lower(_ adapter: String) -> String {
    "lower: {interface: can1, bitrate: 1000000, adapter: \(adapter)}"
  }
  private static let plainLower = "lower: {interface: can1, bitrate: 1000000}"

  static let adapters = [
    BrokenCase(
      "an adapter told by nothing", plainLower, lower("{channel: 1}"), message: "neither serial nor path",
      fix: "004E0033"),
    BrokenCase(
      "an adapter told twice", plainLower, lower("{serial: \"A\", path: pci-0000:00:05.0}"),
      message: "both serial and path", fix: "one of them"),
    BrokenCase(
      "a serial number without quotes", plainLower, lower("{serial: 00123}"), message: "serial is a number",
      fix: "serial: \"00123\""),
    BrokenCase(
      "a serial number that is none", plainLower, lower("{serial: \"a\\tb\"}"),
      message: "is no serial number",
      fix: "sinew can list"),
    BrokenCase(
      "a path with blanks", plainLower, lower("{path: \"usb 1\"}"), message: "no ID_PATH of udev",
      fix: "sinew can list"),
    BrokenCase(
      "a channel nobody has", plainLower, lower("{serial: \"A\", channel: 64}"), message: "channel is 64",
      fix: "from 0"),
    BrokenCase(
      "a mistyped key of an adapter", plainLower, lower("{seriall: \"A\"}"), message: "no key 'seriall'",
      fix: "serial", count: 2),
    BrokenCase(
      "an adapter that is a text", plainLower, lower("A"), message: "is not a mapping", fix: "key: value"),
    BrokenCase(
      "an adapter behind a URL", plainLower,
      "lower: {interface: \"slcan:/dev/ttyACM0\", bitrate: 1000000, adapter: {serial: \"A\"}}",
      message: "no CAN interface of the kernel", fix: "remove adapter"),
    BrokenCase(
      "an adapter for two buses", "dsample_point: 0.75}\n  " + plainLower,
      "dsample_point: 0.75, adapter: {serial: \"A\", channel: 1}}\n  " + lower("{serial: \"A\", channel: 1}"),
      line: "  lower:", message: "means the adapter of bus 'upper' (serial A, channel 1)",
      fix: "its own channel"),
  ]

  static let limits = [
    BrokenCase(
      "a missing limit", "max_acceleration: 100, ", "", line: "  hip:", message: "no limit max_acceleration",
      fix: "max_acceleration: 80", count: 3),
    BrokenCase(
      "a missing effort", "limits: {max_effort: 20}", "", line: "  ankle:", message: "no limit max_effort",
      fix: "max_effort"),
    BrokenCase(
      "a limit wider than the URDF's", "max_position: 1.2", "max_position: 1.6", message: "wider",
      "1.6", "1.5", fix: "at most"),
    BrokenCase(
      "an effort wider than the URDF's", "max_effort: 70", "max_effort: 95", message: "wider", "95", "90",
      fix: "at most", count: 2),
    BrokenCase(
      "limits the wrong way round", "min_position: -1.2", "min_position: 1.3", message: "not below", "1.3",
      "1.2", fix: "swap"),
    BrokenCase(
      "a home outside its limits", "home: 0.3", "home: 2.15", message: "home 2.15", "0.05 to 2.1",
      fix: "1.075"),
    BrokenCase(
      "no home where zero is outside", "    home: 0.3\n", "", line: "  knee:", message: "no home",
      "0.05 to 2.1",
      fix: "1.075"),
    BrokenCase(
      "a flag against its value", "max_effort: 50", "max_effort: 50, has_effort_limits: false",
      message: "has_effort_limits is false beside", fix: "remove"),
    BrokenCase(
      "a limit switched off", "max_effort: 50", "max_effort: 50, has_velocity_limits: false",
      message: "has_velocity_limits is false", fix: "max_velocity"),
    BrokenCase(
      "position limits switched off", "max_effort: 50", "max_effort: 50, has_position_limits: false",
      message: "not continuous", fix: "remove"),
    BrokenCase(
      "an effort beyond the motor", "max_effort: 50", "max_effort: 60.5", message: "peak_torque 60",
      fix: "60", count: 2),
    BrokenCase(
      "an effort beyond the drive's full scale", "torque: 54", "torque: 30", line: "max_effort: 70",
      message: "70 N.m is 35 at the drive", "full scale of 30", fix: "60"),
    BrokenCase(
      "a speed beyond the drive's full scale", "velocity: 45,", "velocity: 15,", line: "max_velocity: 8",
      message: "8 rad/s is 16 at the drive", "full scale of 15", fix: "7.5", count: 2),
    BrokenCase(
      "a position beyond the drive's full scale", "range: {position: 12.5", "range: {position: 2.3",
      line: "min_position: -1.2", message: "-1.2 rad is 2.6 at the drive", "full scale of 2.3", fix: "-1.05"),
    BrokenCase(
      "a stiffness beyond the drive's full scale", "stiffness: 200", "stiffness: 2400",
      message: "2400 N.m/rad is 600 at the drive", "full scale of 500", fix: "2000"),
    BrokenCase(
      "a damping beyond the drive's full scale", "damping: 8", "damping: 24",
      message: "24 N.m.s/rad is 6 at the drive", "full scale of 5", fix: "20"),
  ]

  static let buses = [
    BrokenCase(
      "two drives on one id", "id: 2\n", "id: 1\n", line: "  id: 1", message: "id 1", "'hip' already",
      fix: "its own id"),
    BrokenCase(
      "two drives with one master id", "master_id: 18", "master_id: 0x11", line: "id: 2\n    master_id: 0x11",
      message: "master_id 17",
      "'hip'", fix: "its own master_id"),
    BrokenCase(
      "master id 0", "master_id: 18", "master_id: 0", line: "master_id: 0\n", message: "master_id is 0",
      fix: "18"),
    BrokenCase(
      "a master id that a drive listens to", "master_id: 18", "master_id: 1", line: "id: 2\n    master_id: 1",
      message: "master_id 1", "'hip'", fix: "18"),
    BrokenCase(
      "a Damiao drive without a master id", "    master_id: 18\n", "", line: "  ankle:", message: "master_id",
      fix: "18"),
    BrokenCase(
      "a RobStride id of 8 bits", "id: 4", "id: 200", message: "id 200", "7 bits", fix: "1 to 127"),
    BrokenCase(
      "the host's id for a drive", "master_id: 0xFD", "master_id: 4", message: "master_id 4", "'knee'",
      fix: "0xFD"),
    BrokenCase(
      "CAN FD on a classic bus", "    bus: upper\n    id: 2", "    fd: true\n    bus: lower\n    id: 2",
      line: "fd: true\n    bus: lower", message: "fd: true", "no dbitrate", fix: "dbitrate: 5000000"),
    BrokenCase(
      "CAN FD for RobStride", "model: RS03", "model: RS03\n    fd: true", line: "fd: true",
      message: "classic CAN only", fix: "remove"),
    BrokenCase(
      "a classic drive on a bus with FD frames", "bus: lower", "bus: upper",
      line: "actuator: rs\n    bus: upper", message: "error frames",
      "'hip'", fix: "bus of their own"),
    BrokenCase(
      "a data rate below the bit rate", "can1, bitrate: 1000000", "can1, bitrate: 1000000, dbitrate: 100000",
      message: "dbitrate is 100000", fix: "5000000"),
    BrokenCase(
      "a data rate no drive has", "dbitrate: 5000000", "dbitrate: 8000000", message: "8000000", "none",
      fix: "5000000"),
    BrokenCase(
      "a bit rate no drive has", "can1, bitrate: 1000000", "can1, bitrate: 300000", message: "300000", "none",
      fix: "1000000, 500000"),
    BrokenCase(
      "an unreachable rate", "can1, bitrate: 1000000", "can1, bitrate: 125000", line: "  lower:",
      message: "cannot carry 1 drives at 1000 Hz", fix: "update_rate"),
    BrokenCase(
      "a data sample point on a classic bus", "can1, bitrate: 1000000",
      "can1, bitrate: 1000000, dsample_point: 0.8", message: "no dbitrate", fix: "dbitrate"),
    BrokenCase(
      "a confirmation that is no flag", "can1, bitrate: 1000000", "can1, bitrate: 1000000, confirm: often",
      message: "confirm is neither true nor false", fix: "true or false"),
    BrokenCase(
      "a confirmation where no frame comes back", "interface: can1, bitrate: 1000000",
      "interface: \"udp-multicast://239.0.0.1\", bitrate: 1000000, confirm: true", line: "confirm: true",
      message: "bus 'lower' asks for confirmation", "gives no frame back", fix: "such as can0"),
    BrokenCase(
      "two buses on one interface", "interface: can1", "interface: can0", line: "  lower:",
      message: "share the interface can0", fix: "its own interface"),
    BrokenCase(
      "an impossible interface", "interface: can1", "interface: can/1", message: "'can/1'", fix: "can0"),
    BrokenCase(
      "an interface of no transport that is known", "interface: can1", "interface: \"socketcand://pi:29536\"",
      message: "'socketcand://pi:29536'", fix: "udp-multicast://"),
    BrokenCase(
      "a group that is none", "interface: can1", "interface: \"udp-multicast://10.0.0.1:43113\"",
      message: "'10.0.0.1' is no multicast address", fix: "239.0.0.0"),
    BrokenCase(
      "a bit rate that the adapter has no request for",
      "interface: can0, bitrate: 1000000, dbitrate: 5000000",
      "interface: \"slcan:/dev/ttyACM0\", bitrate: 800000, dbitrate: 5000000", line: "slcan:/dev/ttyACM0",
      message: "no request for 800000", fix: "bitrate: 1000000", count: 2),
    BrokenCase(
      "cannelloni without a port of its own", "interface: can1", "interface: \"cannelloni://10.0.0.2:20000\"",
      message: "local=", fix: "local=20001"),
  ]

  static let values = [
    BrokenCase("NaN", "home: 0.3", "home: .nan", message: "finite", fix: "number"),
    BrokenCase("infinity", "stiffness: 200", "stiffness: .inf", message: "finite", fix: "number"),
    BrokenCase("overflow", "stiffness: 200", "stiffness: 1e999", message: "finite", fix: "number"),
    BrokenCase(
      "a negative stiffness", "stiffness: 200", "stiffness: -200", message: "stiffness is -200",
      fix: "above zero"),
    BrokenCase("no damping", "damping: 8", "damping: 0", message: "damping is 0", fix: "above zero"),
    BrokenCase("a ratio of 0", "ratio: 18", "ratio: 0", message: "ratio is 0", fix: "turns"),
    BrokenCase("a negative ratio", "ratio: 18", "ratio: -18", message: "ratio is -18", fix: "sign: -1"),
    BrokenCase("half a sign", "sign: -1", "sign: 0.5", message: "sign is 0.5", fix: "1 or -1"),
    BrokenCase("a quoted number", "home: 0.3", "home: \"0.3\"", message: "not a number", fix: "quotes"),
    BrokenCase("a decimal comma", "home: 0.3", "home: 0,3", message: "'0,3'", fix: "0.3"),
    BrokenCase(
      "underscores", "update_rate: 1000", "update_rate: 1_000", message: "'1_000'", fix: "underscores"),
    BrokenCase(
      "yes for true", "policy: hold}", "policy: hold}\n    fd: yes", line: "fd: yes", message: "fd",
      fix: "true or false"),
    BrokenCase(
      "a list for a mapping", "gains: {stiffness: 200, damping: 8}", "gains: [200, 8]", message: "mapping",
      fix: "key: value"),
    BrokenCase("an empty value", "urdf: leg.urdf", "urdf:", message: "urdf is not a text", fix: "urdf"),
    BrokenCase(
      "a knee above no load", "knee_velocity: 12", "knee_velocity: 21", message: "above no_load_velocity",
      fix: "swap"),
    BrokenCase(
      "a motor without torque", "peak_torque: 60, ", "", line: "actuator: rs", message: "lacks 'peak_torque'",
      fix: "motor"),
    BrokenCase(
      "an anchor", "limits: {max_effort: 50}", "limits: &l {max_effort: 50}", message: "anchors",
      fix: "defaults"),
    BrokenCase(
      "a merge key", "    home: 0.3", "    <<: {home: 0.3}", line: "<<", message: "'<<'", fix: "defaults",
      count: 2),
    BrokenCase("a name with blanks", "robot: leg", "robot: left leg", message: "left leg", fix: "my_robot"),
    BrokenCase(
      "broken indentation", "    home: 0.3", "   home: 0.3", line: "   home: 0.3", message: "not YAML",
      fix: "indentation"),
    BrokenCase(
      "an open bracket", "policy: hold}", "policy: hold", line: "limits: {max_effort: 20}",
      message: "not YAML", fix: "brackets"),
  ]
}
