public import ControlCycle

extension SimulatedRobot {
  /// Breaks a joint's drive: its power stage is off and its fault latched from `now` on.
  public func breakDrive(of joint: Int, _ fault: DriveFaults) {
    precondition(joint >= 0 && joint < jointCount)
    drives[joint].firmware.fail(fault)
  }

  /// Takes a joint's drive off its power at `now` and gives it back.
  public func powerCycleDrive(of joint: Int) {
    precondition(joint >= 0 && joint < jointCount)
    drives[joint].firmware.powerCycle(at: now)
  }

  /// The firmware of a joint's drive as it is at `now`, its watchdog looked at to the nanosecond.
  public func firmware(of joint: Int) -> DriveFirmware {
    precondition(joint >= 0 && joint < jointCount)
    var firmware = drives[joint].firmware
    firmware.tick(at: now)
    return firmware
  }

  /// Makes the watchdog of a joint's drive defective, whatever its registers say: it needs so many halves of its time; 2 is
  /// sound, and with 0 the drive goes on with its last command for ever.
  public func breakWatchdog(of joint: Int, halves: Int64 = 0) {
    precondition(joint >= 0 && joint < jointCount)
    drives[joint].firmware.breakWatchdog(halves: halves)
  }

  /// When a joint's drive was last spoken to and when it let go, as far as it was observed.
  public func contact(of joint: Int) -> DriveContact {
    precondition(joint >= 0 && joint < jointCount)
    return contacts[joint]
  }

  /// Changes what a moteus drive holds, as its vendor's tool does over a line of its own; nothing for other drives.
  func changeMoteus(of joint: Int, _ change: (inout MoteusFirmware) -> Void) {
    precondition(joint >= 0 && joint < jointCount)
    guard case .moteus(var firmware) = drives[joint].firmware else { return }
    change(&firmware)
    drives[joint].firmware = .moteus(firmware)
  }

  /// Puts another drive of the same model in the place of a joint's Damiao or RobStride: just powered up, with another serial
  /// number.
  public func replaceDrive(of joint: Int) {
    precondition(joint >= 0 && joint < jointCount)
    drives[joint].firmware.powerCycle(at: now)
    drives[joint].firmware.changeSerial()
  }
}
