public import ControlCycle
public import RigidBody

/// One contact of the hand of `SevenJointArm` under `CartesianImpedance`, in a sampled loop with its delay.
///
/// Passive at the hand means that the energy which it has given is at no time more than what the arm and the law held when it
/// began: the energy of motion, that of the frame's spring, and the reserve where the posture has a spring. What the contact
/// puts in counts against what it takes out.
public struct ContactTrial: Sendable {
  /// Gains, and where the frame is wanted from where it is.
  public var gains: CartesianImpedance.Gains
  /// The target in the hand's frame at the start.
  public var handFromTarget: RigidTransform
  /// Start [rad, rad/s].
  public var q: [Double]
  /// Velocities at the start [rad/s].
  public var v: [Double]
  /// What it meets; place and normal in the hand's frame at the start.
  public var contact: Contact
  /// Period of the loop [s].
  public var period = 0.001
  /// Whole periods from a measurement to the torque that answers it.
  public var lateness = 1
  /// Whether the damper pushes instead of holding back: the negative control.
  public var isReversed = false

  /// What was seen.
  public struct Outcome: Sendable {
    /// Energy at the start [J].
    public var stored = 0.0
    /// Most energy that the hand had given at any time [J].
    public var given = 0.0
    /// Most that the contact had put in [J].
    public var taken = 0.0
    /// Most by which motion, spring and what was given ever were more than what was there at the start [J].
    public var excess = -Double.infinity
    /// Highest natural frequency of the frame on its spring [rad/s].
    public var frequency = 0.0
    /// Frequency bound of the gains [rad/s].
    public var bound = 0.0
    /// Least singular value that was met.
    public var leastSingularValue = Double.infinity
    /// Whether all stayed numbers.
    public var isFinite = true
    /// Whether no more was given than was there.
    public var isPassive: Bool { isFinite && given <= stored * (1 + 1e-9) }
  }

