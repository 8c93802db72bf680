extension FaultCatalogue {
  /// Faults of drives' electronics and firmware.
  static let drives: [FaultEntry] = [
    FaultEntry(
      .reboots, .drive, [.joint], nil, .moment, numbers: [26],
      "the drive loses its power and has it back at once"),
    FaultEntry(
      .missing, .drive, [.joint], numbers: [27], "the drive has no power; it boots when the fault is over"),
    FaultEntry(
      .watchdogOff, .drive, [.joint], numbers: [29],
      "the watchdog never fires, whatever its registers say"),
    FaultEntry(
      .overvoltage, .drive, [.joint], nil, .moment, numbers: [53],
      "the drive trips, its own report says supply voltage too high"),
    FaultEntry(
      .undervoltage, .drive, [.joint], nil, .moment, numbers: [52],
      "the drive trips, its own report says supply voltage too low"),
    FaultEntry(
      .overcurrent, .drive, [.joint], nil, .moment, numbers: [54],
      "the drive trips, its own report says phase current too high"),
    FaultEntry(
      .overtemperature, .drive, [.joint], nil, .moment, numbers: [50],
      "the drive trips, its own report says power stage too hot"),
    FaultEntry(
      .windingOvertemperature, .drive, [.joint], nil, .moment, numbers: [50],
      "the drive trips, its own report says winding too hot"),
    FaultEntry(
      .overload, .drive, [.joint], nil, .moment, numbers: [51, 55],
      "the drive trips, its own report says overload or stall"),
    FaultEntry(
      .encoderFault, .drive, [.joint], nil, .moment, numbers: [33],
      "the drive trips, its own report says encoder"),
    FaultEntry(
      .hardwareFault, .drive, [.joint], nil, .moment, numbers: [38],
      "the drive trips, its own report says power stage or electronics"),
    FaultEntry(
      .replaced, .drive, [.joint], nil, .moment, numbers: [24],
      "another drive of the model, just powered up, with another serial number where the family has one"),
    FaultEntry(
      .firmwareDiffers, .drive, [.joint], nil, .powerUp, numbers: [28],
      "the drive says another version of its firmware, where the family can be asked"),
    FaultEntry(
      .scaleDiffers, .drive, [.joint], FaultIntensity("factor", standard: 2, in: 0.1...10), .powerUp,
      numbers: [30], "full scale of position, velocity and torque of the drive is another than described"),
    FaultEntry(
      .torqueBias, .drive, [.joint],
      FaultIntensity("torque at the drive's shaft", "N.m", standard: 1, in: -1000...1000),
      numbers: [36], "the torque that the drive measures is off by this"),
  ]
}
