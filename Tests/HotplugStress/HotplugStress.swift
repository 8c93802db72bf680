import CServoBus
import ControlCycle
import Foundation
import JointControl

/// The hot-plug path while an interface is plugged in and pulled out again and again: `HotplugStress INTERFACE [GROUP]`, driven by
/// Tests/VM/tests/check_plugs.py, and built for the thread sanitizer by `make tsan`.
///
/// One thread watches, as in `sinew run`; the main thread stands for the loop: it opens the interface when it is there, sends and
/// receives until it is lost, and closes it. Each step is a line on standard output. Ends on SIGTERM with what it holds:
/// descriptors and bytes of the heap, after 50 losses, when what is kept is full, and at the end.
///
/// With `--broken` the two threads share a value without any lock, which the sanitizer must report.
@main enum HotplugStress {
  /// What the process holds.
  struct Holdings {
    var descriptors = 0
    var heap = 0
    var resident = 0

    static var now: Holdings {
      let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? -1
      let status = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
      let pages = status.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      return Holdings(
        descriptors: descriptors, heap: heapInUse, resident: pages * sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Bytes of the heap that are given out, by glibc's own account (malloc_info, whose last figures are the sums); -1 without.
    private static var heapInUse: Int {
      typealias Account = @convention(c) (Int32, UnsafeMutablePointer<FILE>?) -> Int32
      var (text, size): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
      guard let found = dlsym(nil, "malloc_info"), let stream = open_memstream(&text, &size) else {
        return -1
      }
      _ = unsafeBitCast(found, to: Account.self)(0, stream)
      fclose(stream)
      defer { free(text) }
      let lines = text.map { String(cString: $0) }?.split(separator: "\n") ?? []
      func last(_ start: String) -> Int {
        let line = lines.last { $0.hasPrefix(start) } ?? ""
        let digits = line.components(separatedBy: "size=\"").last?.prefix { $0.isNumber } ?? ""
        return Int(digits) ?? 0
      }
      return last("<system type=\"current\"") - last("<total type=\"fast\"") - last("<total type=\"rest\"")
        + last("<total type=\"mmap\"")
    }

    func text(_ name: String) -> String {
      "\"\(name)\": {\"descriptors\": \(descriptors), \"heap\": \(heap), \"resident\": \(resident)}"
    }
  }

  /// A value that two threads share with nothing between them.
  final class Unprotected: @unchecked Sendable {
    var value = 0
  }

  static let settled = 50

  static func main() {
    let arguments = CommandLine.arguments.dropFirst().filter { $0 != "--broken" }
    guard let interface = arguments.first else {
      print("usage: HotplugStress INTERFACE [udev|kernel] [--broken]")
      exit(2)
    }
    let group = arguments.dropFirst().first.flatMap(AdapterWatch.Group.init) ?? .kernel
    let unprotected = CommandLine.arguments.contains("--broken") ? Unprotected() : nil
    _ = servo_signal_catch()
    let bus = BusConfiguration(name: "stress", interface: interface, bitRate: 1_000_000)
    let hotplug = HotplugThread([bus], group: group) { notice in
      unprotected?.value += 1
      say("\(notice.presence.rawValue)")
    }
    if let refusal = hotplug.outcome.refusal {
      print(refusal)
      exit(3)
    }
    say("watching")
    var first = Holdings()
    var (opened, lost) = (0, 0)
    while servo_signal_caught() == 0 {
      guard serve(bus, hotplug, unprotected) else { continue }
      opened += 1
      lost += 1
      if lost == settled { first = .now }
    }
    let end = Holdings.now
    let outcome = hotplug.stop()
    print(
      "{\"opened\": \(opened), \"lost\": \(lost), \"kept\": \(outcome.notices.count), "
        + "\"further\": \(outcome.furtherNotices), \(first.text("settled")), \(end.text("end"))}")
    exit(0)
  }

  /// Opens the bus and uses it until it is lost; false when it is not there.
  private static func serve(_ bus: BusConfiguration, _ hotplug: HotplugThread, _ unprotected: Unprotected?)
    -> Bool
  {
    _ = servo_clock_sleep_until(servo_clock_now() + 500_000)
    unprotected?.value += 1
    let open: OpenBus
    do throws(BusError) { open = try OpenBus(bus, index: 0, use: .everything) } catch { return false }
    say("open")
    let staging = FrameStaging()
    var received = FrameBuffer(capacity: 256)
    var sent = FrameBuffer(capacity: 4)
    while open.traffic.lost == 0 && servo_signal_caught() == 0 {
      received.removeAll()
      sent.removeAll()
      sent.append(CANFrame())
      open.receive(into: &received, by: staging)
      open.send(sent)
      unprotected?.value += 1
      // What somebody beside the loop may ask at any time.
      _ = hotplug.outcome.adapters.buses.first?.presence
      _ = servo_clock_sleep_until(servo_clock_now() + 500_000)
    }
    guard open.traffic.lost != 0 else { return false }
    say("lost")
    return true
  }

  private static func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
  }
}
