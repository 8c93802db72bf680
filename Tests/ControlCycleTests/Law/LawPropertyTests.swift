import AllocationGuard
import TestSupport
import Testing

@testable import ControlCycle

/// What the tests of all laws ask of one.
protocol TestedLaw {
  /// Inputs of an update.
  static var inputs: Int { get }
  /// A law with gains of a usual size.
  init(random: inout SeededGenerator)
  /// Other gains, and another mode where there are some.
  mutating func change(_ random: inout SeededGenerator)
  /// Gains of which some are nonsense.
  mutating func spoil(with number: Double, _ random: inout SeededGenerator)
  mutating func step(_ inputs: [Double], limit: Double, period: Double) -> Double
  /// Most that the output moves in a cycle by itself while the inputs, of size 1, stand: integrals, inner limits.
  func drift(limit: Double, period: Double) -> Double
}

extension SeededGenerator {
  mutating func number(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }
}

extension PID: TestedLaw {
  static var inputs: Int { 3 }
  init(random: inout SeededGenerator) { self.init(PID.gains(&random)) }
  private static func gains(_ random: inout SeededGenerator) -> Gains {
    Gains(
      proportional: random.number(0...40), integral: max(0, random.number(-20...40)),
      derivative: max(0, random.number(-1...1)), filterTime: random.number(0.001...0.01),
      referenceWeight: random.number(0...1), derivativeWeight: random.number(0...1),
      antiWindup: Bool.random(using: &random) ? .clamping : .backCalculation,
      trackingTime: random.number(0.02...1),
      discretisation: Bool.random(using: &random) ? .bilinear : .backward)
  }
  mutating func change(_ random: inout SeededGenerator) { gains = PID.gains(&random) }
  mutating func spoil(with number: Double, _ random: inout SeededGenerator) {
    change(&random)
    switch random.next() % 4 {
    case 0: gains.proportional = number
    case 1: gains.integral = number
    case 2: gains.filterTime = number
    default: gains.trackingTime = number
    }
  }
  mutating func step(_ inputs: [Double], limit: Double, period: Double) -> Double {
    update(reference: inputs[0], measured: inputs[1], feedforward: inputs[2], limit: limit, period: period)
  }
  func drift(limit: Double, period: Double) -> Double {
    // Integration, and an integral that is brought back from as far as it got beyond the limit.
    40 * 2 * period + (80 + 2 * limit) * period / 0.02
  }
}

extension Cascade: TestedLaw {
  static var inputs: Int { 5 }
  init(random: inout SeededGenerator) { self.init(Cascade.gains(&random)) }
  private static func gains(_ random: inout SeededGenerator) -> Gains {
    Gains(
      position: random.number(0...20), velocity: random.number(0...5), integral: random.number(0...10),
      velocityLimit: random.number(0.1...3),
      loop: [Cascade.Loop.position, .velocity, .torque].randomElement(using: &random) ?? .torque)
  }
  mutating func change(_ random: inout SeededGenerator) { gains = Cascade.gains(&random) }
  mutating func spoil(with number: Double, _ random: inout SeededGenerator) {
    change(&random)
    if Bool.random(using: &random) { gains.position = number } else { gains.velocityLimit = number }
  }
  mutating func step(_ inputs: [Double], limit: Double, period: Double) -> Double {
    update(
      Reference(position: inputs[0], velocity: inputs[1], torque: inputs[2]), position: inputs[3],
      velocity: inputs[4], limit: limit, period: period)
  }
  func drift(limit: Double, period: Double) -> Double {
    (2 * 3 * 5 * 2) * period / LawOutput.fadeTime + 10 * 4 * period + 2 * (limit + 40) * period / 0.05
  }
}

extension Notch: TestedLaw {
  static var inputs: Int { 1 }
  init(random: inout SeededGenerator) { self.init(Notch.gains(&random)) }
  private static func gains(_ random: inout SeededGenerator) -> Gains {
    Gains(frequency: random.number(20...400), damping: random.number(0.2...1), depth: random.number(0...1))
  }
  mutating func change(_ random: inout SeededGenerator) { gains = Notch.gains(&random) }
  mutating func spoil(with number: Double, _ random: inout SeededGenerator) {
    change(&random)
    if Bool.random(using: &random) { gains.frequency = number } else { gains.depth = number }
  }
  mutating func step(_ inputs: [Double], limit: Double, period: Double) -> Double {
    update(inputs[0], limit: limit, period: period)
  }
  func drift(limit: Double, period: Double) -> Double { 1e-9 }
}

