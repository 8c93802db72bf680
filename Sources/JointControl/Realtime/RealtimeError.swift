internal import CServoBus
internal import Glibc

/// One thing the kernel refused a control loop.
public struct RealtimeRefusal: Error, Sendable, Equatable {
  /// What was asked for.
  public let request: RealtimeRequest
  /// The kernel's reason, an errno.
  public let code: Int32
  /// What was refused, in words.
  public let message: String
  /// The command that mends it, or what to change.
  public let fix: String

  init(_ request: RealtimeRequest, _ settings: RealtimeSettings, code: Int32, limits: RealtimeLimits) {
    self.request = request
    self.code = code
    message = "\(Self.name(request, settings)) refused: \(String(cString: strerror(code)))"
    fix = Self.fix(request, settings, code: code, limits: limits)
  }

  private static func name(_ request: RealtimeRequest, _ settings: RealtimeSettings) -> String {
    switch request {
    case .memoryLock: return "locking all memory (mlockall)"
    case .heap: return "keeping freed memory (mallopt)"
    case .hugePages: return "switching transparent huge pages off (prctl)"
    case .cpuLatency: return "holding /dev/cpu_dma_latency"
    case .backtracer: return "switching the crash backtracer off (sigaction)"
    case .thread: return "a thread with a stack of \(settings.stackSize) bytes"
    case .timerSlack: return "a timer slack of 1 ns (prctl)"
    case .affinity: return "processor \(settings.cpu ?? -1) (sched_setaffinity)"
    case .scheduling:
      switch settings.scheduling {
      case .fifo(let priority): return "SCHED_FIFO \(priority)"
      case .deadline(let runtime, let deadline, let period):
        return "SCHED_DEADLINE \(runtime)/\(deadline)/\(period) ns"
      }
    }
  }

  private static func fix(
    _ request: RealtimeRequest, _ settings: RealtimeSettings, code: Int32, limits: RealtimeLimits
  ) -> String {
    switch request {
    case .memoryLock:
      return code == EPERM || code == ENOMEM
        ? "type: \(RealtimeLimits.command)" : "free memory, or use --realtime preferred"
    case .cpuLatency:
      return code == ENOENT
        ? "build the kernel with CONFIG_CPU_IDLE and CONFIG_PM, or boot with idle=poll"
        : "type: sudo chgrp \"$(id -gn)\" /dev/cpu_dma_latency && sudo chmod g+w /dev/cpu_dma_latency"
    case .affinity:
      return "choose a processor this process may run on; type: taskset --cpu-list --pid $$"
    case .scheduling: return schedulingFix(settings.scheduling, code: code, limits: limits)
    case .thread: return "ask for a smaller stack, or raise RLIMIT_NPROC; type: ulimit -u"
    case .heap: return "use glibc, or --realtime preferred"
    case .hugePages, .backtracer, .timerSlack: return "allow the call in the container's seccomp profile"
    }
  }

  private static func schedulingFix(
    _ scheduling: RealtimeScheduling, code: Int32, limits: RealtimeLimits
  ) -> String {
    switch (scheduling, code) {
    case (.fifo(let priority), EPERM):
      guard limits.allows(priority: priority) else { return "type: \(RealtimeLimits.command)" }
      // Enough privilege, and still refused: a control group without real-time bandwidth (RT_GROUP_SCHED).
      return "give this control group real-time bandwidth; type: "
        + "echo 950000 | sudo tee /sys/fs/cgroup/cpu\(limits.cpuGroup)/cpu.rt_runtime_us"
    case (.fifo, EINVAL): return "use a priority of 1...99"
    case (.deadline, EPERM):
      return "run as root with no fixed processor; SCHED_DEADLINE has no resource limit"
    case (.deadline, EBUSY): return "ask for less runtime: the processors are promised to others"
    default: return "allow sched_setscheduler in the container; type: docker run --cap-add SYS_NICE ..."
    }
  }
}

/// Why a control loop with `RealtimePolicy.required` did not start: everything the kernel refused.
public struct RealtimeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was refused, in the order it was asked for.
  public let refusals: [RealtimeRefusal]

  init(_ refusals: [RealtimeRefusal]) { self.refusals = refusals }

  /// Every refusal with what mends it.
  public var description: String {
    refusals.map { "\($0.message); \($0.fix)" }.joined(separator: "\n")
  }
}

/// What this process may ask the kernel for.
public struct RealtimeLimits: Sendable, Equatable {
  /// Highest priority of RLIMIT_RTPRIO; nil for no limit.
  public var priority: Int64?
  /// RLIMIT_MEMLOCK [bytes]; nil for no limit.
  public var lockedMemory: Int64?
  /// Whether the process runs as root.
  public var isRoot: Bool
  /// The process's control group of the cpu controller.
  public var cpuGroup: String

  /// Gives the shell it is typed in both limits, and with it what is started there.
  public static let command = "sudo prlimit --pid $$ --rtprio=95:95 --memlock=unlimited:unlimited"

  /// Limits.
  public init(priority: Int64?, lockedMemory: Int64?, isRoot: Bool, cpuGroup: String = "") {
    self.priority = priority
    self.lockedMemory = lockedMemory
    self.isRoot = isRoot
    self.cpuGroup = cpuGroup
  }

  /// The limits of this process.
  public static func current() -> RealtimeLimits {
    let limits = servo_realtime_get_limits()
    return RealtimeLimits(
      priority: limits.priority < 0 ? nil : limits.priority,
      lockedMemory: limits.locked_memory < 0 ? nil : limits.locked_memory,
      isRoot: geteuid() == 0, cpuGroup: currentGroup())
  }

  /// Whether RLIMIT_RTPRIO or root's privilege covers a priority.
  public func allows(priority wanted: Int32) -> Bool {
    guard !isRoot, let priority else { return true }
    return priority >= Int64(wanted)
  }

  /// The path in a line like `1:cpu,cpuacct:/user.slice` of /proc/self/cgroup; empty for the root group.
  private static func currentGroup() -> String {
    guard let file = fopen("/proc/self/cgroup", "re") else { return "" }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 4096)
    while fgets(&line, Int32(line.count), file) != nil {
      let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":", maxSplits: 2)
      guard parts.count == 3, parts[1].split(separator: ",").contains("cpu") else { continue }
      let path = parts[2].filter { $0 != "\n" }
      return path == "/" ? "" : String(path)
    }
    return ""
  }
}
