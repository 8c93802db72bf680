import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

@Suite("Faults of motors, encoders, reducers, bodies and the supply")
struct PhysicsFaultTests {
  /// What is not felt in the motion of a few tenths of a second: heat takes longer, more supply changes nothing here, and
  /// the hinges do not give way across their plane.
  private static let unfelt: Set<Injection.Kind> = [.extraHeat, .ambient, .surges, .pushY]
  private static let layers: Set<FaultLayer> = [.motor, .encoder, .reducer, .body, .supply]

  /// Bits of what both joints say in each cycle of a run.
  private func trace(_ texts: [String]) throws -> [(time: Int64, words: [UInt64])] {
    try FaultRun(texts, on: FaultRun.profiledArm, runTime: 0.9).cycles.map { cycle in
      (cycle.time, (cycle.positions + cycle.torques).map(\.bitPattern) + cycle.ages.map { UInt64($0) })
    }
  }

  @Test("Each is felt within a tenth of a second from its start, and not before")
  func isFelt() throws {
    let sound = try trace([])
    let robot = FaultRun.profiledArm
    for entry in FaultCatalogue.entries
    where Self.layers.contains(entry.layer) && !Self.unfelt.contains(entry.kind) {
      let target = entry.targets == [.link] ? robot.model.linkNames[2] : "elbow"
      // Beyond the speed that a volt leaves; and a fault of one cycle may fall between two samples.
      let how = entry.kind == .sags ? " 47" : (entry.span == .cycle ? " for 0.01" : "")
      let text = "\(target) \(entry.name)\(how) at 1"
      let seen = try trace([text])
      let first = zip(sound, seen).first { $0.words != $1.words }?.0.time
      #expect(first.map { $0 >= 1_000_000_000 && $0 < 1_100_000_000 } == true, "\(text): \(first ?? 0)")
    }
  }

  @Test("Heat and warmth warm the winding, of the joint that they are told to")
  func heat() throws {
    let robot = FaultRun.profiledArm
    for text in ["elbow extra-heat 200", "elbow ambient 60"] {
      let simulated = SimulatedRobot(robot, seed: 1, injections: [try Injection(text, robot: robot)])
      let sound = SimulatedRobot(robot, seed: 1)
      _ = (simulated.wait(until: 2_000_000_000), sound.wait(until: 2_000_000_000))
      #expect(simulated.temperature(of: 1) > sound.temperature(of: 1) + 0.1, "\(text)")
      #expect(simulated.temperature(of: 0) == sound.temperature(of: 0), "\(text)")
    }
  }
}
