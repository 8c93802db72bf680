import JointControl

/// Looks at a host with the eyes of a control loop.
struct Doctor {
  var host = HostFiles()
  var trials = HostTrials()

  /// Everything, from the kernel outwards.
  func checks() -> [Check] {
    [
      preemption(), scheduling(), deadlineScheduling(), throttling(), groupScheduling(), memoryLock(),
      cpuLatency(),
      governor(), idleStates(), isolation(), interrupts(), clock(), stolenTime(), canSockets(),
    ] + canInterfaces()
  }

  // MARK: Kernel

  private func preemption() -> Check {
    let kind = Preemption(host)
    let found = "Linux \(host.text("/proc/sys/kernel/osrelease") ?? "?"), \(kind.name)"
    if case .realtime = kind { return .ok("preemption", found) }
    return .warn(
      "preemption", found, cost: "kernel work can delay a cycle by milliseconds; no bound can be given",
      fix:
        "install a PREEMPT_RT kernel (Debian: sudo apt-get install linux-image-rt-amd64, or -arm64); until then "
        + "boot with preempt=full")
  }

  private func scheduling() -> Check {
    let answer = trials.fifo()
    if answer == 0 { return .ok("scheduling", "SCHED_FIFO 80 was granted to a thread") }
    let limits = trials.limits()
    let limit = limits.priority.map(String.init) ?? "unlimited"
    let command =
      limits.allows(priority: 80)
      ? "echo 950000 | sudo tee /sys/fs/cgroup/cpu\(limits.cpuGroup)/cpu.rt_runtime_us"
      : RealtimeLimits.command
    return .fail(
      "scheduling", "SCHED_FIFO 80: \(HostTrials.reason(answer)); RLIMIT_RTPRIO is \(limit)",
      cost: "every other thread may run before the loop: late by milliseconds under any load",
      fix: "type: \(command); for good: REALTIME.md")
  }

  private func deadlineScheduling() -> Check {
    let answer = trials.deadline()
    if answer == 0 { return .ok("deadline_scheduling", "SCHED_DEADLINE was granted to a thread") }
    return .ok(
      "deadline_scheduling", "SCHED_DEADLINE: \(HostTrials.reason(answer)); Sinew's loop uses SCHED_FIFO")
  }

  private func throttling() -> Check {
    let runtime = host.text("/proc/sys/kernel/sched_rt_runtime_us").flatMap(Int.init)
    let period = host.text("/proc/sys/kernel/sched_rt_period_us").flatMap(Int.init) ?? 1_000_000
    switch runtime {
    case nil: return .ok("rt_throttling", "this kernel has no real-time throttling")
    case .some(..<0):
      return .ok("rt_throttling", "off: a loop that never sleeps takes its processor for good")
    case .some(0):
      return .fail(
        "rt_throttling", "no time at all for real-time threads", cost: "SCHED_FIFO threads do not run",
        fix: "type: sudo sysctl kernel.sched_rt_runtime_us=950000")
    case .some(let runtime):
      return .ok(
        "rt_throttling", "\(runtime) of every \(period) us for real-time threads; a loop sleeps far more")
    }
  }

  private func groupScheduling() -> Check {
    let group = trials.limits().cpuGroup
    for folder in ["/sys/fs/cgroup/cpu\(group)", "/sys/fs/cgroup/cpu,cpuacct\(group)"] {
      guard let runtime = host.text(folder + "/cpu.rt_runtime_us").flatMap(Int.init) else { continue }
      if runtime != 0 {
        return .ok("rt_group_sched", "this control group has \(runtime) us of real-time time")
      }
      return .fail(
        "rt_group_sched", "this control group has no real-time time",
        cost: "SCHED_FIFO is refused, to root too",
        fix: "type: echo 950000 | sudo tee \(folder)/cpu.rt_runtime_us")
    }
    return .ok("rt_group_sched", "real-time time is not shared out by control groups here")
  }

  // MARK: Memory and processors

  private func memoryLock() -> Check {
    let answer = trials.lockMemory()
    if answer == 0 { return .ok("memory_lock", "all memory could be locked") }
    let limit = trials.limits().lockedMemory.map { "\($0 / 1024) KiB" } ?? "unlimited"
    return .fail(
      "memory_lock", "mlockall: \(HostTrials.reason(answer)); RLIMIT_MEMLOCK is \(limit)",
      cost: "a page fault can wait for the disk in the middle of a cycle",
      fix: "type: \(RealtimeLimits.command); for good: REALTIME.md")
  }

  private func cpuLatency() -> Check {
    let answer = trials.cpuLatency()
    if answer == 0 { return .ok("cpu_latency", "/dev/cpu_dma_latency could be held at 0 us") }
    return .warn(
      "cpu_latency", "/dev/cpu_dma_latency: \(HostTrials.reason(answer))",
      cost: "an idle processor may take 100 us and more to wake",
      fix: "type: sudo chgrp \"$(id -gn)\" /dev/cpu_dma_latency && sudo chmod g+w /dev/cpu_dma_latency; "
        + "for good: REALTIME.md")
  }

  private static let cpuFolder = "/sys/devices/system/cpu"

  private var cpus: [String] {
    host.list(Self.cpuFolder).filter { $0.hasPrefix("cpu") && Int($0.dropFirst(3)) != nil }
  }

