extension FaultCatalogue {
  /// Faults of motors, encoders, reducers, bodies and the supply: what `JointCondition` holds.
  static let physics: [FaultEntry] = motors + encoders + reducers + bodies

  private static let motors: [FaultEntry] = [
    FaultEntry(
      .torqueScale, .motor, [.joint], FaultIntensity("factor", standard: 0.7, in: 0...10), numbers: [37],
      "torque of the motor per torque that the drive believes it gives"),
    FaultEntry(
      .phaseLoss, .motor, [.joint], numbers: [38],
      "a phase is open: the torque goes with the square of the electrical angle's cosine"),
    FaultEntry(
      .commutationSlip, .motor, [.joint],
      FaultIntensity("electrical angle", "rad", standard: 2, in: -3.2...3.2),
      numbers: [39],
      "the commutation is off by this angle; beyond a quarter turn the torque has the other sign"),
    FaultEntry(
      .extraHeat, .motor, [.joint], FaultIntensity("power", "W", standard: 100, in: 0...10_000),
      numbers: [50, 51], "heat beside the motor's own warms the winding"),
    FaultEntry(
      .ambient, .motor, [.joint], FaultIntensity("temperature difference", "K", standard: 30, in: -100...200),
      numbers: [50], "it is warmer by this around the housing"),
  ]

  private static let encoders: [FaultEntry] = [
    FaultEntry(
      .encoderJumps, .encoder, [.joint], FaultIntensity("angle", "rad", standard: 0.5, in: -100...100),
      .cycle,
      numbers: [10, 31],
      "the reading of the rotor's encoder, seen at the joint, is off by this and back again"),
    FaultEntry(.encoderStuck, .encoder, [.joint], numbers: [9], "the reading stays what it was"),
    FaultEntry(
      .encoderNoise, .encoder, [.joint],
      FaultIntensity("standard deviation", "rad", standard: 0.01, in: 0...10),
      numbers: [34], "noise on the reading beside the profile's"),
    FaultEntry(
      .encoderOffset, .encoder, [.joint], FaultIntensity("angle", "rad", standard: 0.1, in: -100...100),
      numbers: [33, 45], "the reading is off by this"),
    FaultEntry(
      .encoderWraps, .encoder, [.joint],
      FaultIntensity("turns of the drive's shaft", standard: 1, in: -65536...65536), numbers: [32],
      "the count of turns is lost: the reading is off by so many turns of the shaft that the drive reports"),
  ]

  private static let reducers: [FaultEntry] = [
    FaultEntry(
      .friction, .reducer, [.joint], FaultIntensity("factor", standard: 3, in: 0...100), numbers: [49, 59],
      "every friction of the joint times this"),
    FaultEntry(
      .stiffness, .reducer, [.joint], FaultIntensity("factor", standard: 0.5, in: 0.01...10), numbers: [58],
      "the reducer's stiffness times this"),
    FaultEntry(
      .backlash, .reducer, [.joint],
      FaultIntensity("angle from end to end", "rad", standard: 0.01, in: 0...1),
      numbers: [33, 58], "backlash beside the profile's, at the joint"),
    FaultEntry(
      .sheared, .reducer, [.joint], numbers: [33, 57], "the motor turns and the joint does not follow"),
    FaultEntry(
      .blocked, .reducer, [.joint], numbers: [49, 55, 56],
      "the joint cannot move: a jammed reducer, a brake that stays closed"),
  ]

  private static let bodies: [FaultEntry] = [
    FaultEntry(
      .pushed, .body, [.joint], FaultIntensity("torque", "N.m", standard: 20, in: -10_000...10_000),
      numbers: [46, 47, 48, 49], "a torque from outside acts on the joint"),
    FaultEntry(
      .pushX, .body, [.link], FaultIntensity("force", "N", standard: 50, in: -100_000...100_000),
      numbers: [48],
      "a force along the world's x axis acts on the link's centre of mass"),
    FaultEntry(
      .pushY, .body, [.link], FaultIntensity("force", "N", standard: 50, in: -100_000...100_000),
      numbers: [48],
      "a force along the world's y axis acts on the link's centre of mass"),
    FaultEntry(
      .pushZ, .body, [.link], FaultIntensity("force", "N", standard: 50, in: -100_000...100_000),
      numbers: [48],
      "a force along the world's z axis acts on the link's centre of mass"),
    FaultEntry(
      .payload, .body, [.joint], FaultIntensity("mass", "kg", standard: 5, in: 0...1000), numbers: [60],
      "a mass at the centre of mass of the joint's link"),
    FaultEntry(
      .sags, .supply, [.joint], FaultIntensity("voltage", "V", standard: 10, in: 0...1000), numbers: [52],
      "the voltage at the drive is lower by this"),
    FaultEntry(
      .surges, .supply, [.joint], FaultIntensity("voltage", "V", standard: 10, in: 0...1000), numbers: [53],
      "the voltage at the drive is higher by this"),
  ]
}
