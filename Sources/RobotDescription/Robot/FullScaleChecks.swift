import ControlCycle
import JointControl

/// Checks that what a joint may be asked fits the fixed-point fields of its drive's frames.
///
/// A value beyond a field's full scale saturates: the drive would silently do something else.
struct FullScaleChecks {
  /// Joint-side gains with their places.
  struct Gains {
    var stiffness: Located<Double>
    var damping: Located<Double>
  }

  /// Most that a gain may be wrong by once it is in a frame, as a part of it. A loop that is designed with the usual
  /// margins, a factor of two in gain, does not notice; one whose damping arrives as zero does.
  static let gainTolerance = 0.05

  let drive: ResolvedDrive
  let joint: String
  /// The joint's entry, for limits that come from the URDF.
  let place: SourceLocation
  let log: DiagnosticLog

  private var ratio: Double { drive.transmission.ratio }

  func check(_ gains: Gains) {
    let squared = ratio * ratio
    check(
      gains.stiffness, "stiffness", unit: "N.m/rad", atDrive: gains.stiffness.value / squared,
      fullScale: drive.range.stiffness, most: drive.range.stiffness * squared)
    check(
      gains.damping, "damping", unit: "N.m.s/rad", atDrive: gains.damping.value / squared,
      fullScale: drive.range.damping, most: drive.range.damping * squared)
    let fields = DriveFields(drive.configuration)
    checkSteps(gains.stiffness, "stiffness", unit: "N.m/rad", in: fields.stiffness, toJoint: squared)
    checkSteps(gains.damping, "damping", unit: "N.m.s/rad", in: fields.damping, toJoint: squared)
  }

  /// Checks that the steps of a gain's field leave of the gain what it is.
  private func checkSteps(
    _ gain: Located<Double>, _ title: String, unit: String, in field: DriveField, toJoint: Double
  ) {
    guard field.isCarried, gain.value > 0, gain.value / toJoint <= field.fullScale else { return }
    let carried = field.carried(gain.value / toJoint) * toJoint
    let change = abs(carried - gain.value) / gain.value
    guard change > Self.gainTolerance else { return }
    let step = field.step(at: gain.value / toJoint) * toJoint
    log.report(
      gain.location,
      "joint '\(joint)': \(title) \(written(gain.value)) \(unit) arrives as \(written(carried)), as the frame "
        + "carries it in steps of \(written(step))",
      fix: "write at least \(written(step / Self.gainTolerance)), or use a drive with finer steps")
  }

  func check(_ bounds: LimitResolution.Bounds) {
    if let effort = bounds.effort {
      check(
        located(effort), effort.title, unit: "N.m", atDrive: effort.value / ratio,
        fullScale: drive.range.torque, most: drive.range.torque * ratio)
    }
    if let velocity = bounds.velocity {
      check(
        located(velocity), velocity.title, unit: "rad/s", atDrive: velocity.value * ratio,
        fullScale: drive.range.velocity, most: drive.range.velocity / ratio)
    }
    let transmission = drive.transmission
    for limit in [bounds.minPosition, bounds.maxPosition] {
      guard let limit else { continue }
      let atDrive = transmission.sign * ratio * (limit.value - transmission.offset)
      let side = limit.value < transmission.offset ? -1.0 : 1.0
      check(
        located(limit), limit.title, unit: "rad", atDrive: atDrive, fullScale: drive.range.position,
        most: transmission.offset + side * drive.range.position / ratio)
    }
  }

  private func located(_ limit: LimitValue) -> Located<Double> {
    Located(value: limit.value, location: limit.location.file == place.file ? limit.location : place)
  }

  private func check(
    _ number: Located<Double>, _ title: String, unit: String, atDrive: Double, fullScale: Double, most: Double
  ) {
    guard abs(atDrive) > fullScale * (1 + 1e-9) else { return }
    log.report(
      number.location,
      "joint '\(joint)': \(title) \(written(number.value)) \(unit) is \(written(abs(atDrive))) at the drive, "
        + "beyond its full scale of \(written(fullScale)), so the frame would saturate",
      fix:
        "keep \(title) within \(written(most)), or use another reducer or drive (range: only what the drive reports)"
    )
  }
}
