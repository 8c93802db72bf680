extension JointIdentification {
  /// The delay from the written torque to what it does, together with the joint: that at which least is left unexplained.
  ///
  /// - Parameters:
  ///   - positions: measured positions [rad].
  ///   - torques: torques as they were written down [N.m].
  ///   - period: time between samples [s].
  ///   - settings: what the data are looked at with; its delay counts for nothing.
  ///   - least: shortest delay [s]; below zero for a torque that is written down after it began to act.
  ///   - most: longest delay [s].
  /// - Returns: the joint with `delay` [s]; nil where the joint cannot be identified, or the least is at an end of the range.
  public static func withDelay(
    positions: [Double], torques: [Double], period: Double, settings: Settings = Settings(),
    least: Double = 0, most: Double
  ) -> (joint: JointIdentification, delay: Double)? {
    guard most > least, least.isFinite, most.isFinite,
      let motion = Motion(positions, period: period, settings: settings)
    else { return nil }
    func residual(_ delay: Double) -> Double {
      var settings = settings
      settings.delay = delay
      let joint = JointIdentification(motion, torques: torques, period: period, settings: settings)
      return joint.map { $0.residual * $0.residual } ?? .infinity
    }
    let step = period / 2
    let count = Int(((most - least) / step).rounded(.up))
    let squares = (0...count).map { residual(least + Double($0) * step) }
    guard let lowest = squares.indices.min(by: { squares[$0] < squares[$1] }), lowest > 0, lowest < count,
      squares[lowest - 1].isFinite, squares[lowest + 1].isFinite
    else { return nil }
    // A shift by a little leaves a square of it: a parabola through three points has its vertex at the delay.
    let (before, here, after) = (squares[lowest - 1], squares[lowest], squares[lowest + 1])
    let curve = before - 2 * here + after
    let delay = least + step * (Double(lowest) + (curve > 0 ? 0.5 * (before - after) / curve : 0))
    var settings = settings
    settings.delay = delay
    guard let joint = JointIdentification(motion, torques: torques, period: period, settings: settings) else {
      return nil
    }
    return (joint, delay)
  }
}
