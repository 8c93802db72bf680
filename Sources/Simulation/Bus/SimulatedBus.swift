public import ControlCycle
public import JointControl

/// What happened on a bus.
public enum BusEvent: BitwiseCopyable, Sendable {
  /// A frame won arbitration and took the bus.
  case started
  /// A frame ended; `time` is its end of frame. Lost frames reach nobody.
  case ended(CANFrame, isLost: Bool)
  /// A frame reached every node but its sender; `time` is the instant of arrival.
  case arrived(CANFrame, sender: Int)
}

/// One CAN bus, timed to the bit: nodes with queues, arbitration by identifier, exact frame lengths, faults.
///
/// Node 0 is the host, whose frames leave in the order they were queued, as those of a SocketCAN interface do;
/// the others are drives, and behind them those that belong to nobody when a fault says so. Bit errors and error frames are
/// not modelled.
public struct SimulatedBus: ~Copyable {
  /// The node that stands for the host.
  public static let host = 0
  /// Replies a drive can have waiting; its firmware has a few transmit mailboxes.
  static let driveQueueDepth = 4
  /// Frames that can be between end of frame and arrival when a fault delays them.
  static let delayedCapacity = 1024
  /// Frames that can be held back, and that can wait beside the nodes' queues.
  static let heldCapacity = 64
  /// Longest time a frame is held back [ns].
  static let longestHold: Int64 = 20_000_000

  /// Instant of the next event [ns]; `Int64.max` when nothing will happen.
  public private(set) var nextEvent: Int64 = .max
  /// Time the bus carried frames, interframe spaces included [ns].
  public private(set) var busyTime: Int64 = 0
  /// Frames that ended on the bus.
  public private(set) var carried = 0
  /// Frames that ended on the bus and reached nobody.
  public private(set) var lost = 0
  /// Frames that were never sent: no room in their node's queue, or CAN FD on a classic bus.
  public private(set) var dropped = 0

  private let index: UInt8
  private let bitTime: BitTime
  private let dataBitTime: BitTime
  private let interframeTime: Int64
  private let isFlexible: Bool
  private let queues: UnsafeMutablePointer<FrameQueue>
  private let nodeCount: Int
  /// Whether no fault ever acts on this bus, which spares its frames the question.
  private let isSound: Bool
  private var wire = WireFaults()
  private var foreign = ForeignNodes()
  private var controller = HostController()
  private var delayed: FrameQueue
  /// Frames that wait for the next one of their identifier, each with the instant at which it goes all the same.
  private var held: FrameQueue
  /// Frames beside those of the nodes' own queues, by the instant from which on they compete for the bus.
  private var extra: FrameQueue
  private var lastArrival: Int64 = .min
  /// The frame on the wire, its sender, the instants of its end and of the bus being idle again.
  private var frame = CANFrame()
  private var sender = 0
  private var isRepeat = false
  private var endOfFrame: Int64 = .max
  private var idleFrom: Int64 = .min