  /// A random contact: pose, velocity, gains, and what is met where. Springs are softened until the frame's highest frequency
  /// at the start is at most `bound` of its bound; where that is above 1 they are made as stiff as that.
  public init(_ model: Model, using random: inout SeededGenerator, bound: Double = 1) {
    func number(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &random) }
    func direction() -> Vector3 {
      let raw = Vector3(x: number(-1...1), y: number(-1...1), z: number(-1...1))
      return raw * (1 / max(raw.squaredLength.squareRoot(), 1e-3))
    }
    // Log-uniform from 2^low to 2^high.
    func sized(_ low: Double, _ high: Double) -> Double {
      let exponent = number(low...high)
      let whole = exponent.rounded(.down)
      return Double(sign: .plus, exponent: Int(whole), significand: 1 + exponent - whole)
    }
    q = (0..<7).map { _ in number(-2.8...2.8) }
    v = (0..<7).map { _ in number(-1...1) }
    gains = CartesianImpedance.Gains(
      translation: Vector3(x: sized(5, 12), y: sized(5, 12), z: sized(5, 12)),
      rotation: Vector3(x: sized(1, 7), y: sized(1, 7), z: sized(1, 7)))
    gains.dampingRatio = number(0.3...1)
    gains.delay = 0.0015
    gains.posture = Bool.random(using: &random) ? number(1...40) : 0
    gains.reserve = 0.2
    gains.linearSpeed = 1e6
    gains.angularSpeed = 1e6
    let turn = direction() * number(0...0.5)
    handFromTarget = RigidTransform(
      rotation: Quaternion(w: 1, x: turn.x, y: turn.y, z: turn.z).normalized.rotation,
      translation: direction() * number(0...0.15))
    contact = Contact()
    contact.point = direction() * number(0...0.08)
    contact.stiffness = sized(7, 15)
    contact.damping = Bool.random(using: &random) ? number(0...20) : 0
    contact.velocity = direction() * number(0...0.5)
    if Bool.random(using: &random) {
      let normal = direction()
      contact.normal = normal
      contact.place = contact.point + normal * number(-0.1...0.005)
    } else {
      contact.place = contact.point + direction() * number(0...0.02)
    }
    limitFrequency(model, to: bound)
  }

  /// Softens all springs by one factor where the frame's highest frequency is above `share` of its bound.
  private mutating func limitFrequency(_ model: Model, to share: Double) {
    guard var law = try? makeLaw(model) else { return }
    settle(&law.law, law.data, q)
    let bound = share * gains.frequencyBound(period: period, lateness: lateness)
    let factor = bound / law.law.state.frequency
    guard factor < 1 || share > 1 else { return }
    gains.translation = gains.translation * (factor * factor)
    gains.rotation = gains.rotation * (factor * factor)
  }

  /// A law, and the memory that it works in.
  struct Workplace: ~Copyable {
    var law: CartesianImpedance
    let data: ModelData
  }

  func makeLaw(_ model: Model) throws -> Workplace {
    let data = ModelData(model)
    let space = try OperationalSpace(
      model, link: model.linkIndex(of: SevenJointArm.hand) ?? 0, linkFromFrame: SevenJointArm.linkFromHand,
      joints: SevenJointArm.joints)
    var law = CartesianImpedance(gains, space: space, model: model.kernel, workspace: data.workspace)
    for joint in 0..<7 { law.setLimit(joint, 1e6) }
    return Workplace(law: law, data: data)
  }

  /// Switches the law on with the arm held, until nothing fades any more.
  func settle(_ law: inout CartesianImpedance, _ data: ModelData, _ q: [Double]) {
    for joint in 0..<7 { law.take(joint, position: q[joint], velocity: 0) }
    law.update(over: period)
    law.target = law.state.pose * handFromTarget
    law.isOn = true
    for _ in 0..<(Int(LawOutput.fadeTime / period) + 2) { law.update(over: period) }
  }

  /// Plays the contact for `duration` [s], the arm in `parts` a period.
  public func run(_ model: Model, for duration: Double, parts: Int = 4) throws -> Outcome {
    let plant = ArmPlant(
      model, hand: SevenJointArm.hand, linkFromHand: SevenJointArm.linkFromHand, at: q)
    let start = plant.hand
    plant.contact = contact
    plant.contact.place = start * contact.place
    plant.contact.velocity = start.rotation * contact.velocity
    plant.contact.normal = contact.normal.map { start.rotation * $0 }
    plant.place(q: q, v: v)
    var place = try makeLaw(model)
    settle(&place.law, place.data, q)
    var outcome = Outcome()
    outcome.bound = gains.frequencyBound(period: period, lateness: lateness)
    outcome.stored =
      plant.kineticEnergy + place.law.state.springEnergy + (gains.posture > 0 ? gains.reserve : 0)
    var pending = [[Double]](
      repeating: (0..<7).map { place.law[$0] }, count: lateness)
    for _ in 0..<Int(duration / period) {
      for joint in 0..<7 { place.law.take(joint, position: plant.q[joint], velocity: plant.v[joint]) }
      place.law.update(over: period)
      pending.append(torques(of: place.law))
      plant.advance(pending.removeFirst(), over: period, parts: parts)
      outcome.given = max(outcome.given, plant.given)
      outcome.excess = max(
        outcome.excess,
        plant.kineticEnergy + springEnergy(place.law, at: plant) + plant.given - outcome.stored)
      outcome.taken = min(outcome.taken, plant.given)
      outcome.frequency = max(outcome.frequency, place.law.state.frequency)
      outcome.leastSingularValue = min(outcome.leastSingularValue, place.law.state.leastSingularValue)
      if !plant.given.isFinite || !plant.v.allSatisfy({ abs($0) < 1e4 }) {
        outcome.isFinite = false
        break
      }
    }
    return outcome
  }

  /// Energy of the frame's spring where the arm is now.
  private func springEnergy(_ law: borrowing CartesianImpedance, at plant: ArmPlant) -> Double {
    let axes = law.state.reference.rotation
    let hand = plant.hand
    let apart = axes.transposedTimes(hand.translation - law.state.reference.translation)
    let turn = Quaternion(rotation: axes.transposed * hand.rotation)
    let (k, r) = (gains.translation, gains.rotation)
    return 0.5 * (k.x * apart.x * apart.x + k.y * apart.y * apart.y + k.z * apart.z * apart.z)
      + 2 * (r.x * turn.x * turn.x + r.y * turn.y * turn.y + r.z * turn.z * turn.z)
  }

  /// The law's torques; with the damper turned round in the negative control.
  private func torques(of law: borrowing CartesianImpedance) -> [Double] {
    var sum = (0..<7).map { law[$0] }
    guard isReversed else { return sum }
    var part = [Double](repeating: 0, count: 7)
    law.space.torques(
      moment: law.state.dampingMoment, force: law.state.dampingForce, into: &part)
    for joint in 0..<7 { sum[joint] -= 2 * part[joint] }
    return sum
  }
}

/// Many random contacts, spread over threads.
public struct ContactProof: Sendable {
  /// Contacts that were played.
  public var contacts = 0
  /// Those in which more was given than was there.
  public var failed: [Int] = []
  /// Largest part of what was there that was given.
  public var largestShare = 0.0
  /// Contacts in which the hand gave anything, and those that put something in.
  public var giving = 0
  /// Contacts that put something in.
  public var taking = 0
  /// Largest excess, as a part of what was there.
  public var largestExcess = -Double.infinity
  /// Contacts that met a lost direction.
  public var singular = 0

  /// Plays contact number `index` of a seed.
  public static func trial(_ model: Model, seed: UInt64, index: Int, bound: Double = 1) -> ContactTrial {
    var random = SeededGenerator(seed: seed &* 0x1_0000_0001 &+ UInt64(index))
    return ContactTrial(model, using: &random, bound: bound)
  }

  /// No contacts.
  public init() {}

  /// Counts one.
  public mutating func count(_ outcome: ContactTrial.Outcome, index: Int) {
    contacts += 1
    if !outcome.isPassive { failed.append(index) }
    if outcome.stored > 0 {
      largestShare = max(largestShare, outcome.given / outcome.stored)
      largestExcess = max(largestExcess, outcome.excess / outcome.stored)
    }
    if outcome.given > 0.01 * outcome.stored { giving += 1 }
    if outcome.taken < -0.01 * outcome.stored { taking += 1 }
    if outcome.leastSingularValue < 0.02 { singular += 1 }
  }
}
