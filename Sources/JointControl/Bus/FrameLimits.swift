import ControlCycle

/// How many frames a cycle may bring before a bus counts as flooded.
///
/// A quarter more than drives have to say, and one: answers that are late in one cycle come in the next, but ten cycles in a
/// row that bring more mean that a node sends of its own accord (a babbling idiot). On a bus that the plan allows, that much
/// more leaves less than the 5 % that it keeps for retransmissions, or takes the slots of others.
enum FrameLimits {
  /// Frames a cycle, by bus; 0 for a bus without drives, where nobody counts.
  static func of(_ robot: Robot) -> [Int32] {
    robot.buses.indices.map { bus in
      let drives = robot.joints.filter { Int($0.configuration.drive.bus) == bus }
      if drives.isEmpty { return 0 }
      let traffic = CycleTraffic(
        period: robot.period, bus: robot.buses[bus],
        drives: drives.map { ($0.name, $0.configuration.drive) })
      var expected = 0.0
      for message in traffic.messages where !message.isFromHost {
        let rate = Double(robot.period) / Double(message.interval)
        // One more in ten cycles, as those that come seldom may fall due together.
        expected += rate >= 1 ? 1.25 * rate.rounded(.up) : rate + 0.1
      }
      return Int32(clamping: Int(expected.rounded(.up)) + 1)
    }
  }
}

extension Robot {
  /// Most frames a cycle may bring, by bus; 0 where nobody counts.
  package var frameLimits: [Int32] { FrameLimits.of(self) }
}
