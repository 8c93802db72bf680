import ControlCycle

/// How far one drive has come.
struct BringUpProgress {
  /// Index of the step that is under way.
  var step = 0
  /// Times the step was sent, 0 before it begins, and the time since then.
  var retry = Retry()
  /// Times the drive began anew.
  var trial = 0
  var isFinished = false
  var hasFailed = false
  /// Why the step has not passed so far.
  var unsettled: String?
  var rhythm = Rhythm()
  /// The pieces so far of a text that is asked for.
  var text = LongText()
  /// Instant at which feeding began [ns].
  var beganAt: Int64 = 0
  /// Instant of the last frame that fed the drive's watchdog [ns].
  var fedAt: Int64 = 0
  /// Instant of the newest answer to such a frame [ns].
  var heardAt: Int64 = 0
  /// Instant at which the drive was first looked at after a silence [ns]; nil before.
  var lookedAt: Int64?
  /// The family's own word of the newest sample.
  var status: UInt16 = 0
  /// What the drive said about itself.
  var answers = DeviceIdentity.Answers()

  /// Goes on with the next step, if there is one.
  mutating func advance(of count: Int) {
    self = fresh(step: step + 1)
    isFinished = step == count
  }

  /// Begins anew, with the first step.
  mutating func restart() { self = fresh(step: 0) }

  /// Keeps what a reply says beyond its step: the word that the next order needs, and who the drive is.
  mutating func note(_ reply: DriveReply, keeps: Bool) {
    switch reply {
    case .part(let state, let fields) where fields.contains(.mode): status = state.status
    case .parameter(let index, let value, true) where keeps: answers.values[index] = value
    case .identity(let word) where keeps: answers.word = word
    default: break
    }
  }

  private func fresh(step: Int) -> BringUpProgress {
    var next = BringUpProgress()
    next.step = step
    (next.trial, next.status, next.answers) = (trial, status, answers)
    return next
  }
}
