extension JointIdentification {
  /// The delay from the written torque to what it does, together with the joint: that at which least is left unexplained.
  ///
  /// - Parameters:
  ///   - positions: measured positions [rad].
  ///   - torques: torques as they were written down [N.m].
  ///   - period: time between samples [s].
  ///   - settings: what the data are looked at with; its delay counts for nothing.
  ///   - most: longest delay [s].
  /// - Returns: the joint with `delay` [s]; nil where the joint cannot be identified, or the least is at an end of the range.
  public static func withDelay(
    positions: [Double], torques: [Double], period: Double, settings: Settings = Settings(), most: Double
  ) -> (joint: JointIdentification, delay: Double)? {
    guard most > 0, period > 0 else { return nil }
    func residual(_ delay: Double) -> Double {
      var settings = settings
      settings.delay = delay
      let joint = JointIdentification(
        positions: positions, torques: torques, period: period, settings: settings)
      return joint.map { $0.residual * $0.residual } ?? .infinity
    }
    let step = period / 2
    let count = Int((most / step).rounded(.up))
    let squares = (0...count).map { residual(Double($0) * step) }
    guard let least = squares.indices.min(by: { squares[$0] < squares[$1] }), least > 0, least < count,
      squares[least - 1].isFinite, squares[least + 1].isFinite
    else { return nil }
    // A shift by a little leaves a square of it: a parabola through three points has its vertex at the delay.
    let (before, here, after) = (squares[least - 1], squares[least], squares[least + 1])
    let curve = before - 2 * here + after
    let delay = step * (Double(least) + (curve > 0 ? 0.5 * (before - after) / curve : 0))
    var settings = settings
    settings.delay = delay
    guard
      let joint = JointIdentification(
        positions: positions, torques: torques, period: period, settings: settings)
    else { return nil }
    return (joint, delay)
  }
}