extension FrictionCompensation: TestedLaw {
  static var inputs: Int { 2 }
  init(random: inout SeededGenerator) { self.init(FrictionCompensation.gains(&random)) }
  private static func gains(_ random: inout SeededGenerator) -> Gains {
    Gains(
      coulomb: random.number(0...3), breakaway: random.number(0...4), viscous: random.number(0...2),
      drivingLoss: random.number(0...0.4), backDrivingLoss: random.number(0...0.6),
      share: random.number(0...1))
  }
  mutating func change(_ random: inout SeededGenerator) { gains = FrictionCompensation.gains(&random) }
  mutating func spoil(with number: Double, _ random: inout SeededGenerator) {
    change(&random)
    switch random.next() % 3 {
    case 0: gains.coulomb = number
    case 1: gains.drivingLoss = number
    default: gains.width = number
    }
  }
  mutating func step(_ inputs: [Double], limit: Double, period: Double) -> Double {
    update(velocity: inputs[0], torque: inputs[1], limit: limit, period: period)
  }
  func drift(limit: Double, period: Double) -> Double { 1e-12 }
}

extension DisturbanceObserver: TestedLaw {
  static var inputs: Int { 2 }
  init(random: inout SeededGenerator) { self.init(DisturbanceObserver.gains(&random)) }
  private static func gains(_ random: inout SeededGenerator) -> Gains {
    Gains(
      inertia: random.number(0...1), viscous: random.number(0...2), bandwidth: random.number(100...400),
      damping: random.number(0.7...1), share: random.number(0...1))
  }
  mutating func change(_ random: inout SeededGenerator) { gains = DisturbanceObserver.gains(&random) }
  mutating func spoil(with number: Double, _ random: inout SeededGenerator) {
    change(&random)
    if Bool.random(using: &random) { gains.inertia = number } else { gains.bandwidth = number }
  }
  mutating func step(_ inputs: [Double], limit: Double, period: Double) -> Double {
    update(velocity: inputs[0], torque: inputs[1], limit: limit, period: period)
  }
  // A filter of 100 rad/s has 4e-3 left of a step of 2 after 80 cycles: of a velocity, and its slope times the inertia.
  func drift(limit: Double, period: Double) -> Double { 0.15 }
}

extension JointAdmittance: TestedLaw {
  static var inputs: Int { 1 }
  init(random: inout SeededGenerator) { self.init(JointAdmittance.gains(&random)) }
  private static func gains(_ random: inout SeededGenerator) -> Gains {
    Gains(
      inertia: random.number(0.01...1), damping: random.number(0...5), stiffness: random.number(0...50),
      deadBand: random.number(0...1), velocityLimit: random.number(0...3))
  }
  mutating func change(_ random: inout SeededGenerator) { gains = JointAdmittance.gains(&random) }
  mutating func spoil(with number: Double, _ random: inout SeededGenerator) {
    change(&random)
    if Bool.random(using: &random) { gains.inertia = number } else { gains.velocityLimit = number }
  }
  mutating func step(_ inputs: [Double], limit: Double, period: Double) -> Double {
    update(torque: inputs[0], limit: limit, period: period)
  }
  func drift(limit: Double, period: Double) -> Double { 3 * period }
}

extension FlexibleJointImpedance: TestedLaw {
  static var inputs: Int { 6 }
  init(random: inout SeededGenerator) { self.init(FlexibleJointImpedance.gains(&random)) }
  private static func gains(_ random: inout SeededGenerator) -> Gains {
    Gains(
      inertia: random.number(0.5...1), desiredInertia: random.number(0.1...1),
      stiffness: random.number(0...50),
      damping: random.number(0...5))
  }
  mutating func change(_ random: inout SeededGenerator) { gains = FlexibleJointImpedance.gains(&random) }
  mutating func spoil(with number: Double, _ random: inout SeededGenerator) {
    change(&random)
    if Bool.random(using: &random) { gains.inertia = number } else { gains.desiredInertia = number }
  }
  mutating func step(_ inputs: [Double], limit: Double, period: Double) -> Double {
    update(
      .init(position: inputs[0], velocity: inputs[1], torque: inputs[2]),
      measured: .init(position: inputs[3], velocity: inputs[4], torque: inputs[5]), limit: limit,
      period: period)
  }
  func drift(limit: Double, period: Double) -> Double { 1e-9 }
}

@Suite("Laws: properties of all")
struct LawPropertyTests {
  static let nonsense: [Double] = [
    .nan, .infinity, -.infinity, 1e300, -1e300, 1e9, -1e9, 1e-300, .leastNonzeroMagnitude, 0, -1,
    .greatestFiniteMagnitude,
  ]

