internal import CServoBus

/// Work for a thread of its own.
///
/// A type and not a closure: a closure written where code is isolated to an actor would bring the actor's executor
/// check with it, and that check ends the process on a thread the executor does not know.
public protocol RealtimeJob: ~Copyable {
  /// Does the work; called once.
  mutating func run()
}

/// Runs a job on a thread with what a control loop needs from the kernel.
public enum RealtimeThread {
  /// Runs `job` to its end and waits for it.
  ///
  /// What is asked of the process (locked memory, heap, huge pages, backtracer) stays after the job's end, as other
  /// threads may rely on it; the idle latency is given back.
  ///
  /// - Throws: `RealtimeError` under `required` when anything was refused; the job was not started.
  public static func run<Job: RealtimeJob & ~Copyable>(
    _ job: inout Job, policy: RealtimePolicy, settings: RealtimeSettings = RealtimeSettings()
  ) throws(RealtimeError) -> RealtimeReport {
    var report = RealtimeReport(policy: policy)
    if policy == .off {
      job.run()
      return report
    }
    report.settings = settings
    let limits = RealtimeLimits.current()
    let latency = prepareProcess(settings, limits: limits, report: &report)
    defer { servo_realtime_release_cpu_latency(latency) }

    let error = withUnsafeMutablePointer(to: &job) { job in
      withUnsafeMutablePointer(to: &report) { report in
        var launch = RealtimeLaunch(
          job: UnsafeMutableRawPointer(job), report: report, settings: settings, limits: limits,
          call: { $0.assumingMemoryBound(to: Job.self).pointee.run() })
        return withUnsafeMutablePointer(to: &launch) {
          servo_thread_run(settings.stackSize, realtimeThreadMain, $0)
        }
      }
    }
    if error != 0 {
      report.refused.append(RealtimeRefusal(.thread, settings, code: -error, limits: limits))
      if policy == .preferred { job.run() }
    }
    if policy == .required && !report.refused.isEmpty { throw RealtimeError(report.refused) }
    return report
  }

  /// Asks for what concerns the whole process; returns the descriptor that holds the idle latency, or -1.
  private static func prepareProcess(
    _ settings: RealtimeSettings, limits: RealtimeLimits, report: inout RealtimeReport
  ) -> Int32 {
    report.note(.backtracer, servo_realtime_disable_backtracer(), limits)
    report.note(.heap, servo_realtime_keep_heap(), limits)
    report.note(.hugePages, servo_realtime_disable_huge_pages(), limits)
    report.note(.memoryLock, servo_realtime_lock_memory(), limits)
    guard let cpuLatency = settings.cpuLatency else { return -1 }
    let descriptor = servo_realtime_hold_cpu_latency(cpuLatency)
    report.note(.cpuLatency, min(descriptor, 0), limits)
    return descriptor
  }
}

/// What the thread's entry needs; lives on the stack of `RealtimeThread.run`, which waits for the thread.
private struct RealtimeLaunch {
  let job: UnsafeMutableRawPointer
  let report: UnsafeMutablePointer<RealtimeReport>
  let settings: RealtimeSettings
  let limits: RealtimeLimits
  let call: (UnsafeMutableRawPointer) -> Void
}

/// The thread's entry, at file scope and isolated to nothing.
private func realtimeThreadMain(_ context: UnsafeMutableRawPointer?) {
  guard let launch = context?.assumingMemoryBound(to: RealtimeLaunch.self) else { return }
  let (settings, report) = (launch.pointee.settings, launch.pointee.report)
  prepareThread(settings, limits: launch.pointee.limits, report: &report.pointee)
  report.pointee.granted.insert(.thread, at: 0)
  if report.pointee.policy == .required && !report.pointee.refused.isEmpty { return }
  // Half of the stack: the caller's frames and the guard page keep the rest.
  servo_realtime_prefault_stack(settings.stackSize / 2)
  let before = servo_realtime_usage()
  launch.pointee.call(launch.pointee.job)
  let after = servo_realtime_usage()
  report.pointee.minorFaults = after.minor_faults - before.minor_faults
  report.pointee.majorFaults = after.major_faults - before.major_faults
  report.pointee.involuntarySwitches = after.involuntary_switches - before.involuntary_switches
}

/// Asks for what concerns the calling thread; the scheduling last, so that the rest is paid at normal priority.
private func prepareThread(_ settings: RealtimeSettings, limits: RealtimeLimits, report: inout RealtimeReport)
{
  report.note(.timerSlack, servo_realtime_set_timer_slack(1), limits)
  if let cpu = settings.cpu { report.note(.affinity, servo_realtime_set_affinity(cpu), limits) }
  switch settings.scheduling {
  case .fifo(let priority): report.note(.scheduling, servo_realtime_set_fifo(priority), limits)
  case .deadline(let runtime, let deadline, let period):
    let parts = [runtime, deadline, period].map { UInt64(max(0, $0)) }
    report.note(.scheduling, servo_realtime_set_deadline(parts[0], parts[1], parts[2]), limits)
  }
}

extension RealtimeReport {
  /// Notes the answer of the kernel to a request: 0 or a negative errno.
  fileprivate mutating func note(_ request: RealtimeRequest, _ answer: Int32, _ limits: RealtimeLimits) {
    guard let settings else { return }
    if answer == 0 {
      granted.append(request)
    } else {
      refused.append(RealtimeRefusal(request, settings, code: -answer, limits: limits))
    }
  }
}
