/// A real part: its physics, where the numbers are from, and what its data sheet prints beside them.
public struct ActuatorProfile: Sendable, Equatable {
  /// The part's name, such as RS03.
  public var name: String
  /// Who makes it.
  public var vendor: String
  /// The reducer alone.
  public var reducer: ReducerModel
  /// Inertia of what turns with the reducer's input, at the input [kg.m^2].
  public var inputInertia: Double
  /// Motor, reducer, friction and encoders; nil for a reducer that is sold without a motor.
  public var actuator: ActuatorModel?
  /// Where the numbers are from.
  public var sources: [String]
  /// Keys, or groups of them, whose numbers are not printed anywhere.
  public var estimates: [String]
  /// Numbers of data sheets, to compare the model with.
  public var printed: [PrintedNumber]

  /// A part.
  public init(
    name: String, vendor: String, reducer: ReducerModel, inputInertia: Double = 0, actuator: ActuatorModel?,
    sources: [String], estimates: [String], printed: [PrintedNumber]
  ) {
    self.name = name
    self.vendor = vendor
    self.reducer = reducer
    self.inputInertia = inputInertia
    self.actuator = actuator
    self.sources = sources
    self.estimates = estimates
    self.printed = printed
  }
}

/// One number of a data sheet, and how near a model has to come.
public struct PrintedNumber: Sendable, Equatable {
  /// What a number is about.
  public enum Quantity: String, Sendable, CaseIterable {
    /// Back-EMF, line to line [V rms at 1000 rpm of the rotor].
    case backEMF = "back_emf"
    /// Speed of the rotor per volt of the supply, without load [rpm/V].
    case speedConstant = "speed_constant"
    /// Torque per root of copper loss at the rotor [N.m/sqrt(W)].
    case motorConstant = "motor_constant"
    /// Torque at the joint per ampere, rms where three phases carry it [N.m/A].
    case torqueConstant = "torque_constant"
    /// Speed of the joint without load [rpm].
    case noLoadSpeed = "no_load_speed"
    /// Torque at the joint [N.m] at an amplitude of the current [A].
    case torqueAtCurrent = "torque_at_current"
    /// Torque at the joint [N.m] that the supply allows at a speed of the joint [rpm], winding at 100 degree.
    case torqueAtSpeed = "torque_at_speed"
    /// Inertia of rotor and reducer at the joint [kg.m^2].
    case armature
    /// Inertia of the reducer's input [kg.m^2].
    case inputInertia = "input_inertia"
    /// Stiffness at small torque [N.m/rad].
    case stiffness
    /// Torsion [arc minutes] under a torque [N.m].
    case torsion
    /// Frequency of load against held rotor [Hz] with an inertia on the joint [kg.m^2].
    case antiresonance
    /// Frequency of load against free rotor [Hz] with an inertia on the joint [kg.m^2].
    case resonance
    /// Time constant of the winding [s].
    case windingTimeConstant = "winding_time_constant"
    /// Time constant of the housing [s].
    case housingTimeConstant = "housing_time_constant"
    /// Time [s] from 25 degree to the trip at a torque [N.m], rotor turning at 50 rpm of the joint.
    case overloadTurning = "overload_turning"
    /// Time [s] from 25 degree to the trip at a torque [N.m], rotor standing where one phase carries the peak.
    case overloadStanding = "overload_standing"
  }

  /// What the number is about.
  public var quantity: Quantity
  /// What it is printed for, such as a torque, in the unit `quantity` says; nil where there is nothing to say.
  public var at: Double?
  /// The number.
  public var value: Double
  /// How far the model may be off, as a part of the number.
  public var tolerance: Double

  /// A number.
  public init(quantity: Quantity, at: Double? = nil, value: Double, tolerance: Double) {
    self.quantity = quantity
    self.at = at
    self.value = value
    self.tolerance = tolerance
  }
}

extension PrintedNumber.Quantity {
  /// Unit of the number.
  public var unit: String {
    switch self {
    case .backEMF: "V rms at 1000 rpm"
    case .speedConstant: "rpm/V"
    case .motorConstant: "N.m/sqrt(W)"
    case .torqueConstant: "N.m/A"
    case .noLoadSpeed: "rpm"
    case .torqueAtCurrent, .torqueAtSpeed: "N.m"
    case .armature, .inputInertia: "kg.m^2"
    case .stiffness: "N.m/rad"
    case .torsion: "arc minutes"
    case .antiresonance, .resonance: "Hz"
    case .windingTimeConstant, .housingTimeConstant, .overloadTurning, .overloadStanding: "s"
    }
  }

  /// Unit of what the number is printed for; nil where it is for nothing.
  public var argumentUnit: String? {
    switch self {
    case .torqueAtCurrent: "A"
    case .torqueAtSpeed: "rpm"
    case .torsion, .overloadTurning, .overloadStanding: "N.m"
    case .antiresonance, .resonance: "kg.m^2"
    default: nil
    }
  }

  /// Whether the number is about a motor, so that a reducer alone has none.
  public var needsMotor: Bool {
    switch self {
    case .inputInertia, .stiffness, .torsion: false
    default: true
    }
  }

  /// Whether the number is about heat.
  public var needsThermal: Bool {
    switch self {
    case .windingTimeConstant, .housingTimeConstant, .overloadTurning, .overloadStanding: true
    default: false
    }
  }
}
