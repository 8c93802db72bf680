import ControlCycle
import JointControl

/// Checks gains of loops that the host closes against the bound of a sampled loop; see `GainBound`.
struct GainChecks {
  let joint: RobotJoint
  let gains: FullScaleChecks.Gains
  /// The reason for which gains outside the bound are taken, from `gains_override`.
  let override: Located<String>?
  let log: DiagnosticLog

  /// Reports gains outside the bound that nobody vouches for; whether somebody does for gains that are outside.
  func check() -> Bool {
    let (stiffness, damping) = (gains.stiffness.value, gains.damping.value)
    let bound = joint.gainBound
    // Without gains there is no loop.
    let isInside =
      !joint.isClosedOnHost || (stiffness == 0 && damping == 0)
      || bound.isStable(stiffness: stiffness, damping: damping)
    if isInside { return false }
    guard override == nil else { return true }
    let rate = written(1 / bound.period)
    let place = "closed at \(rate) Hz, one cycle late, on \(written(bound.inertia)) kg.m^2 of bare rotor"
    let range = bound.dampingRange(stiffness: stiffness)
    let most = bound.stiffnessLimit(damping: damping)
    var ways: [String] = []
    if most > 0 { ways.append("write a stiffness below \(written(most))") }
    if let range {
      ways.append("write a damping between \(written(range.lowerBound)) and \(written(range.upperBound))")
    }
    ways.append("raise update_rate, or name the joint with the reason in gains_override")
    log.report(
      gains.damping.location,
      "joint '\(joint.name)': stiffness \(written(stiffness)) N.m/rad and damping \(written(damping)) N.m.s/rad are "
        + "unstable \(place): "
        + (range.map { "damping from \(written($0.lowerBound)) to \(written($0.upperBound)) is stable there" }
          ?? "no damping is stable with this stiffness"),
      fix: ways.joined(separator: ", or "))
    return false
  }
}