  /// A bus between a host and some drives.
  ///
  /// - Parameters:
  ///   - configuration: bit rates.
  ///   - index: the bus's index in the robot's table; it picks the faults and the random stream.
  ///   - drives: number of drives, nodes 1...drives.
  ///   - seed: where the random stream of losses and delays starts.
  ///   - faults: faults of any bus; only those of this one act, each with a random stream of its own.
  ///   - hostQueueDepth: frames the host's interface can hold.
  public init(
    _ configuration: BusConfiguration, index: Int, drives: Int, seed: UInt64 = 0, faults: [BusFault] = [],
    hostQueueDepth: Int = 64
  ) {
    precondition(
      configuration.bitRate > 0 && configuration.dataBitRate ?? 1 > 0 && drives >= 0 && hostQueueDepth > 0)
    self.index = UInt8(clamping: index)
    bitTime = BitTime(rate: configuration.bitRate)
    dataBitTime = BitTime(rate: configuration.dataBitRate ?? configuration.bitRate)
    interframeTime = FrameLength.time(of: FrameLength.interframeSpace, at: configuration.bitRate)
    isFlexible = configuration.dataBitRate != nil
    nodeCount = drives + 1
    queues = .allocate(capacity: nodeCount)
    for node in 0..<nodeCount {
      let depth = node == SimulatedBus.host ? hostQueueDepth : SimulatedBus.driveQueueDepth
      (queues + node).initialize(to: FrameQueue(capacity: depth))
    }
    delayed = FrameQueue(capacity: SimulatedBus.delayedCapacity)
    held = FrameQueue(capacity: SimulatedBus.heldCapacity)
    extra = FrameQueue(capacity: SimulatedBus.heldCapacity)
    isSound = !faults.contains { $0.bus == index }
    var numbers: [UInt64: UInt64] = [:]
    for fault in faults where fault.bus == index {
      let kind = fault.kind.number
      let earlier = numbers[kind, default: 0]
      numbers[kind] = earlier + 1
      let random = RandomStream(seed: seed, stream: UInt64(index) | kind << 16 | earlier << 32)
      wire.add(fault.kind, random: random)
      foreign.add(fault.kind, random: random)
      controller.add(fault.kind, random: random)
    }
    if !foreign.isEmpty { updateNextEvent() }
  }

  deinit {
    queues.deinitialize(count: nodeCount)
    queues.deallocate()
  }

  /// Queues a frame that a node can send from an instant on [ns]; false, and counted, when it cannot.
  @discardableResult
  public mutating func send(_ frame: CANFrame, from node: Int, at time: Int64) -> Bool {
    precondition(node >= 0 && node < nodeCount)
    if !isSound && node == SimulatedBus.host && !controller.takesFrame(at: time) {
      controller.countRefused()
      dropped += 1
      return false
    }
    guard isFlexible || !frame.isFlexibleDataRate, queues[node].append(frame, from: node, at: time) else {
      dropped += 1
      if node == SimulatedBus.host { controller.countRefused() }
      return false
    }
    // Nothing begins on a busy bus, and behind another frame of its node this one is not the next.
    if endOfFrame == .max && queues[node].count == 1 {
      let ready = ready(node)
      if ready != .max { nextEvent = min(nextEvent, max(ready, idleFrom)) }
    }
    return true
  }

  /// Has a frame compete for the bus from an instant on [ns], beside the queue of the node that it comes from: a late or
  /// second answer. False, and counted, when there is no room.
  @discardableResult
  public mutating func sendBeside(_ frame: CANFrame, from node: Int, at time: Int64) -> Bool {
    precondition(node >= 0 && node < nodeCount)
    guard isFlexible || !frame.isFlexibleDataRate,
      extra.insert(FrameQueue.Entry(time: time, sender: node, frame: frame))
    else {
      dropped += 1
      return false
    }
    updateNextEvent()
    return true
  }

  /// Chooses the identifier of strangers' frames.
  mutating func setStrangerID(_ id: UInt32) { foreign.strangerID = id }

  /// What happened on a bus, for a caller that takes the frame from `onWire`.
  enum Turn {
    /// A frame took the bus.
    case started
    /// The frame on the wire ended and reached every node but its sender at once.
    case passed(sender: Int)
    /// Anything else.
    case event(BusEvent)
  }

  /// The frame on the wire, or the last one that was.
  var onWire: CANFrame { frame }

  /// As `advance`, but what ends and arrives at one instant, as all frames do without faults, is one event: nothing comes
  /// between, as events of one instant go by buses.
  mutating func turn() -> Turn {
    guard isSound && delayed.count == 0 && held.count == 0 else { return .event(advance()) }
    let now = nextEvent
    precondition(now != .max, "nothing happens on an idle bus")
    guard endOfFrame == now else {
      start(now)
      nextEvent = endOfFrame
      return .started
    }
    frame.time = now
    endOfFrame = .max
    carried += 1
    lastArrival = now
    updateNextEvent()
    return .passed(sender: sender)
  }

