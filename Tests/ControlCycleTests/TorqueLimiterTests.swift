import TestSupport
import Testing

@testable import ControlCycle

@Suite("Torque limiter")
struct TorqueLimiterTests {
  private func torque(of command: JointCommand, at state: JointState) -> Double {
    command.stiffness * (command.position - state.position)
      + command.damping * (command.velocity - state.velocity) + command.torque
  }

  @Test("The torque a command makes stays within the limit and keeps its sign")
  func staysWithinLimit() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<20_000 {
      var command = JointCommand()
      command.position = Double.random(in: -3...3, using: &random)
      command.velocity = Double.random(in: -10...10, using: &random)
      command.stiffness = Double.random(in: 0...500, using: &random)
      command.damping = Double.random(in: 0...20, using: &random)
      command.torque = Double.random(in: -200...200, using: &random)
      var state = JointState()
      state.position = Double.random(in: -3...3, using: &random)
      state.velocity = Double.random(in: -10...10, using: &random)
      let limit = Double.random(in: 1...150, using: &random)
      let asked = torque(of: command, at: state)
      let before = command
      let isLimited = TorqueLimiter.apply(to: &command, state: state, limit: limit)
      let given = torque(of: command, at: state)
      #expect(abs(given) <= limit * (1 + 1e-9) + 1e-9)
      #expect(isLimited == (command != before))
      #expect(isLimited || abs(asked) <= limit)
      #expect(command.stiffness >= 0 && command.damping >= 0)
      let expected = min(max(asked, -limit), limit)
      #expect(abs(given - expected) < 1e-9 * max(1, abs(asked)))
    }
  }

  @Test("A command inside the limit is left alone")
  func leavesSmallCommandsAlone() {
    var command = JointCommand()
    command.position = 0.1
    command.stiffness = 100
    command.torque = 5
    let before = command
    #expect(!TorqueLimiter.apply(to: &command, state: JointState(), limit: 20))
    #expect(command == before)
  }
}
