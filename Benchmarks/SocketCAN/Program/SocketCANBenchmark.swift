// Times what one control cycle spends on exchanging frames with CAN interfaces; `run.py` runs this in a guest.
//
//     socketcan-benchmark CYCLES INTERFACE...
//
// Each interface carries 34 drives' share of commands and answers of 8 bytes. In turns: `peer` is the least a C program can
// do (`Peer/`), `shim` is CServoBus' C alone, `swift` is `OpenBuses`, what the loop calls, and `confirm` the same with own
// frames back. Prints `WHO TOTAL SYSTEM USER CALLS` a line: medians over the cycles [ns], and calls a cycle.

import CServoBus
import CSocketCANPeer
import ControlCycle
import Foundation
import JointControl
import RobotDescription

/// One way to take what has come and to send commands.
protocol FrameExchange: ~Copyable {
  /// Takes what has come on all interfaces; how many frames that is.
  mutating func receive() -> Int
  /// Sends a cycle's commands on all interfaces.
  mutating func send()
}

/// The drives' end of the interfaces: answers to every command, outside of what is timed.
struct Drives: ~Copyable {
  let descriptors: [Int32]
  let answers: [[UInt32]]
  private var sum: UInt64 = 0

  init(_ names: [String], answers: [[UInt32]]) throws {
    descriptors = try names.map { try opened($0, socketcan_peer_open($0)) }
    self.answers = answers
  }

  deinit { for descriptor in descriptors { socketcan_peer_close(descriptor) } }

  /// Takes the commands and answers each; how many answers that is.
  mutating func answer() -> Int {
    var count = 0
    for (descriptor, ids) in zip(descriptors, answers) {
      while socketcan_peer_receive(descriptor, &sum) == 64 {}
      count += Int(socketcan_peer_send(descriptor, ids, Int32(ids.count)))
    }
    return count
  }
}

/// An interface's descriptor, or the error that says why not.
func opened(_ name: String, _ answer: Int32) throws -> Int32 {
  guard answer >= 0 else { throw BenchmarkError(text: "\(name): \(String(cString: strerror(-answer)))") }
  return answer
}

struct BenchmarkError: Error, CustomStringConvertible {
  let text: String
  var description: String { text }
}

@main struct SocketCANBenchmark {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard let first = arguments.first, let cycles = Int(first), cycles > 0, arguments.count > 1 else {
      print("usage: socketcan-benchmark CYCLES INTERFACE...")
      exit(2)
    }
    do {
      try run(cycles, try ExchangeRobot(interfaces: Array(arguments.dropFirst())))
    } catch {
      print("socketcan-benchmark: \(error)")
      exit(3)
    }
  }

  private static func run(_ cycles: Int, _ robot: ExchangeRobot) throws {
    let rate = socketcan_ticks_per_second()
    // One after the other, each with the interfaces to itself: every socket that is open costs its share of each frame.
    try time("peer", try PeerExchange(robot), robot, cycles, rate)
    try time("shim", try ShimExchange(robot), robot, cycles, rate)
    try time("swift", try BusesExchange(robot.robot(confirms: false)), robot, cycles, rate)
    try time("confirm", try BusesExchange(robot.robot(confirms: true)), robot, cycles, rate)
  }

  private static func time<Exchange: FrameExchange & ~Copyable>(
    _ name: String, _ exchange: consuming Exchange, _ robot: ExchangeRobot, _ cycles: Int, _ rate: Double
  ) throws {
    var exchange = exchange
    var drives = try Drives(robot.interfaces, answers: robot.answers)
    var (totals, systems, users, calls): ([Double], [Double], [Double], UInt64) = ([], [], [], 0)
    var (expected, lost) = (drives.answer(), 0)
    for cycle in 0..<(cycles + cycles / 10) {
      let before = socketcan_meter_read()
      let begin = socketcan_ticks()
      let received = exchange.receive()
      exchange.send()
      let total = Double(socketcan_ticks() - begin) / rate * 1e9
      let after = socketcan_meter_read()
      lost += expected - received
      expected = drives.answer()
      // The first ones warm up.
      guard cycle >= cycles / 10 else { continue }
      let system = Double(after.ticks - before.ticks) / rate * 1e9
      totals.append(total)
      systems.append(system)
      users.append(total - system)
      calls += after.calls - before.calls
    }
    guard lost == 0 else { throw BenchmarkError(text: "\(name): \(lost) answers did not arrive in their cycle") }
    let figures = [totals, systems, users].map { String(Int($0.sorted()[$0.count / 2])) }
    print(name, figures.joined(separator: " "), Double(calls) / Double(cycles))
  }
}
