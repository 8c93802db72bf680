import ControlCycle

/// A CiA 402 drive is made for any motor, so its scale is no matter of a model: the encoder's increments and the motor's
/// rated torque are in the description (`encoder_counts`, `rated_torque`) and in the drive, and bring-up compares them.
extension DriveModel {
  /// The one model, with the scale of the device that `sinew_402.eds` describes.
  static let canopen = [
    DriveModel(
      name: "CiA402", family: .canopen, range: CANopen.range(encoderCounts: 65536, ratedTorque: 1),
      builtInRatio: 1, source: "CiA 402; sinew_402.eds: 608F and 6076", firmware: "of the CiA 402 profile",
      rounding: .nearest, watchdogUnit: .steps(microseconds: 1000))
  ]
}