  /// Lets the event at `nextEvent` happen; there must be one.
  public mutating func advance() -> BusEvent {
    let now = nextEvent
    precondition(now != .max, "nothing happens on an idle bus")
    defer { updateNextEvent() }
    if delayed.headTime == now {
      let entry = delayed.first.pointee
      delayed.removeFirst()
      return .arrived(entry.frame, sender: entry.sender)
    }
    if endOfFrame == now { return end(now) }
    if held.headTime == now {
      let entry = held.first.pointee
      held.removeFirst()
      return arrive(entry, at: now)
    }
    start(now)
    return .started
  }

  // MARK: The host's controller

  /// State of the host's controller or interface at an instant [ns].
  public func hostState(at time: Int64) -> BusState { isSound ? .errorActive : controller.state(at: time) }

  /// Whether a frame that arrives at an instant reaches the loop [ns]; one that finds no room is counted.
  mutating func hostHears(at time: Int64) -> Bool { isSound || controller.hears(at: time) }

  /// What the host's interface says of itself at an instant [ns]; refusals since the last call are in it.
  mutating func hostCondition(at time: Int64) -> BusCondition { controller.condition(at: time) }

  /// Drops what waits in the host's queue.
  public mutating func purgeHost() {
    queues[SimulatedBus.host].removeAll()
    updateNextEvent()
  }

  /// Starts the host's controller again at an instant [ns]; false while what took it off the bus lasts.
  public mutating func restartHost(at time: Int64) -> Bool {
    let (works, dropsQueue) = controller.restart(at: time)
    if dropsQueue { queues[SimulatedBus.host].removeAll() }
    idleFrom = max(idleFrom, time)
    updateNextEvent()
    return works
  }

  /// Part of the time since 0 that the bus carried frames.
  public func load(until time: Int64) -> Double { time > 0 ? Double(busyTime) / Double(time) : 0 }

  /// The ready frame with the lowest identifier takes the bus.
  private mutating func start(_ now: Int64) {
    var winner = -1
    var best = UInt64.max
    for node in 0..<nodeCount where ready(node) <= now {
      let key = SimulatedBus.priority(of: queues[node].first.pointee.frame)
      if key < best {
        best = key
        winner = node
      }
    }
    isRepeat = false
    if winner >= 0 {
      frame = queues[winner].first.pointee.frame
      sender = winner
    }
    let isPlain = isSound && extra.count == 0 && winner >= 0
    let isForeign = isPlain ? false : takesBeside(now, best: best, isBeside: winner < 0)
    if !isForeign { queues[winner].removeFirst() }
    let length = FrameLength(of: frame)
    let duration = bitTime.time(of: length.nominalBits) + dataBitTime.time(of: length.dataBits)
    // Receivers have the frame at its end; the bus is idle three bits later.
    endOfFrame = now + duration - interframeTime
    idleFrom = now + duration
    busyTime += duration
  }

  /// Takes a frame that is in no node's queue where it wins against the best of those; false when none does.
  private mutating func takesBeside(_ now: Int64, best: UInt64, isBeside: Bool) -> Bool {
    var best = best
    var takes = false
    if extra.headTime <= now, case let entry = extra.first.pointee,
      SimulatedBus.priority(of: entry.frame) <= best
    {
      best = SimulatedBus.priority(of: entry.frame)
      frame = entry.frame
      sender = entry.sender
      takes = true
    }
    var stranger = CANFrame(id: foreign.strangerID, bus: index, isExtended: false)
    if foreign.nextStranger <= now && SimulatedBus.priority(of: stranger) < best {
      stranger = foreign.takeStranger(bus: index)
      (frame, sender) = (stranger, nodeCount)
      return true
    }
    if takes {
      isRepeat = extra.first.pointee.isRepeat
      extra.removeFirst()
      return true
    }
    if foreign.babbles(from: now) <= now && SimulatedBus.priority(of: ForeignNodes.babble) < best {
      frame = ForeignNodes.babble
      frame.bus = index
      sender = nodeCount
      return true
    }
    precondition(!isBeside, "the bus starts only where a frame is ready")
    return false
  }

