import CServoBus
import Foundation
import Testing

@testable import JointControl

/// Notes that it ran, and on which thread.
private struct Probe: RealtimeJob {
  var runs = 0
  var thread: pthread_t?

  mutating func run() {
    runs += 1
    thread = pthread_self()
  }
}

@Suite("Real-time thread")
struct RealtimeTests {
  /// Nothing is asked of the test's own process.
  private static let process = UInt32(
    SERVO_REALTIME_LOCK_MEMORY | SERVO_REALTIME_KEEP_HEAP | SERVO_REALTIME_HUGE_PAGES_OFF
      | SERVO_REALTIME_HOLD_LATENCY | SERVO_REALTIME_BACKTRACER_OFF)
  private static let everything =
    process | UInt32(SERVO_REALTIME_TIMER_SLACK | SERVO_REALTIME_AFFINITY | SERVO_REALTIME_SCHEDULE)
  private static let settings = RealtimeSettings(cpu: 0)

  private func refusing<Result>(_ requests: UInt32, _ error: Int32 = EPERM, _ body: () throws -> Result)
    rethrows
    -> Result
  {
    servo_realtime_refuse(requests, error)
    defer { servo_realtime_refuse(0, 0) }
    return try body()
  }

  @Test("Required: one refusal keeps the job from starting, and all of them are told in order")
  func required() throws {
    var probe = Probe()
    let error = try #require(throws: RealtimeError.self) {
      try refusing(Self.everything) {
        _ = try RealtimeThread.run(&probe, policy: .required, settings: Self.settings)
      }
    }
    #expect(probe.runs == 0)
    #expect(
      error.refusals.map(\.request) == [
        .backtracer, .heap, .hugePages, .memoryLock, .cpuLatency, .timerSlack, .affinity, .scheduling,
      ])
    for refusal in error.refusals {
      #expect(refusal.code == EPERM && refusal.message.contains("refused: ") && !refusal.fix.isEmpty)
      #expect(error.description.contains(refusal.fix))
    }
  }

  @Test("Required: no thread is a refusal too")
  func noThread() throws {
    var probe = Probe()
    let error = try #require(throws: RealtimeError.self) {
      try refusing(UInt32(SERVO_REALTIME_THREAD) | Self.process, EAGAIN) {
        _ = try RealtimeThread.run(&probe, policy: .required)
      }
    }
    #expect(probe.runs == 0 && error.refusals.last?.request == .thread)
  }

  @Test("Preferred: the job runs once on a thread of its own, and the report says without what")
  func preferred() throws {
    var probe = Probe()
    let report = try refusing(Self.everything & ~UInt32(SERVO_REALTIME_TIMER_SLACK)) {
      try RealtimeThread.run(&probe, policy: .preferred, settings: Self.settings)
    }
    #expect(probe.runs == 1 && probe.thread != pthread_self())
    #expect(report.granted == [.thread, .timerSlack] && report.refused.count == 7)
    #expect(report.policy == .preferred && report.settings == Self.settings)
  }

  @Test("Preferred: without a thread the job runs on the caller's")
  func preferredWithoutThread() throws {
    var probe = Probe()
    let report = try refusing(UInt32(SERVO_REALTIME_THREAD) | Self.process) {
      try RealtimeThread.run(&probe, policy: .preferred)
    }
    #expect(probe.runs == 1 && probe.thread == pthread_self())
    #expect(report.refused.contains { $0.request == .thread })
  }

  @Test("Off: nothing is asked and the job runs on the caller's thread")
  func off() throws {
    var probe = Probe()
    let report = try refusing(Self.everything) { try RealtimeThread.run(&probe, policy: .off) }
    #expect(probe.runs == 1 && probe.thread == pthread_self())
    #expect(report.granted.isEmpty && report.refused.isEmpty && report.settings == nil)
  }

  @Test("Each refusal names the command that mends it for this process")
  func fixes() {
    func fix(
      _ request: RealtimeRequest, _ code: Int32, priority: Int64? = 0, isRoot: Bool = false,
      group: String = "",
      scheduling: RealtimeScheduling = .fifo(priority: 80)
    ) -> String {
      RealtimeRefusal(
        request, RealtimeSettings(scheduling: scheduling, cpu: 9), code: code,
        limits: RealtimeLimits(priority: priority, lockedMemory: 65536, isRoot: isRoot, cpuGroup: group)
      ).fix
    }
    #expect(fix(.scheduling, EPERM).hasSuffix(RealtimeLimits.command))
    #expect(fix(.scheduling, EPERM, priority: 79).hasSuffix(RealtimeLimits.command))
    // Privileges are there, so the control group is what refuses.
    for (priority, isRoot) in [(80, false), (nil, false), (0, true)] as [(Int64?, Bool)] {
      #expect(
        fix(.scheduling, EPERM, priority: priority, isRoot: isRoot, group: "/user.slice")
          .hasSuffix("/sys/fs/cgroup/cpu/user.slice/cpu.rt_runtime_us"))
    }
    #expect(fix(.memoryLock, ENOMEM).hasSuffix(RealtimeLimits.command))
    #expect(fix(.cpuLatency, EACCES).contains("/dev/cpu_dma_latency"))
    #expect(fix(.cpuLatency, ENOENT).contains("CONFIG_CPU_IDLE"))
    #expect(fix(.affinity, EINVAL).contains("taskset"))
    let deadline = RealtimeScheduling.deadline(runtime: 1, deadline: 2, period: 2)
    #expect(fix(.scheduling, EBUSY, scheduling: deadline).contains("less runtime"))
  }

  @Test("A processor or priority that does not exist is refused by the kernel itself")
  func kernelRefuses() {
    #expect(servo_realtime_set_affinity(-1) == -EINVAL && servo_realtime_set_affinity(100_000) == -EINVAL)
    #expect(servo_realtime_set_fifo(0) < 0 && servo_realtime_set_fifo(1000) < 0)
    #expect(servo_realtime_last_cpu() >= 0)
  }

  @Test("A spin-tail ends at the instant or after it, never before")
  func spinTail() {
    for spin in [Int64(0), 1, 50_000, 10_000_000] {
      let instant = servo_clock_now() + 2_000_000
      #expect(servo_clock_spin_until(instant, spin) == 0 && servo_clock_now() >= instant)
    }
    #expect(servo_clock_spin_until(-1, 50_000) == 0)
  }
}
