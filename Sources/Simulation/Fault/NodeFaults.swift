import ControlCycle

/// What becomes of the frames between one drive and its bus.
struct NodeFaults {
  /// What becomes of one answer.
  struct Passage {
    /// It is not sent.
    var isLost = false
    /// Time after which it is sent [ns].
    var delay: Int64 = 0
  }

  private struct Active {
    let joint: Int
    let kind: Injection.Kind
    let intensity: Double
    let interval: FaultInterval
    var random: RandomStream
    /// The last answer of each identifier before the fault, or the first within it.
    var answers: [CANFrame] = []
  }
  private var active: [Active] = []

  /// The faults among `injections` that are of one node's frames; `period` is the time between two cycles [ns].
  init(_ injections: [Injection], period: Int64, seed: UInt64) {
    for injection in injections {
      switch injection.kind {
      case .answersLost, .commandsLost, .answersLate, .answersFrozen, .answersCorrupt, .answersShort: break
      default: continue
      }
      for joint in injection.joints {
        active.append(
          Active(
            joint: joint, kind: injection.kind, intensity: injection.intensity,
            interval: injection.interval(period: period), random: injection.stream(seed: seed, place: joint)))
      }
    }
  }

  /// Whether there is none.
  var isEmpty: Bool { active.isEmpty }

  /// Whether a frame that arrives at an instant [ns] reaches a joint's drive.
  mutating func reaches(joint: Int, at time: Int64) -> Bool {
    var reaches = true
    for index in active.indices where active[index].joint == joint && active[index].interval.contains(time) {
      guard active[index].kind == .commandsLost else { continue }
      if active[index].random.uniform() < active[index].intensity { reaches = false }
    }
    return reaches
  }

  /// Lets the faults act on what a joint's drive sends at an instant [ns].
  mutating func act(on frame: inout CANFrame, of joint: Int, at time: Int64) -> Passage {
    var passage = Passage()
    for index in active.indices where active[index].joint == joint {
      let holds = active[index].interval.contains(time)
      if active[index].kind == .answersFrozen { freeze(&frame, index, holds: holds) }
      guard holds else { continue }
      let intensity = active[index].intensity
      switch active[index].kind {
      case .answersLost: if active[index].random.uniform() < intensity { passage.isLost = true }
      case .answersLate: passage.delay += Int64((intensity * 1e9).rounded())
      case .answersCorrupt: frame.corrupt(intensity, &active[index].random)
      case .answersShort: frame.truncate(intensity, &active[index].random)
      default: break
      }
    }
    return passage
  }

  /// Before the fault, notes what is sent; in it, sends that again.
  private mutating func freeze(_ frame: inout CANFrame, _ index: Int, holds: Bool) {
    let (id, format) = (frame.id, frame.isExtended)
    let known = active[index].answers.firstIndex { $0.id == id && $0.isExtended == format }
    if holds, let known, active[index].answers[known].length == frame.length {
      frame.payload = active[index].answers[known].payload
    } else if let known {
      active[index].answers[known] = frame
    } else {
      active[index].answers.append(frame)
    }
  }
}

extension Injection {
  /// When it holds; `period` is the time between two cycles [ns].
  func interval(period: Int64) -> FaultInterval { FaultInterval(from: start, until: end(period: period)) }
}