  /// Gains, inputs, limits and periods of which many are nonsense.
  private func neverLeaves<L: TestedLaw>(_ type: L.Type, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var law = L(random: &random)
    func any(_ size: Double) -> Double {
      random.next() % 3 == 0
        ? (Self.nonsense.randomElement(using: &random) ?? .nan) : random.number(-size...size)
    }
    for _ in 0..<4000 {
      switch random.next() % 20 {
      case 0: law.change(&random)
      case 1: law.spoil(with: (Self.nonsense.randomElement(using: &random) ?? .nan), &random)
      default: break
      }
      let limit = any(50)
      let period = random.next() % 4 == 0 ? any(0.01) : 0.001
      let output = law.step((0..<L.inputs).map { _ in any(3) }, limit: limit, period: period)
      #expect(output.isFinite && abs(output) <= max(0, limit.isNaN ? 0 : limit), "\(L.self): \(output)")
    }
    // And it works again: what went in left nothing behind that is no number.
    law.change(&random)
    let sound = [Double](repeating: 0.5, count: L.inputs)
    for _ in 0..<50 { #expect(law.step(sound, limit: 10, period: 0.001).isFinite) }
  }

  /// While the inputs stand, no change of gains or mode makes a step above the stated bound.
  private func neverSteps<L: TestedLaw>(_ type: L.Type, seed: UInt64, changes: Int) {
    var random = SeededGenerator(seed: seed)
    var law = L(random: &random)
    let (limit, period) = (20.0, 0.001)
    let stated = 2 * limit * period / LawOutput.fadeTime
    for _ in 0..<changes {
      let inputs = (0..<L.inputs).map { _ in random.number(-1...1) }
      var last = 0.0
      // A filter takes its time to the new inputs.
      for _ in 0..<80 { last = law.step(inputs, limit: limit, period: period) }
      for _ in 0..<3 {
        law.change(&random)
        for _ in 0..<(5 + Int(random.next() % 30)) {
          let next = law.step(inputs, limit: limit, period: period)
          let most = stated + law.drift(limit: limit, period: period)
          #expect(abs(next - last) <= most * (1 + 1e-9), "\(L.self): \(next - last) of \(most)")
          last = next
        }
      }
    }
  }

  @Test(
    "Finite and within the limit for any input, gain, limit and period", arguments: 0..<6 as Range<UInt64>)
  func finite(seed: UInt64) {
    neverLeaves(PID.self, seed: seed)
    neverLeaves(Cascade.self, seed: seed)
    neverLeaves(Notch.self, seed: seed)
    neverLeaves(FrictionCompensation.self, seed: seed)
    neverLeaves(DisturbanceObserver.self, seed: seed)
    neverLeaves(JointAdmittance.self, seed: seed)
    neverLeaves(FlexibleJointImpedance.self, seed: seed)
  }

  @Test("No change of gains or mode makes a step", arguments: 0..<4 as Range<UInt64>)
  func bumpless(seed: UInt64) {
    neverSteps(PID.self, seed: seed, changes: 100)
    neverSteps(Cascade.self, seed: seed, changes: 100)
    neverSteps(Notch.self, seed: seed, changes: 100)
    neverSteps(FrictionCompensation.self, seed: seed, changes: 100)
    neverSteps(DisturbanceObserver.self, seed: seed, changes: 100)
    neverSteps(JointAdmittance.self, seed: seed, changes: 100)
    neverSteps(FlexibleJointImpedance.self, seed: seed, changes: 100)
  }

  /// What one law allocates in cycles with changes of its gains.
  private func allocations<L: TestedLaw>(of type: L.Type) -> Int64 {
    var random = SeededGenerator(seed: 9)
    var law = L(random: &random)
    let inputs = [Double](repeating: 0.3, count: L.inputs)
    var sum = 0.0
    allocation_guard_enter()
    for _ in 0..<200 {
      sum += law.step(inputs, limit: 10, period: 0.001)
      sum += law.step(inputs, limit: 0.1, period: 0.001)
    }
    let calls = allocation_guard_leave()
    #expect(sum.isFinite)
    return Int64(calls)
  }

  @Test("No law allocates")
  func allocatesNothing() {
    #expect(allocations(of: PID.self) == 0 && allocations(of: Cascade.self) == 0)
    #expect(allocations(of: Notch.self) == 0 && allocations(of: FrictionCompensation.self) == 0)
    #expect(allocations(of: DisturbanceObserver.self) == 0 && allocations(of: JointAdmittance.self) == 0)
    #expect(allocations(of: FlexibleJointImpedance.self) == 0)
  }
}
