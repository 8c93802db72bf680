import Foundation
import JointControl
import Testing

@testable import sinew

@Suite("Doctor")
struct DoctorTests {
  /// A folder with a host's files in it.
  private final class FakeHost {
    let root = FileManager.default.temporaryDirectory.path + "/sinew-doctor-\(UUID().uuidString)"
    var files: HostFiles { HostFiles(root: root) }

    init(_ contents: [String: String]) throws {
      for (path, text) in contents { try put(text, path) }
    }
    deinit { try? FileManager.default.removeItem(atPath: root) }

    func put(_ text: String, _ path: String) throws {
      let file = URL(fileURLWithPath: root + path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data((text + "\n").utf8).write(to: file)
    }

    /// Every file with what it holds.
    var snapshot: [String: Data] {
      var all: [String: Data] = [:]
      for case let path as String in FileManager.default.enumerator(atPath: root) ?? .init() {
        all[path] = FileManager.default.contents(atPath: root + "/" + path)
      }
      return all
    }
  }

  private static let cpu = "/sys/devices/system/cpu"

  /// A board that is set up as the page says.
  private static let good: [String: String] = [
    "/proc/sys/kernel/osrelease": "6.1.0-rt", "/proc/sys/kernel/version": "#1 SMP PREEMPT_RT Debian",
    "/boot/config-6.1.0-rt": "CONFIG_CAN=m\nCONFIG_PREEMPT_RT=y",
    "/proc/cpuinfo": "processor\t: 0\nmodel name\t: Board\nprocessor\t: 1",
    "/proc/sys/kernel/sched_rt_runtime_us": "950000", "/proc/sys/kernel/sched_rt_period_us": "1000000",
    cpu + "/cpu0/cpufreq/scaling_governor": "performance",
    cpu + "/cpu1/cpufreq/scaling_governor": "performance",
    cpu + "/cpu1/cpuidle/state0/latency": "1", cpu + "/cpu1/cpuidle/state0/name": "POLL",
    cpu + "/isolated": "1", cpu + "/nohz_full": "1", "/proc/irq/24/smp_affinity_list": "0",
    "/sys/devices/system/clocksource/clocksource0/current_clocksource": "arch_sys_counter",
    "/sys/class/net/can0/type": "280", "/sys/class/net/can0/tx_queue_len": "64",
    "/sys/class/net/can0/operstate": "up", "/sys/class/net/eth0/type": "1",
    "/sys/class/net/eth0/tx_queue_len": "10",
  ]

  private static var granted: HostTrials {
    HostTrials(
      fifo: { 0 }, deadline: { 0 }, lockMemory: { 0 }, cpuLatency: { 0 }, canSocket: { 0 }, clockCost: { 25 },
      stolenPart: { 0 },
      controller: { _ in
        HostTrials.Controller(state: .errorActive, bitRate: 1_000_000, restart_ms: 0, busOffs: 0)
      },
      limits: { RealtimeLimits(priority: 95, lockedMemory: nil, isRoot: false) })
  }

  private func checks(_ host: FakeHost, _ trials: HostTrials = granted) -> [String: Check] {
    Dictionary(Doctor(host: host.files, trials: trials).checks().map { ($0.name, $0) }) { $1 }
  }

  @Test("A board that is set up has nothing to mend")
  func healthy() throws {
    let found = checks(try FakeHost(Self.good))
    #expect(found.count == 18)
    for check in found.values { #expect(check.status == .ok && check.repair == nil, "\(check)") }
  }

  @Test(
    "Each fault of a host is one row, with what it costs and how to mend it",
    arguments: [
      (
        "preemption", Check.Status.warn, "/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC",
        "linux-image-rt"
      ),
      ("rt_throttling", .fail, "/proc/sys/kernel/sched_rt_runtime_us", "0", "sysctl"),
      ("rt_group_sched", .fail, "/sys/fs/cgroup/cpu/cpu.rt_runtime_us", "0", "cpu.rt_runtime_us"),
      ("governor", .warn, cpu + "/cpu1/cpufreq/scaling_governor", "powersave", "tee"),
      ("isolation", .warn, cpu + "/isolated", "", "isolcpus"),
      ("isolation", .warn, cpu + "/nohz_full", "0", "nohz_full"),
      ("interrupts", .warn, "/proc/irq/24/smp_affinity_list", "0-1", "/proc/irq/{24}"),
      ("can0_queue", .warn, "/sys/class/net/can0/tx_queue_len", "10", "txqueuelen 64"),
      ("can0_queue", .warn, "/sys/class/net/can0/tx_queue_len", "1000", "txqueuelen 64"),
      ("can_interfaces", .warn, "/sys/class/net/can0/type", "1", "adapter"),
    ])
  func fault(name: String, status: Check.Status, path: String, text: String, fix: String) throws {
    let host = try FakeHost(Self.good)
    try host.put(text, path)
    let found = checks(host)
    let check = try #require(found[name])
    #expect(check.status == status && check.fix.contains(fix) && !check.cost.isEmpty, "\(check)")
    for other in found.values where other.name != name { #expect(other.status == .ok, "\(other)") }
  }

  @Test("What is tried and refused is a failure, whatever the files say")
  func refused() throws {
    var trials = Self.granted
    trials.fifo = { -EPERM }
    trials.lockMemory = { -ENOMEM }
    trials.canSocket = { -EAFNOSUPPORT }
    trials.controller = { _ in
      HostTrials.Controller(state: .busOff, bitRate: 1_000_000, restart_ms: 100, busOffs: 1)
    }
    trials.limits = { RealtimeLimits(priority: 0, lockedMemory: 65536, isRoot: false) }
    let found = checks(try FakeHost(Self.good), trials)
    #expect(found["scheduling"]?.status == .fail && found["memory_lock"]?.status == .fail)
    #expect(found["scheduling"]?.fix.contains(RealtimeLimits.command) == true)
    #expect(found["can_sockets"]?.repair == .run(Command("modprobe", ["can_raw"])))
    #expect(found["can0_restart"]?.status == .warn)
    #expect(found["can0_state"]?.status == .fail)
  }

  @Test("Looking changes nothing; --fix writes what is safe and says so")
  func repair() throws {
    let host = try FakeHost(Self.good)
    try host.put("powersave", Self.cpu + "/cpu0/cpufreq/scaling_governor")
    try host.put("10", "/sys/class/net/can0/tx_queue_len")
    let before = host.snapshot
    let found = Doctor(host: host.files, trials: Self.granted).checks()
    #expect(host.snapshot == before)
    var report = DoctorReport(checks: found)
    #expect(report.status == .warn)
    report.repairs = found.compactMap { DoctorReport.Repair($0, host: host.files) }
    #expect(report.repairs.map(\.check) == ["governor", "can0_queue"] && report.repairs.allSatisfy(\.isDone))
    #expect(report.text.contains("fixed can0_queue: wrote 64 to /sys/class/net/can0/tx_queue_len"))
    for check in checks(host).values { #expect(check.status == .ok, "\(check)") }
    #expect(host.files.text("/sys/class/net/eth0/tx_queue_len") == "10")
  }

  @Test(
    "Lists of processors",
    arguments: [
      ("", []), ("3", [3]), ("0-2,5", [0, 1, 2, 5]), ("x,2-1,-", []), ("0-999999999", []),
    ] as [(String, Set<Int>)])
  func cpuSets(list: String, set: Set<Int>) { #expect(Doctor.cpuSet(list) == set) }
}