  private mutating func end(_ now: Int64) -> BusEvent {
    frame.time = now
    endOfFrame = .max
    carried += 1
    if wire.isEmpty && held.count == 0 {
      queueArrival(frame, from: sender, at: now)
      return .ended(frame, isLost: false)
    }
    var arriving = frame
    let passage = wire.act(on: &arriving, at: now)
    // Once only: what is sent again is not sent a third time.
    if passage.isRepeated && sender < nodeCount && !isRepeat {
      let again = FrameQueue.Entry(time: now, sender: sender, frame: frame, isRepeat: true)
      if !extra.insert(again) { dropped += 1 }
    }
    if passage.isLost {
      lost += 1
      return .ended(arriving, isLost: true)
    }
    let entry = FrameQueue.Entry(time: now + SimulatedBus.longestHold, sender: sender, frame: arriving)
    let (node, id, format) = (sender, frame.id, frame.isExtended)
    let before = held.take { $0.sender == node && $0.frame.id == id && $0.frame.isExtended == format }
    if before == nil && passage.isHeld && held.append(entry) { return .ended(arriving, isLost: false) }
    queueArrival(arriving, from: sender, at: now + passage.delay)
    if let before { queueArrival(before.frame, from: before.sender, at: now + passage.delay) }
    return .ended(arriving, isLost: false)
  }

  /// Has a frame arrive at an instant, behind all that arrive before [ns].
  private mutating func queueArrival(_ frame: CANFrame, from sender: Int, at time: Int64) {
    var arriving = frame
    arriving.time = max(time, lastArrival)
    lastArrival = arriving.time
    if !delayed.append(FrameQueue.Entry(time: arriving.time, sender: sender, frame: arriving)) {
      dropped += 1
    }
  }

  private func arrive(_ entry: FrameQueue.Entry, at now: Int64) -> BusEvent {
    var frame = entry.frame
    frame.time = now
    return .arrived(frame, sender: entry.sender)
  }

  /// When a node's first frame can go out, once the bus is idle [ns].
  private func ready(_ node: Int) -> Int64 {
    let ready = queues[node].headTime
    guard node == SimulatedBus.host, ready != .max, !isSound else { return ready }
    return controller.transmits(from: max(ready, idleFrom))
  }

  private mutating func updateNextEvent() {
    var next = min(delayed.headTime, min(endOfFrame, held.headTime))
    if endOfFrame == .max {
      for node in 0..<nodeCount {
        let ready = ready(node)
        if ready != .max { next = min(next, max(ready, idleFrom)) }
      }
      if extra.headTime != .max { next = min(next, max(extra.headTime, idleFrom)) }
      if !isSound && !foreign.isEmpty {
        next = min(next, foreign.babbles(from: idleFrom))
        if foreign.nextStranger != .max { next = min(next, max(foreign.nextStranger, idleFrom)) }
      }
    }
    nextEvent = next
  }

  private static func priority(of frame: CANFrame) -> UInt64 {
    FramePriority.key(identifier: frame.id, isExtended: frame.isExtended)
  }
}

/// How long bits take at one rate: as `FrameLength.time`, without a division where a bit takes whole nanoseconds.
private struct BitTime {
  private let rate: Int
  /// Time of a bit [ns]; 0 where it is no whole number.
  private let whole: Int64

  init(rate: Int) {
    self.rate = rate
    whole = 1_000_000_000 % rate == 0 ? Int64(1_000_000_000 / rate) : 0
  }

  func time(of bits: Int) -> Int64 {
    whole > 0 ? Int64(bits) * whole : FrameLength.time(of: bits, at: rate)
  }
}
