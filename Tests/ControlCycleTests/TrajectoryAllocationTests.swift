import AllocationGuard
import TestSupport
import Testing

@testable import ControlCycle

@Suite("Trajectory: allocation")
struct TrajectoryAllocationTests {
  @Test("Planning, looking up and stopping allocate nothing")
  func allocatesNothing() {
    var random = SeededGenerator(seed: 3)
    var generator = TrajectoryGenerator(jointCount: 7)
    for joint in 0..<7 { RandomJoint(&random, hasJerkLimit: joint > 1).put(into: &generator, joint) }
    var sum = 0.0
    var isPlanned = true
    allocation_guard_enter()
    for joint in 0..<7 { generator.targets[joint].position += 0.5 }
    isPlanned = generator.plan(.time).isPlanned && generator.plan(.phase).isPlanned && isPlanned
    isPlanned = generator.plan(.none, taking: 9).isPlanned && isPlanned
    for joint in 0..<7 { sum += generator.state(joint, at: 1).position + generator.peaks(joint).maxVelocity }
    isPlanned = generator.planStop(.two).isPlanned && generator.planStop(.one).isPlanned && isPlanned
    let calls = allocation_guard_leave()
    #expect(calls == 0)
    #expect(isPlanned && sum.isFinite)
    // The guard sees what does allocate.
    allocation_guard_enter()
    _ = TrajectoryGenerator(jointCount: 1)
    #expect(allocation_guard_leave() > 0)
  }
}
