import JointControl
import RigidBody

/// An encoder as it reads: late, off, noisy, in whole counts, and starting again after its turns.
struct AngleSensor: BitwiseCopyable {
  /// Samples kept for latency; more steps than that count as that many.
  static let history = 16

  private let model: EncoderModel
  private let step: Double
  private let countsPerRadian: Double
  private let range: Double
  private var random: RandomStream
  private var past: InlineArray<16, Double>
  private var newest = 0
  /// Turns that a lost counter forgot [rad].
  private var forgotten = 0.0

  /// A sensor that has seen its shaft stand at an angle [rad]; `step` is the time between samples [s].
  init(_ model: EncoderModel, angle: Double, step: Double, random: RandomStream) {
    self.model = model
    self.step = step
    self.random = random
    countsPerRadian = Double(model.counts) / (2 * Double.pi)
    range = 2 * Double.pi * Double(model.turns)
    past = InlineArray(repeating: angle)
  }

  /// Takes the shaft's angle at one step and reads it [rad].
  mutating func sample(_ angle: Double) -> Double {
    newest = (newest + 1) % Self.history
    past[newest] = angle
    var reading = (model.latency > 0 ? delayed() : angle) + model.offset
    if model.eccentricity != 0 { reading += model.eccentricity * SineCosine(of: reading).sine }
    if model.noise > 0 { reading += model.noise * random.normal() }
    return wrapped(quantised(reading) - forgotten)
  }

  /// The shaft has stood at an angle for long [rad].
  mutating func settle(at angle: Double) { past = InlineArray(repeating: angle) }

  /// The counter of turns is lost, as when its battery is: what is left is the angle within a turn.
  mutating func loseTurns() {
    let turn = 2 * Double.pi
    let angle = past[newest] + model.offset - forgotten
    forgotten += Self.floor(angle / turn) * turn
  }

  /// Angle of the shaft `latency` ago, along a line between samples.
  private func delayed() -> Double {
    let steps = min(model.latency / step, Double(Self.history - 2))
    let whole = Int(steps)
    let part = steps - Double(whole)
    let later = past[(newest - whole + Self.history) % Self.history]
    let earlier = past[(newest - whole - 1 + Self.history) % Self.history]
    return later + part * (earlier - later)
  }

  private func quantised(_ angle: Double) -> Double {
    guard countsPerRadian > 0 else { return angle }
    return Self.floor(angle * countsPerRadian) / countsPerRadian
  }

  private func wrapped(_ angle: Double) -> Double {
    guard range > 0 else { return angle }
    return angle - range * Self.floor(angle / range + 0.5)
  }

  /// The nearest whole number at or below; what is too large to have a fraction, and no number, stays.
  private static func floor(_ value: Double) -> Double {
    guard value > -0x1p52 && value < 0x1p52 else { return value }
    let whole = Double(Int64(value))
    return whole > value ? whole - 1 : whole
  }
}
