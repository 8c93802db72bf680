public import ControlCycle

/// A law that a joint is to follow from an instant on.
public struct TimedLaw: BitwiseCopyable, Sendable {
  /// Time since whatever the schedule counts from, usually since the robot was armed [s].
  public var time: Double
  /// Index of the joint.
  public var joint: Int
  /// The law and its gains.
  public var choice: LawChoice

  /// A law from an instant on.
  public init(time: Double, joint: Int, choice: LawChoice) {
    self.time = time
    self.joint = joint
    self.choice = choice
  }
}

/// Laws that joints are to follow from given instants on, for a setpoint source that asks for them.
public struct LawSchedule: Sendable {
  private let laws: [TimedLaw]
  private var next = 0

  /// Whether all of them were asked for.
  public var isOver: Bool { next >= laws.count }

  /// A schedule; laws of one instant are asked for in their order.
  public init(_ laws: [TimedLaw]) {
    let order = laws.indices.sorted {
      laws[$0].time < laws[$1].time || (laws[$0].time == laws[$1].time && $0 < $1)
    }
    self.laws = order.map { laws[$0] }
  }

  /// Asks for what is due at a time [s], which must not go back.
  public mutating func ask(at time: Double, into setpoints: inout SetpointBuffer) {
    while next < laws.count && laws[next].time <= time {
      setpoints.ask(laws[next].choice, for: laws[next].joint)
      next += 1
    }
  }
}
