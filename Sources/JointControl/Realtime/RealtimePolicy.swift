/// What happens when the kernel refuses something a control loop asks for.
public enum RealtimePolicy: String, Sendable, CaseIterable {
  /// The loop does not start.
  case required
  /// The loop runs with what was granted; the refusals are reported.
  case preferred
  /// Nothing is asked; the loop runs on the caller's thread.
  case off
}

/// How the kernel schedules a control loop's thread.
public enum RealtimeScheduling: Sendable, Equatable {
  /// SCHED_FIFO at a priority of 1...99: runs until it sleeps, before every thread of a lower priority.
  case fifo(priority: Int32)
  /// SCHED_DEADLINE [ns]: `runtime` in each `period`, by `deadline`; not with a fixed processor.
  case deadline(runtime: Int64, deadline: Int64, period: Int64)
}

/// What a control loop asks of the kernel.
public struct RealtimeSettings: Sendable, Equatable {
  /// How the thread is scheduled. FIFO 80 stands above the kernel's interrupt threads (50 on PREEMPT_RT) and below its
  /// migration and watchdog threads (99).
  public var scheduling: RealtimeScheduling
  /// The processor the thread stays on; any when nil.
  public var cpu: Int32?
  /// Size of the thread's stack [bytes].
  public var stackSize: Int
  /// How soon an idle processor has to wake [us]; nil asks for nothing.
  public var cpuLatency: Int32?

  /// Settings; the defaults suit a loop of 50...4000 Hz.
  public init(
    scheduling: RealtimeScheduling = .fifo(priority: 80), cpu: Int32? = nil, stackSize: Int = 1 << 20,
    cpuLatency: Int32? = 0
  ) {
    self.scheduling = scheduling
    self.cpu = cpu
    self.stackSize = stackSize
    self.cpuLatency = cpuLatency
  }
}

/// One thing that a control loop asks of the kernel.
public enum RealtimeRequest: String, Sendable, CaseIterable {
  /// All memory locked, so that no page fault waits for a disk.
  case memoryLock = "memory_lock"
  /// Freed memory stays in the process.
  case heap
  /// No transparent huge pages.
  case hugePages = "huge_pages_off"
  /// Processors wake from idle at once.
  case cpuLatency = "cpu_latency"
  /// The crash backtracer of the Swift runtime is off.
  case backtracer = "backtracer_off"
  /// A thread of the loop's own.
  case thread
  /// Sleeps are not stretched.
  case timerSlack = "timer_slack"
  /// The thread stays on one processor.
  case affinity
  /// The thread runs before others.
  case scheduling
}

/// What the kernel granted a loop, and what the loop's thread met.
public struct RealtimeReport: Sendable {
  /// The policy the loop ran under.
  public var policy: RealtimePolicy
  /// What was asked for; nil where nothing was.
  public var settings: RealtimeSettings?
  /// What was granted, in the order it was asked for.
  public var granted: [RealtimeRequest] = []
  /// What was refused, with the reason and what mends it.
  public var refused: [RealtimeRefusal] = []
  /// Page faults while the job ran that needed no disk.
  public var minorFaults: Int64 = 0
  /// Page faults while the job ran that waited for a disk.
  public var majorFaults: Int64 = 0
  /// How often the job lost its processor without asking.
  public var involuntarySwitches: Int64 = 0

  /// A report of nothing asked.
  public init(policy: RealtimePolicy) { self.policy = policy }
}
