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
/// the others are drives, and behind them one that babbles when a fault says so. Bit errors, error frames and retransmission are not modelled.
public struct SimulatedBus: ~Copyable {
  /// The node that stands for the host.
  public static let host = 0
  /// Replies a drive can have waiting; its firmware has a few transmit mailboxes.
  static let driveQueueDepth = 4
  /// Frames that can be between end of frame and arrival when a fault delays them.
  static let delayedCapacity = 1024

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
  private let bitRate: Int
  private let dataBitRate: Int
  private let isFlexible: Bool
  private let queues: UnsafeMutablePointer<FrameQueue>
  private let nodeCount: Int
  private var random: RandomStream
  private var loseProbability = 0.0
  private var lossStart: Int64 = .max
  private var lossEnd: Int64 = .max
  private var controller = HostController()
  private var delay: Int64 = 0
  private var jitter: Int64 = 0
  private var delayed: FrameQueue
  private var lastArrival: Int64 = .min
  /// The frame on the wire, its sender, the instants of its end and of the bus being idle again.
  private var frame = CANFrame()
  private var sender = 0
  private var endOfFrame: Int64 = .max
  private var idleFrom: Int64 = .min

  /// A bus between a host and some drives.
  ///
  /// - Parameters:
  ///   - configuration: bit rates.
  ///   - index: the bus's index in the robot's table; it picks the faults and the random stream.
  ///   - drives: number of drives, nodes 1...drives.
  ///   - seed: where the random stream of losses and delays starts.
  ///   - faults: faults of any bus; only those of this one act. Of one kind the last one holds.
  ///   - hostQueueDepth: frames the host's interface can hold.
  public init(
    _ configuration: BusConfiguration, index: Int, drives: Int, seed: UInt64 = 0, faults: [BusFault] = [],
    hostQueueDepth: Int = 64
  ) {
    precondition(
      configuration.bitRate > 0 && configuration.dataBitRate ?? 1 > 0 && drives >= 0 && hostQueueDepth > 0)
    self.index = UInt8(clamping: index)
    bitRate = configuration.bitRate
    dataBitRate = configuration.dataBitRate ?? configuration.bitRate
    isFlexible = configuration.dataBitRate != nil
    nodeCount = drives + 1
    queues = .allocate(capacity: nodeCount)
    for node in 0..<nodeCount {
      let depth = node == SimulatedBus.host ? hostQueueDepth : SimulatedBus.driveQueueDepth
      (queues + node).initialize(to: FrameQueue(capacity: depth))
    }
    random = RandomStream(seed: seed, stream: UInt64(index))
    delayed = FrameQueue(capacity: SimulatedBus.delayedCapacity)
    for fault in faults where fault.bus == index { add(fault.kind) }
  }

  deinit {
    queues.deinitialize(count: nodeCount)
    queues.deallocate()
  }

  /// Queues a frame that a node can send from an instant on [ns]; false, and counted, when it cannot.
  @discardableResult
  public mutating func send(_ frame: CANFrame, from node: Int, at time: Int64) -> Bool {
    precondition(node >= 0 && node < nodeCount)
    let entry = FrameQueue.Entry(time: time, sender: node, frame: frame)
    if node == SimulatedBus.host && !controller.takesFrame(at: time) {
      controller.countRefused()
      dropped += 1
      return false
    }
    guard isFlexible || !frame.isFlexibleDataRate, queues[node].append(entry) else {
      dropped += 1
      if node == SimulatedBus.host { controller.countRefused() }
      return false
    }
    updateNextEvent()
    return true
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
    start(now)
    return .started
  }

  // MARK: The host's controller

  /// State of the host's controller or interface at an instant [ns].
  public func hostState(at time: Int64) -> BusState { controller.state(at: time) }

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

  private mutating func add(_ kind: BusFault.Kind) {
    switch kind {
    case .loseAll(let from, let until): (lossStart, lossEnd) = (from, until)
    case .lose(let probability): loseProbability = probability
    case .delay(let time): delay = max(0, time)
    case .jitter(let bound): jitter = max(0, bound)
    case .busOff, .unplugged, .errorState, .queueFull, .babbling: controller.add(kind)
    }
  }

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
    if controller.babbles(from: now) <= now && best > SimulatedBus.priority(of: SimulatedBus.babble) {
      winner = nodeCount
    }
    precondition(winner >= 0)
    sender = winner
    if winner == nodeCount {
      frame = SimulatedBus.babble
      frame.bus = index
    } else {
      frame = queues[winner].first.pointee.frame
      queues[winner].removeFirst()
    }
    let duration = FrameLength(of: frame).duration(bitRate: bitRate, dataBitRate: dataBitRate)
    // Receivers have the frame at its end; the bus is idle three bits later.
    endOfFrame = now + duration - FrameLength.time(of: FrameLength.interframeSpace, at: bitRate)
    idleFrom = now + duration
    busyTime += duration
  }

  private mutating func end(_ now: Int64) -> BusEvent {
    frame.time = now
    endOfFrame = .max
    carried += 1
    // One draw a frame and fault, lost or not, so that a fault does not shift the draws of later frames.
    let isUnlucky = loseProbability > 0 && random.uniform() < loseProbability
    let late = delay + (jitter > 0 ? random.integer(upTo: jitter) : 0)
    let isLost = isUnlucky || (now >= lossStart && now < lossEnd)
    if isLost {
      lost += 1
    } else {
      var arriving = frame
      arriving.time = max(now + late, lastArrival)
      lastArrival = arriving.time
      let entry = FrameQueue.Entry(time: arriving.time, sender: sender, frame: arriving)
      if !delayed.append(entry) { dropped += 1 }
    }
    return .ended(frame, isLost: isLost)
  }

  /// What a babbling node sends.
  private static var babble: CANFrame {
    var frame = CANFrame(id: 0x7FF, bus: 0, isExtended: false)
    frame.length = 8
    return frame
  }

  /// When a node's first frame can go out, once the bus is idle [ns].
  private func ready(_ node: Int) -> Int64 {
    let ready = queues[node].headTime
    guard node == SimulatedBus.host, ready != .max else { return ready }
    return controller.transmits(from: max(ready, idleFrom))
  }

  private mutating func updateNextEvent() {
    var next = min(delayed.headTime, endOfFrame)
    if endOfFrame == .max {
      for node in 0..<nodeCount {
        let ready = ready(node)
        if ready != .max { next = min(next, max(ready, idleFrom)) }
      }
      next = min(next, controller.babbles(from: idleFrom))
    }
    nextEvent = next
  }

  private static func priority(of frame: CANFrame) -> UInt64 {
    FramePriority.key(identifier: frame.id, isExtended: frame.isExtended)
  }
}
