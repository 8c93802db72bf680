import ControlCycle

/// How a player lets joints be led by hand.
///
/// They follow `JointLaw.handGuiding`, the others come to rest and hold. At the end the cycle brakes the commanded motion of the
/// led joints, which went with them, and lets stiffness grow from there; setpoints stay where the commanded motion is until
/// all of it is back, so that what comes next begins at rest and no torque steps.
struct Teaching: BitwiseCopyable {
  /// What is asked of the led joints' laws in this cycle.
  enum Asking: BitwiseCopyable {
    case nothing, guiding, holding
  }
  /// Where the leading is.
  enum Phase: BitwiseCopyable {
    case none, leading, returning
  }
  /// Joints that are led.
  var led = JointSet()
  var phase = Phase.none
  var asking = Asking.nothing
  /// When it began [s].
  var began = 0.0
  /// Whether the next step began before the time was over.
  var isCutShort = false
  /// Whether all led joints are held again, with all of their stiffness.
  var isHeld = false
}

extension MovePlayer {
  /// Whether joints are led, or come back from it.
  var isTeaching: Bool {
    switch teaching.phase {
    case .none: false
    case .leading, .returning: true
    }
  }

  /// Begins to let joints be led; the others come to rest.
  mutating func beginTeaching(_ prepared: Prepared, at time: Double) {
    stop(.two, at: time)
    add(prepared.wait, to: step)
    teaching = Teaching()
    teaching.led = prepared.led
    teaching.phase = .leading
    teaching.asking = .guiding
    teaching.began = time
    lesson.begin()
    lead(at: time)
  }

  /// Looks whether the led joints are held again.
  mutating func watchReturn(_ control: borrowing ControlCycle) {
    guard isTeaching else { return }
    var isHeld = true
    for joint in 0..<jointCount where teaching.led.contains(joint) {
      let law = control.laws[joint]
      let motion = control.motions[joint]
      if law.choice.law.follows || law.isGuided || law.shares.stiffness < law.choice.stiffness
        || motion.velocity != 0 || motion.acceleration != 0
      {
        isHeld = false
      }
    }
    teaching.isHeld = isHeld
  }

  /// Goes on with the leading under way, if one is.
  mutating func teach(at time: Double) {
    guard isTeaching else { return }
    lead(at: time)
    switch teaching.phase {
    case .leading:
      guard teaching.isCutShort || time - teaching.began >= steps[step].wait else { return }
      teaching.phase = .returning
      teaching.asking = .holding
      teaching.isHeld = false
    case .returning:
      // Where nobody measures there is no joint that would come back.
      guard (teaching.isHeld || !isMeasured) && isOver(at: time) else { return }
      keepSample(at: time, isLast: true)
      teaching.phase = .none
      mode = .still
    case .none: break
    }
  }

  /// Setpoints of the led joints go with them.
  private mutating func lead(at time: Double) {
    if isMeasured {
      for joint in 0..<jointCount where teaching.led.contains(joint) { goals[joint] = commanded[joint] }
    }
    switch teaching.phase {
    case .leading: if lesson.isDue(at: time - teaching.began) { keepSample(at: time, isLast: false) }
    case .none, .returning: break
    }
  }

  private func keepSample(at time: Double, isLast: Bool) {
    guard isMeasured else { return }
    var positions = commanded
    for joint in 0..<jointCount where teaching.led.contains(joint) && !teaching.isHeld {
      positions[joint] = measured[joint]
    }
    lesson.keep(at: time - teaching.began, isLast: isLast, positions)
  }

  /// Ends the leading at once; the run ends, and the cycle holds what was led.
  mutating func dropTeaching(at time: Double) {
    guard isTeaching else { return }
    keepSample(at: time, isLast: true)
    teaching.phase = .none
    teaching.asking = .holding
  }

  /// Asks for the laws of the led joints, where they change.
  mutating func askLaws(into setpoints: inout SetpointBuffer) {
    let law: JointLaw
    switch teaching.asking {
    case .nothing: return
    case .guiding: law = .handGuiding
    case .holding: law = .impedance
    }
    for joint in 0..<jointCount where teaching.led.contains(joint) {
      setpoints.ask(LawChoice(law), for: joint)
    }
    teaching.asking = .nothing
  }
}
