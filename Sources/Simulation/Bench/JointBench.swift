public import JointControl
import LaneMath

/// A test bench for the model of one joint actuator: drives, loads, warms and listens to it as a bench of steel would, and
/// reads torque, speed, current, power and temperature. No figure is taken from the profile; a profile says at most where to
/// measure.
///
/// A gear without a motor is driven by the bench: a motor without losses, inertia or limits.
public struct JointBench: Sendable {
  /// How many points curves and maps have.
  public enum Resolution: Sendable {
    /// For a report.
    case fine
    /// For a quick look, and for tests.
    case coarse
  }

  /// Gains of the position loop in the drive, at the joint.
  public struct Gains: Sendable {
    /// Torque per error of the position [N.m/rad].
    public var stiffness: Double
    /// Torque per velocity [N.m.s/rad].
    public var damping: Double

    /// Gains.
    public init(stiffness: Double, damping: Double) {
      self.stiffness = stiffness
      self.damping = damping
    }

    /// What the published gains of Unitree's G1 follow: 10 Hz and a damping ratio of 2 on the armature alone.
    public static func published(armature: Double) -> Gains {
      let frequency = 2 * Double.pi * 10
      return Gains(stiffness: armature * frequency * frequency, damping: 2 * 2 * armature * frequency)
    }
  }

  /// Time of one step but where a test says otherwise [s]: 20 kHz.
  static let step = 50e-6

  let profile: ActuatorProfile
  let model: ActuatorModel
  let resolution: Resolution
  let gains: Gains
  /// Whether the gear has no motor and the bench drives it.
  let isDriven: Bool

  /// A bench for a part.
  ///
  /// - Parameters:
  ///   - profile: the part.
  ///   - resolution: how many points curves and maps have.
  ///   - gains: those of the position loop; the published rule on the part's armature without.
  public init(_ profile: ActuatorProfile, resolution: Resolution = .fine, gains: Gains? = nil) {
    self.profile = profile
    self.resolution = resolution
    isDriven = profile.actuator == nil
    model = profile.actuator ?? Self.driven(profile)
    self.gains = gains ?? .published(armature: model.armature)
  }

  /// A gear with the bench's own motor before it.
  private static func driven(_ profile: ActuatorProfile) -> ActuatorModel {
    var motor = MotorModel(
      resistance: 1e-3, inductance: 1e-6, torqueConstant: 1, polePairs: 1, rotorInertia: 0,
      peakCurrent: 1e6, currentBandwidth: 2000, supplyVoltage: 1e6)
    motor.winding = .direct
    return ActuatorModel(
      name: profile.name, motor: motor, reducer: profile.reducer, friction: FrictionModel(coulomb: 0),
      motorEncoder: EncoderModel(counts: 0), peakTorque: loopTorque(of: profile.reducer))
  }

  /// Does every test.
  ///
  /// - Parameter progress: is told the title of each test before it begins.
  /// - Returns: everything that was found, in the order of the clauses.
  public func run(progress: (String) -> Void = { _ in }) -> BenchRecord {
    func test(_ title: String, _ key: String, _ method: String, _ measure: (inout BenchRecord.Test) -> Void)
      -> BenchRecord.Test
    {
      progress(title)
      var test = BenchRecord.Test(key: key, title: title, method: method)
      measure(&test)
      return test
    }
    return BenchRecord(groups: [
      BenchRecord.Group(
        clause: "5.4", title: "Mechanical",
        tests: [
          test("Friction", "friction", Self.frictionMethod, measureFriction),
          test("Backdriving torque", "backdriving", Self.backdrivingMethod, measureBackdriving),
          test("Stiffness, hysteresis and lost motion", "torsion", Self.torsionMethod, measureTorsion),
          test("Transmission error", "transmission_error", Self.errorMethod, measureTransmissionError),
          test("Efficiency", "efficiency", Self.efficiencyMethod, measureEfficiency),
          test("Inertia", "inertia", Self.inertiaMethod, measureInertia),
        ]),
      BenchRecord.Group(
        clause: "5.5", title: "Electrical",
        tests: [
          test("Winding and torque constant", "winding", Self.windingMethod, measureWinding),
          test("Speed without load", "no_load", Self.noLoadMethod, measureNoLoad),
          test("Torque and speed", "torque_speed", Self.envelopeMethod, measureEnvelope),
        ]),
      BenchRecord.Group(
        clause: "5.6", title: "Control",
        tests: [
          test("Step of the current", "current_step", Self.currentStepMethod, measureCurrentStep),
          test("Step of the position", "position_step", Self.positionStepMethod, measurePositionStep),
          test("Torque to velocity", "frequency_response", Self.responseMethod, measureResponse),
        ]),
      BenchRecord.Group(
        clause: "5.7", title: "Other",
        tests: [
          test("Thermal endurance", "endurance", Self.enduranceMethod, measureEndurance),
          test("Heat of winding and housing", "heat", Self.heatMethod, measureHeat),
        ]),
    ])
  }

  // MARK: What tests share

  /// Fine or coarse number of points.
  func points(_ fine: Int, _ coarse: Int) -> Int {
    switch resolution {
    case .fine: fine
    case .coarse: coarse
    }
  }

  /// Speed of the joint at which back-EMF takes all of the supply, or as fast as the bench turns a gear [rad/s].
  var topSpeed: Double { isDriven ? 0.3 : model.motor.idealNoLoadSpeed / model.reducer.ratio }

  /// Torque between rotor and joint that the bench's motor adds to keep a gear's input at its speed [N.m.s/rad].
  var regulator: Double {
    isDriven && !model.reducer.isRigid
      ? 0.6 * (model.reducer.stiffness.first * model.armature).squareRoot() : 0
  }

  /// Whether the reducer's angle has a periodic error.
  var hasErrorLines: Bool { model.reducer.lines.0.amplitude != 0 || model.reducer.lines.1.amplitude != 0 }

  /// What a data sheet prints of a quantity.
  func printed(_ quantity: PrintedNumber.Quantity) -> [PrintedNumber] {
    profile.printed.filter { $0.quantity == quantity }
  }

  /// The same actuator in a chamber that keeps its winding at a temperature [degree Celsius].
  func inChamber(at temperature: Double) -> ActuatorModel {
    var model = model
    var thermal = ThermalModel(
      windingCapacity: 1e12, windingToHousing: 1, housingCapacity: 1e12, housingToAmbient: 1, derate: 1e9,
      trip: 2e9)
    thermal.ambient = temperature
    model.thermal = thermal
    return model
  }

  /// Numbers from one to another, evenly; both ends are among them.
  static func spaced(_ first: Double, _ last: Double, _ count: Int) -> [Double] {
    (0..<count).map { first + (last - first) * Double($0) / Double(max(count - 1, 1)) }
  }

  /// Numbers from one to another in equal ratios; both ends are among them.
  static func graded(_ first: Double, _ last: Double, _ count: Int) -> [Double] {
    let ratio = naturalLogarithm(last / first) / Double(max(count - 1, 1))
    return (0..<count).map { $0 == count - 1 ? last : first * exponential(ratio * Double($0)) }
  }
}
