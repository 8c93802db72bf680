import ArgumentParser
import JointControl

/// What a command that runs a loop may say about its thread.
struct RealtimeOptions: ParsableArguments {
  @Option(
    name: .customLong("realtime"),
    help: ArgumentHelp(
      "What if the kernel refuses scheduling or locked memory: \(RealtimePolicy.list). "
        + "Required ends with code 3, preferred runs and says so, off asks for nothing. A real robot requires it "
        + "unless this says otherwise, anything else prefers it.",
      valueName: "policy"))
  var chosenPolicy: RealtimePolicy?

  /// The policy where nothing moves for real.
  var policy: RealtimePolicy { chosenPolicy ?? .preferred }

  /// The policy of a run.
  func policy(for target: RunTarget) -> RealtimePolicy {
    chosenPolicy ?? (target == .real ? .required : .preferred)
  }

  @Option(help: ArgumentHelp("Priority of SCHED_FIFO, 1...99.", valueName: "priority"))
  var priority: Int32 = 80

  @Option(
    help: ArgumentHelp(
      "How the kernel schedules the loop: fifo before all of lower priority, deadline with half of each period set "
        + "aside.", valueName: "class"))
  var scheduling: SchedulingClass = .fifo

  @Option(help: ArgumentHelp("Processor for the loop's thread; any without.", valueName: "number"))
  var cpu: Int32?

  @Option(
    name: .customLong("spin-tail"),
    help: ArgumentHelp(
      "Stay awake for the last microseconds before each cycle, 0...500: exact instants for processor time.",
      valueName: "microseconds"))
  var spinTail: Int64 = 0

  func validate() throws {
    guard (1...99).contains(priority) else { throw ValidationError("--priority takes 1...99.") }
    guard (0...500).contains(spinTail) else { throw ValidationError("--spin-tail takes 0...500.") }
    if let cpu, cpu < 0 { throw ValidationError("--cpu takes the number of a processor, from 0.") }
    if cpu != nil && scheduling == .deadline {
      throw ValidationError(
        "--scheduling deadline goes without --cpu: the kernel moves such a thread as it needs.")
    }
  }

  var spinTail_ns: Int64 { spinTail * 1000 }

  /// What a loop of a period [ns] asks of the kernel.
  func settings(period: Int64) -> RealtimeSettings {
    switch scheduling {
    case .fifo: RealtimeSettings(scheduling: .fifo(priority: priority), cpu: cpu)
    case .deadline:
      RealtimeSettings(scheduling: .deadline(runtime: period / 2, deadline: period, period: period))
    }
  }
}

/// The kernel's real-time scheduling classes.
enum SchedulingClass: String, ExpressibleByArgument, CaseIterable {
  case fifo
  case deadline
}

extension RealtimePolicy: ExpressibleByArgument {
  static let list = allCases.map(\.rawValue).joined(separator: ", ")
}

extension RealtimeReport {
  /// One line for people.
  var summary: String {
    guard policy != .off, let settings else { return "not asked for" }
    var parts: [String] = []
    if granted.contains(.scheduling) {
      switch settings.scheduling {
      case .fifo(let priority): parts.append("SCHED_FIFO \(priority)")
      case .deadline(let runtime, _, let period):
        parts.append("SCHED_DEADLINE \(runtime / 1000) of \(period / 1000) us")
      }
    }
    if granted.contains(.memoryLock) { parts.append("memory locked") }
    if granted.contains(.affinity), let cpu = settings.cpu { parts.append("processor \(cpu)") }
    if granted.contains(.cpuLatency) { parts.append("no deep idle") }
    if !refused.isEmpty {
      parts.append("refused: " + refused.map(\.request.rawValue).joined(separator: ", "))
    }
    parts.append("\(minorFaults + majorFaults) page faults, \(involuntarySwitches) involuntary switches")
    return parts.joined(separator: ", ")
  }

  /// The report for machines.
  var json: JSONValue {
    .object([
      ("policy", .string(policy.rawValue)),
      ("granted", .array(granted.map { .string($0.rawValue) })),
      (
        "refused",
        .object(
          refused.map {
            ($0.request.rawValue, .object([("message", .string($0.message)), ("fix", .string($0.fix))]))
          })
      ),
      ("minor_faults", .integer(minorFaults)), ("major_faults", .integer(majorFaults)),
      ("involuntary_switches", .integer(involuntarySwitches)),
    ])
  }

  /// Says on stderr what was refused, where a loop ran without it.
  func warn() {
    for refusal in refused {
      printError("warning: \(refusal.request.rawValue): \(refusal.message); \(refusal.fix)")
    }
  }
}
