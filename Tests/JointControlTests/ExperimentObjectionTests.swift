import ControlCycle
import TestSupport
import Testing

@testable import JointControl

@Suite("Experiments that cannot come out well are refused")
struct ExperimentObjectionTests {
  private let robot = SampleRobots.arm(losses: .planetary)

  private func objections(
    _ kind: Experiment.Kind, from position: Double? = nil, _ change: (inout Experiment) -> Void = { _ in }
  ) -> [ExperimentObjection] {
    var experiment = Experiment.usual(kind, joint: 0, of: robot, from: position)
    change(&experiment)
    return experiment.objections(for: robot, from: position)
  }

  @Test("Usual experiments of a sound joint are not refused", arguments: Experiment.Kind.allCases)
  func usual(kind: Experiment.Kind) {
    #expect(objections(kind) == [])
  }

  @Test("Numbers that are none are named, each of them, and nothing else is worked out of them")
  func numbers() {
    let all = objections(.chirp) {
      $0.amplitude = .nan
      $0.duration = -1
      $0.envelope.travel = 0
      $0.envelope.temperature = .infinity
      $0.band = 1...500
      $0.repetitions = 0
    }
    for word in ["amplitude", "duration", "travel", "not finite", "500.0 Hz", "0 times"] {
      #expect(all.contains { $0.message.contains(word) }, "\(word) in \(all)")
    }
    #expect(all.count == 6)
    #expect(all.allSatisfy { $0.place == "chirp of joint shoulder, bus upper, drive 1" && !$0.fix.isEmpty })
    #expect(objections(.friction) { $0.speeds = [0.1, 100] }.count == 1)
    #expect(objections(.step) { $0.duration = 1e9 }.count == 1)
  }

  @Test("An envelope wider than the limits is refused, whichever limit it is")
  func wide() {
    #expect(objections(.chirp) { $0.envelope.torque = 16 }.count == 1)
    #expect(objections(.chirp) { $0.envelope.velocity = 9 }.count == 1)
    #expect(objections(.chirp) { $0.envelope.positions = -4...1 }.count == 1)
  }

  @Test("Torque that does not move it, or that is not there, is refused")
  func torque() {
    #expect(objections(.breakaway) { $0.amplitude = 0.1 }.first?.message.contains("overcome") == true)
    #expect(objections(.chirp) { $0.amplitude = 7 }.first?.message.contains("its envelope has") == true)
  }

  @Test("A joint at its limit, or outside its envelope, is told to move away first")
  func room() {
    #expect(objections(.friction, from: 2.999).contains { $0.fix.contains("move it away") })
    let outside = Experiment.usual(.step, joint: 0, of: robot, from: 0.4).objections(for: robot, from: 2.5)
    #expect(outside.contains { $0.message.contains("it stands at 2.5 rad") })
    #expect(objections(.gravity) { $0.envelope.travel = 0.1 }.contains { $0.message.contains("lets it go") })
  }

  @Test("A drive that takes no torque, a joint without gains, and one that is not there")
  func drive() {
    var joints = robot.joints
    joints[0].configuration.drive.mode = .position
    joints[0].configuration.gains.damping = 0
    let other = robot.with(joints: joints, feedforward: .gravity)
    let found = Experiment.usual(.chirp, joint: 0, of: other).objections(for: other)
    #expect(found.contains { $0.message.contains("takes no torque") })
    #expect(found.contains { $0.message.contains("nothing holds it") })
    var missing = Experiment.usual(.chirp, joint: 0, of: robot)
    missing.joint = 7
    #expect(missing.objections(for: robot).count == 1)
  }

  @Test(
    "Every usual experiment asks for no more than 30 % of the torque limit, with its weight, and ten degrees in all"
  )
  func modest() {
    for kind in Experiment.Kind.allCases {
      let experiment = Experiment.usual(kind, joint: 0, of: robot)
      let budget = ExperimentBudget(robot, 0, envelope: experiment.envelope, from: robot.joints[0].home)
      for point in Excitation.points(experiment, of: robot) {
        #expect(point.torque.magnitude + budget.load <= 0.3 * 15 + 1e-9, "\(kind)")
        #expect(point.velocity.magnitude <= experiment.envelope.velocity)
        if kind != .gravity && kind != .torqueConstant {
          #expect(point.offset.magnitude <= 5 * Double.pi / 180, "\(kind)")
        }
      }
    }
  }

  @Test(
    "Motions are the integrals of their velocities, and velocities those of their accelerations",
    arguments: [Experiment.Kind.friction, .gravity])
  func motions(kind: Experiment.Kind) {
    let points = Excitation.points(Experiment.usual(kind, joint: 0, of: robot), of: robot)
    #expect(points.count > 1000 && Set(points.map(\.part)).count > 8)
    for (one, next) in zip(points, points.dropFirst()) {
      #expect((next.offset - one.offset - 0.5e-3 * (one.velocity + next.velocity)).magnitude < 2e-5)
      #expect((next.velocity - one.velocity).magnitude <= 60e-3)
    }
    #expect(points.last?.offset == 0 && points.last?.velocity == 0)
  }
}
