import JointControl
import RigidBody
import Simulation
import TestSupport
import Testing

@testable import sinew

@Suite("Injected faults")
struct InjectionTests {
  @Test("What is not understood is a failure of usage with the option's text")
  func refused() {
    for (text, layers) in [
      ("upper gone at 1", Set<FaultLayer>.robot), ("", .robot), ("host setpoint-nan", .robot),
      ("disk full", .robot),
    ] {
      do {
        _ = try Injection(option: text, robot: SampleRobots.arm(), layers: layers)
        Issue.record("'\(text)' was accepted")
      } catch {
        #expect(error.code == 2 && error.problems.count == 1)
        #expect(error.problems[0].location == "--inject '\(text)'")
      }
    }
  }

  @Test("A fault of a layer that the command runs is taken")
  func taken() throws {
    let robot = SampleRobots.arm()
    let injection = try Injection(option: "elbow watchdog off", robot: robot, layers: .robot)
    #expect(injection.kind == .watchdogOff && injection.joints == [1])
  }
}
