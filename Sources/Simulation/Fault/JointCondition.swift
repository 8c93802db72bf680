/// How far the parts of one joint are from sound; the value of `init()` says that they all are.
///
/// The layers below the wire read it: what is wrong with a frame or a bus is told to the bus, not here.
public struct JointCondition: BitwiseCopyable, Sendable, Equatable {
  // Motor.

  /// Torque of the motor per torque that the drive believes it gives: a current sensor's gain, a weak magnet.
  public var torqueScale = 1.0
  /// Whether a phase of the motor is open: its torque goes with the square of the cosine of the electrical angle.
  public var lacksPhase = false
  /// Electrical angle by which the commutation is off [rad]; the torque goes with its cosine.
  public var commutationOffset = 0.0
  /// Heat beside the motor's own that warms the winding [W].
  public var extraHeat = 0.0
  /// Temperature around the housing above the profile's [K].
  public var ambientRise = 0.0

  // Reducer and joint.

  /// Factor of every friction of the joint.
  public var frictionFactor = 1.0
  /// Factor of the reducer's stiffness.
  public var stiffnessFactor = 1.0
  /// Backlash beside the profile's, from end to end, at the joint [rad].
  public var extraBacklash = 0.0
  /// Whether the teeth are sheared off: the motor turns and the joint does not follow.
  public var isSheared = false
  /// Whether the joint cannot move: a jammed reducer, a brake that stays closed.
  public var isBlocked = false

  // Body.

  /// Torque on the joint from outside, as somebody pushes [N.m].
  public var externalTorque = 0.0
  /// Mass beside that of the joint's link, at its centre of mass [kg].
  public var extraMass = 0.0

  // Encoder on the rotor, seen at the joint.

  /// Angle by which the reading is off [rad].
  public var encoderOffset = 0.0
  /// Standard deviation of noise on the reading beside the profile's [rad].
  public var encoderNoise = 0.0
  /// Whether the reading stays what it was.
  public var encoderIsStuck = false

  // Encoder on the joint, where there is one.

  /// Whether it is lost: the drive goes on with the rotor's alone.
  public var outputEncoderIsLost = false

  // Supply.

  /// Voltage at the drive's terminals beside that of the supply [V].
  public var supplyOffset = 0.0

  /// Sound.
  public init() {}
}
