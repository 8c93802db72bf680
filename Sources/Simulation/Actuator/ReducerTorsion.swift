import JointControl
import RigidBody

/// What stands between rotor and joint: compliance, hysteresis, backlash, transmission error and teeth that jump.
///
/// Hysteresis is four elements in parallel, each a spring that slips at its limit (Maxwell slip; Lampaert, Swevers,
/// Al-Bender, IEEE TAC 47 (2002)): the loop closes, does not creep, and loses what its area says at any rate.
struct ReducerTorsion: BitwiseCopyable {
  /// Torsion at which each element slips, as a part of the last.
  private static let slips = (0.1, 0.3, 0.6, 1.0)
  /// What each element carries, as a part of the whole.
  private static let shares = (0.1, 0.25, 0.3, 0.35)

  /// Torque that the hysteresis carries now [N.m].
  private(set) var held = (0.0, 0.0, 0.0, 0.0)
  /// Angle by which climbing teeth have moved rotor against joint [rad].
  private(set) var slipped = 0.0
  private let model: ReducerModel
  private let springs: (Double, Double, Double, Double)
  private let limits: (Double, Double, Double, Double)
  private let hasHysteresis: Bool
  private let hasLines: Bool
  /// Whether the second line is the first harmonic of the first, and what its phase adds to twice the first's.
  private let isHarmonic: Bool
  private let harmonicPhase: SineCosine

  /// An unloaded reducer.
  init(_ model: ReducerModel) {
    self.model = model
    hasHysteresis = model.hysteresisTorque > 0 && model.hysteresisTorsion > 0
    hasLines = model.lines.0.amplitude != 0 || model.lines.1.amplitude != 0
    let (first, second) = model.lines
    isHarmonic = second.order == 2 * first.order
    harmonicPhase = SineCosine(of: second.phase - 2 * first.phase)
    let (torque, width) = (model.hysteresisTorque, max(model.hysteresisTorsion, 1e-12))
    let (p, s) = (Self.shares, Self.slips)
    limits = (p.0 * torque, p.1 * torque, p.2 * torque, p.3 * torque)
    springs = (
      limits.0 / (s.0 * width), limits.1 / (s.1 * width), limits.2 / (s.2 * width), limits.3 / (s.3 * width)
    )
  }

  /// Takes other numbers, twisted and loaded as it is.
  mutating func change(to model: ReducerModel) {
    let before = self
    self = ReducerTorsion(model)
    held = before.held
    slipped = before.slipped
  }

  /// Teeth that were sheared off hold on again, unloaded, at a torsion [rad].
  mutating func engage(at torsion: Double) {
    held = (0, 0, 0, 0)
    slipped = torsion
  }

  /// Teeth by which the gear has jumped: they climb at the ratcheting torque and jump once a pitch.
  var jumps: Int {
    model.toothPitch > 0 ? Int((slipped < 0 ? -slipped : slipped) / model.toothPitch) : 0
  }

  /// Error of the angle at the joint, and its slope per joint angle of the rotor [rad; rotor at the joint, rad].
  func error(at rotor: Double) -> (angle: Double, slope: Double) {
    if !hasLines { return (0, 0) }
    let angle = model.ratio * rotor
    let (first, second) = model.lines
    let one = SineCosine(of: first.order * angle + first.phase)
    let two =
      isHarmonic ? one.doubled(turnedBy: harmonicPhase) : SineCosine(of: second.order * angle + second.phase)
    return (
      first.amplitude * one.sine + second.amplitude * two.sine,
      model.ratio
        * (first.order * first.amplitude * one.cosine + second.order * second.amplitude * two.cosine)
    )
  }

  /// Torque on the joint that a torsion makes, if it moves there from where it is by `move` [rad, N.m].
  func torque(at torsion: Double, moving move: Double) -> Double {
    var torque = model.torque(torsion: torsion - slipped)
    if hasHysteresis {
      torque +=
        Self.held(held.0, springs.0, limits.0, move) + Self.held(held.1, springs.1, limits.1, move)
        + Self.held(held.2, springs.2, limits.2, move) + Self.held(held.3, springs.3, limits.3, move)
    }
    return torque
  }

  /// Takes a move of the torsion that has happened, and the torque it ended with [rad, N.m].
  mutating func move(by move: Double, torque: Double) {
    if hasHysteresis {
      held.0 = Self.held(held.0, springs.0, limits.0, move)
      held.1 = Self.held(held.1, springs.1, limits.1, move)
      held.2 = Self.held(held.2, springs.2, limits.2, move)
      held.3 = Self.held(held.3, springs.3, limits.3, move)
    }
    let magnitude = torque < 0 ? -torque : torque
    if magnitude > model.ratchetTorque {
      let beyond = (magnitude - model.ratchetTorque) / model.stiffness.third
      slipped += torque > 0 ? beyond : -beyond
    }
  }

  /// Energy that is stored at a torsion [J].
  func storedEnergy(at torsion: Double) -> Double {
    var energy = model.energy(torsion: torsion - slipped)
    if hasHysteresis {
      energy += 0.5 * (held.0 * held.0 / springs.0 + held.1 * held.1 / springs.1)
      energy += 0.5 * (held.2 * held.2 / springs.2 + held.3 * held.3 / springs.3)
    }
    return energy
  }

  private static func held(_ now: Double, _ spring: Double, _ limit: Double, _ move: Double) -> Double {
    let pulled = now + spring * move
    return pulled > limit ? limit : pulled < -limit ? -limit : pulled
  }
}

extension SineCosine {
  /// Those of twice the angle, turned by another.
  fileprivate func doubled(turnedBy phase: SineCosine) -> SineCosine {
    let (sine, cosine) = (2 * self.sine * self.cosine, 1 - 2 * self.sine * self.sine)
    return SineCosine(
      sine: sine * phase.cosine + cosine * phase.sine, cosine: cosine * phase.cosine - sine * phase.sine)
  }
}
