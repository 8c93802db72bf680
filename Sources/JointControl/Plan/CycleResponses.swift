/// How late each message of a robot's bus can end, with the host's queue as it is: first in, first out.
///
/// The loop queues its commands of a cycle in one go and in the order of the joints, and one controller sends them in that
/// order, so the premise of `ResponseTimes` (each node sends its most urgent frame first) does not hold for them. What is
/// used instead counts frames, each once a cycle. With the host's latency H and a drive's latency D, from the cycle's start:
///
///     sum         H + all frames of the cycle + D
///     command i   H + commands up to i + answers to earlier commands that win against any of these
///     answer a    what is before its command, D, answers and later commands that win against it, one frame that does not
///
/// The sum holds for every queue: the bus rests only while no command waits and no answer is ready, so at most D in a cycle.
/// A command is never blocked by a less urgent frame of a drive, because from H on the host has one waiting until the last is
/// sent. A drive sends its own answers in the order in which they came up, so each of them counts with the least urgent
/// identifier of that drive. In a cycle that starts on an idle bus all are upper bounds, whatever the drives' latencies up to
/// D; a plan is feasible only if the sum fits in the period, so each cycle does start on an idle bus.
///
/// Where drives speak of their own accord, or the host asks something now and then, nothing of a cycle ends later than a busy
/// period of the whole bus (an answer two), at whose start everything falls due at once. What drives speak of their own accord
/// is bounded by `ResponseTimes`, with the delay of a queue as the jitter of what comes out of it, and all that a drive sends
/// taken for as little urgent as the least urgent of it, since its own queue may be first in, first out too (Davis, Navet,
/// "Controller Area Network (CAN) schedulability analysis for messages with arbitrary deadlines in FIFO and work-conserving
/// queues", WFCS 2012).
struct CycleResponses {
  let period: Int64
  let bitTime: Int64
  /// The messages, with their responses.
  private(set) var messages: [PlannedMessage]

  /// The responses of the traffic of one bus.
  init(_ traffic: CycleTraffic) {
    period = traffic.period
    bitTime = FrameLength.time(of: 1, at: traffic.bus.bitRate)
    messages = traffic.messages
    if messages.allSatisfy({ $0.isCyclic(of: period) }) {
      boundCyclic()
    } else {
      boundMixed()
    }
  }

  // MARK: Everything once a cycle

  private mutating func boundCyclic() {
    let (host, drive) = (BusPlan.hostLatency, BusPlan.responseLatency)
    let sum = messages.reduce(host + drive) { $0 + $1.length }
    // Answers that can be sent before a command ends, by that command.
    var before: [Int: Set<Int>] = [:]
    var ends: [Int: Int64] = [:]
    var queued = host
    var leastUrgent: UInt64 = 0
    let answers = messages.indices.filter { !messages[$0].isFromHost }
    for index in messages.indices where messages[index].isFromHost {
      queued += messages[index].length
      leastUrgent = max(leastUrgent, messages[index].priorities.upperBound)
      let winners = answers.filter {
        (messages[$0].trigger ?? 0) < index && messages[$0].priorities.lowerBound < leastUrgent
      }
      before[index] = Set(winners)
      ends[index] = queued
      finish(index, at: winners.reduce(queued) { $0 + messages[$1].length }, sum: sum, deadline: period)
    }
    for index in answers {
      guard let trigger = messages[index].trigger, let sent = ends[trigger] else { continue }
      let own = answers.filter { messages[$0].joint == messages[index].joint }
      let limit = own.map { messages[$0].priorities.upperBound }.max() ?? 0
      let ahead = answers.filter {
        $0 != index
          && (messages[$0].priorities.lowerBound <= limit || own.contains($0)
            || before[trigger]?.contains($0) ?? false)
      }
      let later = messages.indices.filter { messages[$0].isFromHost && $0 > trigger }
      let passing = later.filter { messages[$0].priorities.lowerBound <= limit }
      let counted = Set(ahead + passing + [index])
      let blocking =
        (answers + later).filter { !counted.contains($0) }.map { messages[$0].length }.max() ?? 0
      let time = counted.reduce(sent + drive + blocking) { $0 + messages[$1].length }
      finish(index, at: time, sum: sum, deadline: period)
    }
  }

  private mutating func finish(_ index: Int, at time: Int64?, sum: Int64?, deadline: Int64) {
    messages[index].sufficient = sum
    messages[index].worst = sum.map { min($0, time ?? $0) }
    messages[index].deadline = deadline
  }

  // MARK: With what comes at its own rate

  private mutating func boundMixed() {
    let (host, drive) = (BusPlan.hostLatency, BusPlan.responseLatency)
    let window = busyPeriod()
    // A drive counts as lost after so many cycles without a sample, whatever the policy.
    let patience = 20 * period
    for index in messages.indices {
      switch messages[index].kind {
      case .report: continue
      case .answer:
        let bound = window.map { host + drive + 2 * $0 }
        finish(index, at: bound, sum: bound, deadline: max(patience, messages[index].interval))
      case .command, .question, .sync, .heartbeat:
        let bound = window.map { host + $0 }
        finish(index, at: bound, sum: bound, deadline: max(patience, messages[index].interval))
      }
    }
    let set = messages.map { message in
      PeriodicMessage(
        name: message.name, priority: message.priorities.lowerBound, length: message.length,
        period: message.interval, deadline: message.deadline,
        jitter: message.kind == .report ? 0 : max(0, (message.worst ?? 0) - message.length))
    }
    for index in messages.indices where messages[index].kind == .report {
      let ownDrive = messages.filter { !$0.isFromHost && $0.joint == messages[index].joint }
      var queued = set
      queued[index].priority = ownDrive.map(\.priorities.upperBound).max() ?? set[index].priority
      let response = ResponseTimes(of: index, among: queued, bitTime: bitTime)
      finish(
        index, at: response.worst, sum: window, deadline: max(patience, messages[index].interval))
    }
  }

  /// Longest time that the bus can be busy without a pause [ns]; nil when it need not ever pause.
  ///
  /// It begins with everything due at once, and with the answers to commands that were sent just before.
  private func busyPeriod() -> Int64? {
    let pending = messages.reduce(Int64(0)) { $0 + ($1.kind == .answer ? $1.length : 0) }
    var window: Int64 = 1
    while window < 1_000 * period {
      let demand = messages.reduce(pending) {
        $0 + $1.length * ((window + $1.interval - 1) / $1.interval)
      }
      if demand <= window { return window }
      window = demand
    }
    return nil
  }
}
