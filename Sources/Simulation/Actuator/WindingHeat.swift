import JointControl
import LaneMath
import RigidBody

/// Temperatures of a motor, integrated exactly for power that stands over a step.
struct WindingHeat: BitwiseCopyable {
  /// Mean of the winding over what is around [K].
  private(set) var winding = 0.0
  /// Housing over what is around [K].
  private(set) var housing = 0.0
  /// How much hotter the three phases are than their mean [K]; their sum is 0 as long as their resistance is one.
  private(set) var excess = (0.0, 0.0, 0.0)
  /// Heat from elsewhere that warms the winding [W].
  var extraPower = 0.0
  /// Temperature around [degree Celsius].
  private(set) var ambient: Double
  private let model: ThermalModel
  private var coil = (0.0, 0.0, 0.0)
  private var tooth = (0.0, 0.0, 0.0)
  private let polePairs: Double
  /// exp(A step) of the two nodes.
  private let transition: (ww: Double, wh: Double, hw: Double, hh: Double)
  private let coilDecay: Double
  private let toothDecay: Double

  /// A motor as warm as what is around it, stepped by `step` [s].
  init(_ model: ThermalModel, polePairs: Double, step: Double) {
    self.model = model
    ambient = model.ambient
    self.polePairs = polePairs
    let inner = 1 / model.windingToHousing
    let outer = 1 / model.housingToAmbient
    let (a, b) = (-inner / model.windingCapacity, inner / model.windingCapacity)
    let (c, d) = (inner / model.housingCapacity, -(inner + outer) / model.housingCapacity)
    // Two real eigenvalues, as heat does not swing: exp(A t) = p I + q A.
    let half = 0.5 * (a + d)
    let apart = (half * half - (a * d - b * c)).squareRoot()
    let (slow, fast) = (half + apart, half - apart)
    let (slowDecay, fastDecay) = (exponential(slow * step), exponential(fast * step))
    let q = (slowDecay - fastDecay) / (slow - fast)
    let p = slowDecay - slow * q
    transition = (p + q * a, q * b, q * c, p + q * d)
    coilDecay = Self.decay(model.coil, step)
    toothDecay = Self.decay(model.tooth, step)
  }

  private static func decay(_ branch: ThermalModel.Branch, _ step: Double) -> Double {
    branch.resistance > 0 ? exponential(-step / (branch.resistance * branch.capacity)) : 0
  }

  /// Mean temperature of the winding [degree Celsius].
  var temperature: Double { ambient + winding }
  /// Temperature of the housing [degree Celsius].
  var housingTemperature: Double { ambient + housing }
  /// Temperature of the hottest phase [degree Celsius].
  var hottest: Double { temperature + max(excess.0, max(excess.1, excess.2)) }

  /// Makes what is around warmer than the model says [K]; winding and housing follow in their own time.
  mutating func setAmbientRise(_ rise: Double) {
    let change = model.ambient + rise - ambient
    ambient += change
    winding -= change
    housing -= change
  }

  /// Advances by one step.
  ///
  /// - Parameters:
  ///   - power: copper loss of all phases over the step [W].
  ///   - angle: angle of the rotor [rad].
  mutating func advance(power: Double, angle: Double) {
    let heat = power + extraPower
    let housingEnd = heat * model.housingToAmbient
    let windingEnd = housingEnd + heat * model.windingToHousing
    let (w, h) = (winding - windingEnd, housing - housingEnd)
    let mean = winding
    winding = windingEnd + transition.ww * w + transition.wh * h
    housing = housingEnd + transition.hw * w + transition.hh * h
    if coilDecay == 0 && toothDecay == 0 { return }

    // Heat of a phase is i^2 R cos^2: (power / 3) cos(2 angle) more than its third, cos(2 angle - 120 degrees) of the
    // next; a hotter phase resists more.
    let turn = SineCosine(of: 2 * polePairs * angle)
    let share = power / 3
    let base = 1 + MotorModel.copperCoefficient * (ambient + mean - 20)
    let rate = MotorModel.copperCoefficient / base
    let second = -0.5 * turn.cosine + 0.8660254037844386 * turn.sine
    let third = -0.5 * turn.cosine - 0.8660254037844386 * turn.sine
    let heats = (
      share * turn.cosine * (1 + rate * excess.0), share * second * (1 + rate * excess.1),
      share * third * (1 + rate * excess.2)
    )
    coil.0 = Self.branch(coil.0, heats.0, model.coil, coilDecay)
    coil.1 = Self.branch(coil.1, heats.1, model.coil, coilDecay)
    coil.2 = Self.branch(coil.2, heats.2, model.coil, coilDecay)
    tooth.0 = Self.branch(tooth.0, heats.0, model.tooth, toothDecay)
    tooth.1 = Self.branch(tooth.1, heats.1, model.tooth, toothDecay)
    tooth.2 = Self.branch(tooth.2, heats.2, model.tooth, toothDecay)
    excess = (coil.0 + tooth.0, coil.1 + tooth.1, coil.2 + tooth.2)
  }

  private static func branch(
    _ value: Double, _ heat: Double, _ branch: ThermalModel.Branch, _ decay: Double
  ) -> Double {
    let settled = heat * branch.resistance
    return settled + (value - settled) * decay
  }
}
