import ControlCycle

/// How a run ends, whatever its source did before: braking until the robot stands, damping for a while, and drives that are off.
enum RunEnding {
  /// Time in damping before the drives are off [s].
  static var relaxTime: Double { 0.5 }

  /// Whether braking is over, for a source that asked for it so long ago [s].
  static func stands(_ elapsed: Double, _ control: borrowing ControlCycle) -> Bool {
    control.safety.state != .armed && control.safety.isAtRest && elapsed > 0
  }

  /// Whether it was damped for long enough [s].
  static func isRelaxed(_ elapsed: Double) -> Bool { elapsed >= relaxTime }

  /// Drives off, for so long already [s]. A drive that lets go first leaves with the second disarm; the third cycle sees the answer.
  static func off(_ elapsed: Double, _ cycle: Cycle) -> Directive {
    Directive(.disarm, isFinished: elapsed > 2.5 * cycle.period)
  }
}
