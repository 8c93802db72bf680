import Foundation

/// What tells one board from another.
struct Board: Equatable {
  var cpu: String
  var cpuCount: Int
  var architecture: String
  var kernel: String
  var preemption: String
  var clockSource: String
  var isVirtual: Bool

  /// This board, or the one whose /proc and /sys stand in `host`.
  static func current(_ host: HostFiles = HostFiles()) -> Board {
    let info = host.text("/proc/cpuinfo") ?? ""
    func field(_ name: String) -> String? {
      info.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":", maxSplits: 1).last
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let model = host.text("/proc/device-tree/model")?.trimmingCharacters(in: .controlCharacters)
    var name = utsname()
    uname(&name)
    return Board(
      cpu: model ?? field("model name") ?? "unknown processor",
      cpuCount: info.split(separator: "\n").count { $0.hasPrefix("processor") },
      architecture: withUnsafeBytes(of: name.machine) { Self.string($0) },
      kernel: host.text("/proc/sys/kernel/osrelease") ?? "unknown",
      preemption: Preemption(host).name,
      clockSource: host.text("/sys/devices/system/clocksource/clocksource0/current_clocksource") ?? "unknown",
      isVirtual: info.contains(" hypervisor") || host.text("/sys/hypervisor/type") != nil)
  }

  private static func string(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  var json: JSONValue {
    .object([
      ("processor", .string(cpu)), ("processors", .integer(Int64(cpuCount))),
      ("architecture", .string(architecture)), ("kernel", .string(kernel)),
      ("preemption", .string(preemption)),
      ("clock_source", .string(clockSource)), ("virtual", .boolean(isVirtual)),
    ])
  }
}

/// How the kernel can be preempted.
enum Preemption {
  case realtime
  case dynamic(String)
  case full
  case voluntaryOrNone

  init(_ host: HostFiles) {
    let version = host.text("/proc/sys/kernel/version") ?? ""
    if host.text("/sys/kernel/realtime") == "1" || version.contains("PREEMPT_RT") {
      self = .realtime
    } else if version.contains("PREEMPT_DYNAMIC") {
      self = .dynamic(Self.dynamicMode(host))
    } else if version.contains("PREEMPT") {
      self = .full
    } else {
      self = .voluntaryOrNone
    }
  }

  /// The mode in use where debugfs may be read, else what was chosen at boot, else what the kernel was built with.
  private static func dynamicMode(_ host: HostFiles) -> String {
    if let line = host.text("/sys/kernel/debug/sched/preempt"),
      let open = line.firstIndex(of: "("), let close = line[open...].firstIndex(of: ")")
    {
      return String(line[line.index(after: open)..<close])
    }
    let words = (host.text("/proc/cmdline") ?? "").split(separator: " ")
    if let chosen = words.last(where: { $0.hasPrefix("preempt=") }) {
      return String(chosen.dropFirst("preempt=".count))
    }
    let config = host.kernelConfiguration()
    let modes = ["NONE": "none", "VOLUNTARY": "voluntary", "LAZY": "lazy"]
    if let mode = modes.first(where: { config.contains("CONFIG_PREEMPT_\($0.key)=y") }) { return mode.value }
    return config.contains("CONFIG_PREEMPT=y") ? "full" : "mode unknown"
  }

  var name: String {
    switch self {
    case .realtime: "PREEMPT_RT"
    case .dynamic(let mode): "PREEMPT_DYNAMIC (\(mode))"
    case .full: "PREEMPT"
    case .voluntaryOrNone: "PREEMPT_VOLUNTARY or PREEMPT_NONE"
    }
  }
}
