// Set-up: may allocate; the cycle is compiled without this file.

extension ControlCycle {
  /// What each word of the robot holds.
  public static let robotWordNames =
    [
      "safety state", "fault kind", "fault joints", "fault cycle", "fault drive reports", "is at rest",
      "is relaxed",
      "is frozen", "is switching on", "last cycle", "arming since", "setpoint sequence",
      "setpoint sequence seen",
      "non-finite setpoints", "unknown frames", "deadlines missed lately", "deadlines missed before",
      "isolated joints", "refused commands", "overflowed frames",
    ] + (0..<Capacity.buses).map { "bus \($0)" }
  /// What each word of a joint holds.
  public static let jointWordNames = [
    "sample position", "sample velocity", "sample torque", "sample age", "sample time",
    "drive mode, repeats and surplus",
    "drive faults", "temperature", "rejected frames", "motion position", "motion velocity",
    "motion acceleration",
    "motion mean velocity", "setpoint position", "setpoint velocity", "setpoint acceleration",
    "setpoint torque", "reported faults", "activation",
    "part position", "part velocity", "part torque", "part temperature", "part status",
    "law", "chosen stiffness", "chosen damping", "stiffness share", "damping share", "model share",
    "asked share", "friction share", "wall share",
  ]
}
