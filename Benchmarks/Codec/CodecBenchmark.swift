// Times what one control cycle spends on frames; `run.py` runs this in turns with the peer.
//
//     codec-benchmark DRIVES BATCHES [TURNS]
//
// DRIVES is `mixed` (Robots/navigator/mixed.yaml) or a family. Prints `WHAT NANOSECONDS` a line, medians over batches of
// TURNS: `cycle` is `ControlCycle`'s decode and encode of 34 joints, with limits of the samples and transmissions;
// `codec` is DriveCodec alone on the same frames, every frame's drive known.

import ControlCycle
import Foundation
import JointControl
import RobotDescription

/// The pieces of one turn that are timed.
extension ArmedDrives {
  mutating func decodeCycle() { control.decode(received, at: cycle) }

  mutating func encodeCycle() {
    transmit.removeAll()
    control.encode(into: &transmit)
  }

  /// The drive that each received frame comes from.
  func owners() -> [Int] {
    (0..<received.count).map { index in
      joints.firstIndex { DriveCodec.answers(received[index], $0.drive) } ?? -1
    }
  }

  /// Every command becomes a frame, and every frame a sample; their sum, so that nothing is left out.
  mutating func codec(_ commands: [MotorCommand], owners: [Int]) -> Double {
    var sum = 0.0
    transmit.removeAll()
    for joint in joints.indices {
      transmit.append(DriveCodec.encode(commands[joint], for: joints[joint].drive))
    }
    for index in 0..<received.count {
      switch DriveCodec.decode(received[index], for: joints[owners[index]].drive) {
      case .feedback(let state), .part(let state, _): sum += state.position + state.velocity
      default: sum = .nan
      }
    }
    return sum
  }
}

@main struct CodecBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3, let batches = Int(arguments[2]), let joints = try joints(arguments[1]) else {
      print("usage: codec-benchmark mixed|\(DriveFamily.names.joined(separator: "|")) BATCHES [TURNS]")
      exit(2)
    }
    guard var drives = try ArmedDrives(joints) else {
      print("the drives cannot be armed")
      exit(1)
    }
    let turns = arguments.count > 3 ? Int(arguments[3]) ?? 1000 : 1000
    print("frames", drives.received.count + drives.transmit.count)
    let both = median(batches, turns) {
      drives.decodeCycle()
      drives.encodeCycle()
    }
    print("cycle", both)
    print("decode", median(batches, turns) { drives.decodeCycle() })
    print("encode", median(batches, turns) { drives.encodeCycle() })
    let owners = drives.owners()
    let commands = joints.indices.map {
      MotorCommand(
        position: 0.2 + 0.01 * Double($0), velocity: 0.5, stiffness: 0.4, damping: 0.007, torque: 0.3)
    }
    var sum = 0.0
    print("codec", median(batches, turns) { sum += drives.codec(commands, owners: owners) })
    guard sum.isFinite, drives.control.unknownFrames == 0 else {
      print("a frame was not understood")
      exit(1)
    }
  }

  private static func joints(_ name: String) throws -> [JointConfiguration]? {
    switch name {
    case "mixed": try RobotDescription.load("Robots/navigator/mixed.yaml").joints.map(\.configuration)
    case "canopen": ArmedDrives.joints(.canopen, model: "CiA402")
    case "damiao": ArmedDrives.joints(.damiao, model: "DM4310", isFlexible: true)
    case "mit": ArmedDrives.joints(.mit, model: "AK80-9")
    case "odrive": ArmedDrives.joints(.odrive, model: "S1_M8325s")
    case "odrive_05": ArmedDrives.joints(.odrive05, model: "v3.6_M8325s")
    case "moteus": ArmedDrives.joints(.moteus, model: "moteus", isFlexible: true)
    case "robstride": ArmedDrives.joints(.robstride, model: "RS02")
    default: nil
    }
  }

  /// Time of one call, warm [ns].
  private static func median(_ batches: Int, _ turns: Int, _ call: () -> Void) -> Double {
    for _ in 0..<turns { call() }
    let times = (0..<batches).map { _ in
      let start = nanoseconds()
      for _ in 0..<turns { call() }
      return (nanoseconds() - start) / Double(turns)
    }
    return times.sorted()[times.count / 2]
  }

  private static func nanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}
