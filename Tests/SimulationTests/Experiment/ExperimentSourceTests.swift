import ControlCycle
import JointControl
import Simulation
import Testing

@Suite("Experiments on simulated joints")
struct ExperimentSourceTests {
  @Test(
    "Usual experiments end well on the joints of the rig, in damping and within their envelopes, each on another joint"
  )
  func rig() throws {
    let robot = try ExperimentBench.rig()
    for (index, kind) in Experiment.Kind.allCases.enumerated() {
      let joint = index % 3
      let experiment = Experiment.usual(kind, joint: joint, of: robot)
      let outcome = try ExperimentBench(robot, [experiment]).run()
      let place = "\(kind.rawValue) of \(robot.joints[joint].name)"
      #expect(outcome.abort == nil, "\(place): \(String(describing: outcome.abort))")
      #expect(outcome.fault == nil && outcome.completed == 1 && outcome.areOff, "\(place)")
      #expect(outcome.endsInDamping, "\(place)")
      let trace = try #require(outcome.traces.first)
      #expect(trace.samples.count > 100 && trace.samples.contains { $0.part >= 0 }, "\(place)")
      #expect(outcome.travel < experiment.envelope.travel, "\(place): \(outcome.travel) rad")
      #expect(outcome.torque < experiment.envelope.torque, "\(place): \(outcome.torque) N.m")
    }
  }

  @Test(
    "Usual experiments leave no envelope on two random joints, which differ from their description by factors"
  )
  func randomJoints() throws {
    for seed in [14, 19] as [UInt64] {
      let joint = RandomJoint(seed: seed)
      let robot = joint.described
      let kinds: [Experiment.Kind] = [.friction, .chirp, .inertia, .delay, .step]
      let experiments = kinds.map { Experiment.usual($0, joint: 0, of: robot) }
      let stand = Stand()
      let outcome = try ExperimentBench(robot, experiments).run(
        on: joint.simulated(stand: stand), stand: stand)
      let place =
        "seed \(seed), \(joint.gear.rawValue), J \(joint.inertia), F \(joint.coulomb), \(joint.delay)"
      #expect(
        outcome.abort == nil && outcome.completed == kinds.count,
        "\(place): \(String(describing: outcome.abort))")
      #expect(outcome.time < 60 && outcome.areOff && outcome.endsInDamping, "\(place): \(outcome.time) s")
      #expect(outcome.torque < 0.3 * RandomJoint.ratedTorque, "\(place): \(outcome.torque) N.m")
      #expect(outcome.travel < 0.5 * 10 * Double.pi / 180, "\(place): \(outcome.travel) rad")
    }
  }
}
