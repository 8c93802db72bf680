public import ControlCycle

/// The parameters that are known of each family, from its page in Firmware-Interfaces/Protocols.
extension DriveParameter {
  /// Every known parameter of a drive.
  public static func all(of drive: DriveConfiguration) -> [DriveParameter] {
    switch drive.family {
    case .canopen: canopen
    case .damiao: damiao
    case .mit: []
    case .myactuator: myActuator
    case .odrive: oDrive
    case .odrive05: oDrive05
    case .moteus: moteus
    case .robstride: drive.dialect.isCyberGear ? cyberGear(drive) : robstride(drive)
    }
  }

  /// The parameter of a name or number.
  ///
  /// A number that is not in the table may be read, as it stands, and not written. Numbers are decimal or, behind 0x,
  /// hexadecimal; those of CANopen are hexadecimal in any case, INDEX or INDEX:SUBINDEX.
  ///
  /// - Throws: `DriveError` where the drive cannot have such a parameter.
  public static func named(_ text: String, of drive: DriveConfiguration) throws(DriveError) -> DriveParameter
  {
    let known = all(of: drive)
    if let own = known.first(where: { $0.name.lowercased() == text.lowercased() }) { return own }
    let number = number(text, family: drive.family)
    if let number, let own = known.first(where: { $0.place == .address(number) }) { return own }
    if let number, readsAnyNumber(drive.family) {
      return DriveParameter(
        text, .address(number), .unsigned(bits: 32), "",
        .hazard(
          "\(text) is not in the table of this family, so neither its type nor its bounds are known",
          fix: "set it with the vendor's tool"), source: "")
    }
    throw DriveError(
      .refused, "'\(text)' is no parameter of this drive",
      fix: known.isEmpty ? "this family's protocol has none" : "see sinew drive read without a name")
  }

  private static func readsAnyNumber(_ family: DriveFamily) -> Bool {
    switch family {
    case .canopen, .damiao, .odrive, .moteus, .robstride: true
    // A MyActuator's number is a command: one of them resets, others store.
    case .mit, .myactuator, .odrive05: false
    }
  }

  private static func number(_ text: String, family: DriveFamily) -> UInt32? {
    let isHexadecimal = text.lowercased().hasPrefix("0x")
    let digits = isHexadecimal ? text.dropFirst(2) : text[...]
    guard case .canopen = family else {
      guard let number = UInt32(digits, radix: isHexadecimal ? 16 : 10) else { return nil }
      switch family {
      case .damiao: return number < 82 ? number : nil
      case .odrive, .robstride: return number <= 0xFFFF ? number : nil
      default: return number < 0x1000 ? number : nil
      }
    }
    let parts = digits.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let index = UInt16(parts[0], radix: 16), index > 0 else { return nil }
    guard parts.count == 2 else { return CANopen.Object.address(index) }
    return UInt8(parts[1], radix: 16).map { CANopen.Object.address(index, $0) }
  }
}