  private func governor() -> Check {
    let files = cpus.map { "\(Self.cpuFolder)/\($0)/cpufreq/scaling_governor" }
    let governors = files.compactMap { file in host.text(file).map { (file, $0) } }
    if governors.isEmpty { return .ok("governor", "this kernel does not change the processors' frequency") }
    let slow = governors.filter { $0.1 != "performance" }
    if slow.isEmpty { return .ok("governor", "performance on \(governors.count) processors") }
    return .warn(
      "governor", "\(slow[0].1) on \(slow.count) of \(governors.count) processors",
      cost: "the processor is slow when the loop wakes, and cycle times vary with its frequency",
      fix: "type: echo performance | sudo tee \(Self.cpuFolder)/cpu*/cpufreq/scaling_governor",
      repair: .write("performance", to: slow.map(\.0)))
  }

  private func idleStates() -> Check {
    var worst: (name: String, latency: Int)?
    for cpu in cpus {
      let folder = "\(Self.cpuFolder)/\(cpu)/cpuidle"
      for state in host.list(folder) where host.text("\(folder)/\(state)/disable") != "1" {
        guard let latency = host.text("\(folder)/\(state)/latency").flatMap(Int.init) else { continue }
        if latency > worst?.latency ?? -1 {
          worst = (host.text("\(folder)/\(state)/name") ?? state, latency)
        }
      }
    }
    guard let worst else { return .ok("idle_states", "this kernel has no idle states") }
    let found = "deepest: \(worst.name), \(worst.latency) us to wake"
    if worst.latency <= 20 { return .ok("idle_states", found) }
    if trials.cpuLatency() == 0 { return .ok("idle_states", found + "; a loop keeps processors out of it") }
    return .warn(
      "idle_states", found, cost: "up to \(worst.latency) us at every wake-up",
      fix: "mend cpu_latency, or boot with processor.max_cstate=1 (x86) or cpuidle.off=1")
  }

  private var isolated: Set<Int> { Self.cpuSet(host.text("\(Self.cpuFolder)/isolated") ?? "") }

  private func isolation() -> Check {
    guard let last = cpus.last?.dropFirst(3), !isolated.isEmpty else {
      return .warn(
        "isolation", "no processor is isolated", cost: "other threads and timers share the loop's processor",
        fix: "boot with isolcpus=N nohz_full=N rcu_nocbs=N for the loop's processor (the last, "
          + "\(cpus.last?.dropFirst(3) ?? "N"), is a good one), and run with --cpu N")
    }
    let list = isolated.sorted().map(String.init).joined(separator: ", ")
    let full = Self.cpuSet(host.text("\(Self.cpuFolder)/nohz_full") ?? "")
    if isolated.isSubset(of: full) { return .ok("isolation", "processors \(list), without a timer tick") }
    return .warn(
      "isolation", "processors \(list), with a timer tick", cost: "a few us of interrupt at every tick",
      fix:
        "add nohz_full=\(isolated.max() ?? Int(last) ?? 0) to the kernel's command line (CONFIG_NO_HZ_FULL)")
  }

  private func interrupts() -> Check {
    if isolated.isEmpty { return .ok("interrupts", "no processor is isolated, so none has to be kept free") }
    let here = host.list("/proc/irq").filter { Int($0) != nil }.filter { number in
      let list =
        host.text("/proc/irq/\(number)/effective_affinity_list")
        ?? host.text("/proc/irq/\(number)/smp_affinity_list") ?? ""
      return !Self.cpuSet(list).isDisjoint(with: isolated)
    }
    if here.isEmpty { return .ok("interrupts", "none goes to an isolated processor") }
    let free = cpus.compactMap { Int($0.dropFirst(3)) }.first { !isolated.contains($0) } ?? 0
    return .warn(
      "interrupts", "\(here.count) go to isolated processors: \(here.prefix(8).joined(separator: ", "))",
      cost: "each takes the processor from the loop for some us",
      fix:
        "type: echo \(free) | sudo tee /proc/irq/{\(here.joined(separator: ","))}/smp_affinity_list; stop irqbalance "
        + "(the interrupts of the loop's own CAN adapter may stay)")
  }

  /// The numbers in a list such as `0-2,5`.
  static func cpuSet(_ list: String) -> Set<Int> {
    var set: Set<Int> = []
    for part in list.split(separator: ",") {
      let ends = part.split(separator: "-").compactMap { Int($0) }
      if let first = ends.first, let last = ends.last, first <= last, last < 4096 {
        set.formUnion(first...last)
      }
    }
    return set
  }

  private func clock() -> Check {
    let source = host.text("/sys/devices/system/clocksource/clocksource0/current_clocksource") ?? "unknown"
    let cost = trials.clockCost()
    let found = "\(source), \(cost) ns to read"
    if cost < 500 { return .ok("clock", found) }
    return .warn(
      "clock", found, cost: "a dozen readings a cycle take \(12 * cost / 1000) us and a system call each",
      fix:
        "boot with tsc=reliable where the processor's TSC is invariant (x86); see dmesg | grep -i clocksource"
    )
  }

  private func stolenTime() -> Check {
    let part = trials.stolenPart()
    let found = "\(RunReport.fixed(100 * part, 2)) % of processor time goes to other guests of the hypervisor"
    if part > 0.0005 || Board.current(host).isVirtual {
      return .warn(
        "stolen_time", "a virtual machine; " + found,
        cost: "wake-ups late by whole time slices, 10 ms and more",
        fix: "run a robot from bare metal, or pin the guest's processors to host processors of their own")
    }
    return .ok("stolen_time", "not a virtual machine")
  }
}
