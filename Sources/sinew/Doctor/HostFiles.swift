import Foundation

/// The kernel's files under / or, in tests, under another folder.
struct HostFiles {
  var root = ""

  /// A file's text without white space at its ends; nil when it cannot be read.
  func text(_ path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: root + path) else { return nil }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// What a folder holds, sorted; nothing where there is none.
  func list(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: root + path)) ?? []).sorted {
      $0.compare($1, options: .numeric) == .orderedAscending
    }
  }

  /// Where a link points, its last part only.
  func link(_ path: String) -> String? {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: root + path))?.split(separator: "/").last.map(
      String.init)
  }

  /// The options the kernel was built with, as lines; empty where it does not say.
  func kernelConfiguration() -> Set<Substring> {
    let release = text("/proc/sys/kernel/osrelease") ?? ""
    var lines = text("/boot/config-\(release)")
    if lines == nil && root.isEmpty { lines = Command("gzip", ["-dc", "/proc/config.gz"]).output() }
    return Set((lines ?? "").split(separator: "\n"))
  }

  /// Writes to a file that is there; whether it went.
  func write(_ text: String, to path: String) -> Bool {
    guard let file = FileHandle(forWritingAtPath: root + path) else { return false }
    defer { try? file.close() }
    return (try? file.write(contentsOf: Data(text.utf8))) != nil
  }
}

/// The processors' time so far, and how much of it the hypervisor gave to others [ticks].
struct StolenTime: Equatable {
  var total = 0.0
  var stolen = 0.0

  /// From the first line of /proc/stat: user nice system idle iowait irq softirq steal.
  static func now(_ host: HostFiles = HostFiles()) -> StolenTime {
    let line = host.text("/proc/stat")?.split(separator: "\n").first ?? ""
    let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
    guard ticks.count == 8 else { return StolenTime() }
    return StolenTime(total: ticks.reduce(0, +), stolen: ticks[7])
  }

  /// The stolen part since an earlier instant.
  func part(since earlier: StolenTime) -> Double {
    total > earlier.total ? (stolen - earlier.stolen) / (total - earlier.total) : 0
  }
}

/// Another program, with its arguments.
struct Command: Equatable {
  var arguments: [String]

  init(_ program: String, _ arguments: [String]) { self.arguments = [program] + arguments }

  /// What it prints on standard output; nil when it is not there or fails.
  func output() -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    // Tools for the administrator stand outside a user's path on Debian.
    var environment = ProcessInfo.processInfo.environment
    environment["PATH", default: ""] += ":/usr/sbin:/sbin:/usr/bin:/bin"
    process.environment = environment
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
  }
}
