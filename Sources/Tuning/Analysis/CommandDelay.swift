internal import Numerics

/// The time from a measurement to the torque that answers it, of a loop that the host closes through a drive that answers each command with
/// what it measures as that arrives.
///
/// The torque that such a drive reports is that of the command before, so that the rows from a torque that was sent to the one that reports it,
/// less one, are the whole cycles of the delay. What is left is the drive's own: a command waits for its next step. How long, the motion
/// says where it is quick and torsion is far:
///
///     torque(t) = J a(t) + Fc sgn(v) + b v + o + (time) d/dt torque
struct CommandDelay {
  /// From the measurement of a row to the instant at which the torque of that row acts [s].
  let delay: Estimate

  /// Time over which signals are smoothed [s].
  private static let smoothing = 0.007
  /// Part of the high speeds below which friction may be anything.
  private static let slideShare = 0.2
  /// What filters, friction near reversals and a torsion's damping may add to a time by the motion, as a part of a period.
  private static let floor = 0.05
  /// Standard error up to which the delay is known to a tenth of a period, as a part of one.
  private static let sharp = 0.05

  /// Puts it together.
  ///
  /// - Parameters:
  ///   - rows: rows from a torque that was sent to the row that reports it.
  ///   - records: records that excite many frequencies; they tell the drive's own part where there is no play.
  ///   - known: what is known of the joint.
  ///   - inertia: inertia of rotor and load [kg.m^2].
  ///   - viscous: viscous friction [N.m.s/rad].
  ///   - lag: time by which a measured velocity is late.
  init(
    rows: Int, records: [JointRecord], known: PlantFit.Known, inertia: Double, viscous: Double, lag: Estimate
  ) {
    let period = known.period
    let whole = Double(rows - 1) * period
    // Anything from none of its steps to all of one.
    let step = known.drivePeriod
    var (own, error) = (0.5 * step, step / 12.0.squareRoot())
    let times =
      known.backlash > 0
      ? []
      : records.compactMap {
        Self.time($0, rows: rows, known, inertia: inertia, viscous: viscous, lag: lag.value)
      }
    if let time = times.min(by: { $0.error < $1.error }) {
      let floor = Self.floor * period
      let measured =
        (time.error * time.error + lag.standardError * lag.standardError + floor * floor).squareRoot()
      let both = (measured * measured + error * error).squareRoot()
      guard (time.value - own).magnitude < 3 * both else {
        let apart = (time.value - own).magnitude
        delay = Estimate(
          guess: whole + own, standardError: max(error, min(apart, period)),
          because:
            "by its motion the joint answers \(DesignCheck.number(1000 * time.value)) ms after a command"
            + " has arrived, which a drive does not take; excite it with more torque (chirp)")
        return
      }
      let (first, second) = (1 / (error * error), 1 / (measured * measured))
      own = (first * own + second * time.value) / (first + second)
      error = 1 / (first + second).squareRoot()
    }
    delay = Estimate(whole + own, standardError: error).required(share: 0, floor: Self.sharp * period) {
      "how long the drive waits before it takes a command, up to \(DesignCheck.number(1000 * step)) ms, the motion"
        + " does not show; excite it with more torque (chirp)"
    }
  }

  /// Time by which a torque acts later than the row before that which reports it [s], by the motion.
  private static func time(
    _ record: JointRecord, rows: Int, _ known: PlantFit.Known, inertia: Double, viscous: Double, lag: Double
  ) -> (value: Double, error: Double)? {
    var gear = SlidingInertia.Gear()
    gear.errors = known.reducerErrors
    gear.stiffness = known.reducerStiffness
    gear.rotor = known.rotorInertia
    let sent = Array(
      [Double](repeating: record.appliedTorques[0], count: rows) + record.appliedTorques.dropLast(rows))
    guard
      let motion = SlidingMotion(
        record, sent, lag: lag, gear: gear, inertia: inertia, window: smoothing, slideShare: slideShare)
    else { return nil }
    var columns = [motion.accelerations, motion.torqueSlopes, motion.sides, motion.sides.map { _ in 1.0 }]
    if gear.errors != nil { columns += motion.errors }
    let right = zip(motion.torques, motion.velocities).map { $0 - viscous * $1 }
    return LinearFit.correlated(columns, right).map { ($0.values[1], $0.standardErrors[1]) }
  }
}
