/// Keeps the torque that a command makes a drive apply within the joint's limit.
///
/// The drive applies k (q* - q) + d (v* - v) + t. Evaluated at the estimated state, the feed-forward t gives way
/// first; when that is not enough, stiffness and damping are scaled down together.
public enum TorqueLimiter {
  /// Limits `command` to `limit` [N.m]; true when that changed it.
  @_noLocks public static func apply(
    to command: inout JointCommand, state: JointState, limit: Double
  ) -> Bool {
    let feedback =
      command.stiffness * (command.position - state.position)
      + command.damping * (command.velocity - state.velocity)
    let total = feedback + command.torque
    if magnitude(total) <= limit && magnitude(command.torque) <= limit { return false }
    let allowed = clamp(total, -limit, limit)
    command.torque = clamp(allowed - feedback, -limit, limit)
    let remaining = allowed - command.torque
    if magnitude(feedback) > magnitude(remaining) {
      let scale = remaining / feedback < 0 ? 0 : remaining / feedback
      command.stiffness *= scale
      command.damping *= scale
    }
    return true
  }
}
