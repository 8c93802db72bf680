import ControlCycle

/// What becomes of the frames of one bus between sender and receivers.
///
/// Each fault has a random stream of its own and draws from it for every frame that ends while it holds, whatever the
/// others do, so that no fault shifts the draws of another.
struct WireFaults {
  /// What becomes of one frame.
  struct Passage {
    /// It reaches nobody.
    var isLost = false
    /// Time between its end and its arrival [ns].
    var delay: Int64 = 0
    /// It waits for the next frame of its identifier.
    var isHeld = false
    /// It is sent again.
    var isRepeated = false
  }

  private struct Active {
    let kind: BusFault.Kind
    let span: FaultInterval
    var random: RandomStream
  }
  private var active: [Active] = []

  /// Adds a fault that acts on frames; one of the host or of a foreign node changes nothing.
  mutating func add(_ kind: BusFault.Kind, random: RandomStream) {
    switch kind {
    case .loseAll, .lose, .loseSync, .delay, .jitter, .duplicate, .reorder, .corrupt, .truncate:
      active.append(Active(kind: kind, span: kind.span, random: random))
    case .busOff, .unplugged, .errorState, .open, .wrongBitRate, .queueFull, .overflow, .babbling, .strangers:
      break
    }
  }

  /// Whether no frame is ever touched.
  var isEmpty: Bool { active.isEmpty }

  /// Lets the faults act on a frame that ends at an instant [ns].
  mutating func act(on frame: inout CANFrame, at now: Int64) -> Passage {
    var passage = Passage()
    for index in active.indices where active[index].span.contains(now) {
      Self.act(active[index].kind, &active[index].random, on: &frame, &passage)
    }
    return passage
  }

  private static func act(
    _ kind: BusFault.Kind, _ random: inout RandomStream, on frame: inout CANFrame, _ passage: inout Passage
  ) {
    switch kind {
    case .loseAll: passage.isLost = true
    case .lose(let probability, _, _): if random.uniform() < probability { passage.isLost = true }
    case .loseSync(let probability, _, _):
      if !frame.isExtended && frame.id == 0x80 && random.uniform() < probability { passage.isLost = true }
    case .delay(let time, _, _): passage.delay += max(0, time)
    case .jitter(let bound, _, _): passage.delay += random.integer(upTo: max(0, bound))
    case .duplicate(let probability, _, _): if random.uniform() < probability { passage.isRepeated = true }
    case .reorder(let probability, _, _): if random.uniform() < probability { passage.isHeld = true }
    case .corrupt(let probability, _, _): frame.corrupt(probability, &random)
    case .truncate(let probability, _, _): frame.truncate(probability, &random)
    case .busOff, .unplugged, .errorState, .open, .wrongBitRate, .queueFull, .overflow, .babbling, .strangers:
      break
    }
  }
}

extension CANFrame {
  /// Turns one random bit of the payload over with a probability; draws twice, whatever comes of it.
  mutating func corrupt(_ probability: Double, _ random: inout RandomStream) {
    let isHit = random.uniform() < probability
    let place = random.next()
    guard isHit && length > 0 else { return }
    let bit = Int(place % UInt64(8 * Int(length)))
    payload[bit / 8] ^= 1 << UInt8(bit % 8)
  }

  /// Makes the frame one length shorter with a probability: a byte, on CAN FD above 8 bytes to the next length there is.
  mutating func truncate(_ probability: Double, _ random: inout RandomStream) {
    guard random.uniform() < probability && length > 0 else { return }
    let old = Int(length)
    length =
      switch length {
      case ...8: length - 1
      case ...12: 8
      case ...16: 12
      case ...20: 16
      case ...24: 20
      case ...32: 24
      case ...48: 32
      default: 48
      }
    for index in Int(length)..<old { payload[index] = 0 }
  }
}
