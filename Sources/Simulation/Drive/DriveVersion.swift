extension DriveFirmware {
  /// Makes the drive one of another firmware, where its family says a version: an older one that the loop was not made for
  /// where it checks, another one where it only takes note.
  mutating func changeVersion() {
    switch self {
    case .canopen(var firmware):
      firmware.changeVersion()
      self = .canopen(firmware)
    case .damiao(var firmware):
      firmware.changeVersion()
      self = .damiao(firmware)
    case .moteus(var firmware):
      firmware.changeVersion()
      self = .moteus(firmware)
    case .odrive(var firmware):
      firmware.changeVersion()
      self = .odrive(firmware)
    case .cubemars, .mit, .myactuator, .robstride: break
    }
  }
}
