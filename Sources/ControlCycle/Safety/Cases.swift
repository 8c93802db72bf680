// Set-up: may allocate; the cycle is compiled without this file.

// Written out, as a synthesised list would be part of the file that holds the cycle's own code.

extension SafetyState: CaseIterable {
  /// Every state.
  public static var allCases: [SafetyState] { [.disarmed, .arming, .armed, .stopping, .fault] }
}

extension FaultKind: CaseIterable {
  /// Every kind.
  public static var allCases: [FaultKind] {
    [
      .none, .sampleLost, .driveFault, .driveDisabled, .positionLimit, .overspeed, .setpointNotFinite,
      .commandTimeout, .armingTimeout, .commandNotFinite, .deadlineMissed, .busLost, .busQueueFull,
      .busPassive, .busOverloaded, .feedbackFrozen, .identifierShared,
    ]
  }
}

extension DriveFamily: CaseIterable {
  /// Every family.
  public static var allCases: [DriveFamily] {
    [.canopen, .damiao, .mit, .moteus, .odrive, .odrive05, .robstride]
  }
}

extension ControlMode: CaseIterable {
  /// Every mode.
  public static var allCases: [ControlMode] {
    [.impedance, .torque, .position, .velocity, .positionForce]
  }
}
