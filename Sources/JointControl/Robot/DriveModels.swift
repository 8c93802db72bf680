public import ControlCycle

/// The models that are known by name: one table a family, `...Models.swift`, each row with firmware, full scales, rounding,
/// torque constant, unit of the watchdog and source.
///
/// A model stands there only with a full scale and a built-in ratio that a source states. So RS01, RS05, RS06 and
/// EL05 are missing (no source for the ratio). What of a row a drive can be asked for is asked before it is armed.
extension DriveModel {
  /// Every known model of a family, in the vendor's order.
  public static func all(_ family: DriveFamily) -> [DriveModel] {
    switch family {
    case .canopen: return canopen
    case .damiao: return damiao
    case .mit: return mit
    case .odrive: return oDrive
    case .odrive05: return oDrive05
    case .moteus: return moteus
    case .myactuator: return myActuator
    case .robstride: return robstride
    }
  }

  /// The model of that name; nil when the family has none.
  public static func named(_ name: String, family: DriveFamily) -> DriveModel? {
    all(family).first { $0.name == name }
  }
}
