import JointControl
import RigidBody

/// Motor, heat, friction and reducer of one joint as they move, beside a body that somebody else integrates.
///
/// The torsion between rotor and joint is stiff; it is taken in by the linearly implicit midpoint rule. With K the highest
/// stiffness, D the damping and h the step, torque over a step is
///
///     T = T(predicted torsion) + D rate + beta (rotor acceleration - joint acceleration)
///
/// The rotor's equation is solved for its acceleration, which leaves the joint a known torque and an added inertia
/// `addedInertia` = beta A / (beta + A), with A the rotor's: no step is too long for any stiffness, and a rigid reducer is
/// the limit in which the joint carries the whole rotor. A body steps as `prepare`, solve, `finish`.
struct ActuatorDynamics: BitwiseCopyable {
  /// Where in a step forces are taken.
  enum Rule: BitwiseCopyable {
    /// Implicit midpoint, second order: x moves with the mean of old and new velocity.
    case midpoint
    /// Semi-implicit Euler, first order, as the plant steps: x moves with the new velocity.
    case semiImplicit
  }

  /// What one step did, at the joint.
  struct Energies: BitwiseCopyable {
    /// Energy from the supply [J].
    var supplied = 0.0
    /// Heat in copper [J].
    var copper = 0.0
    /// Heat of friction and of iron [J].
    var friction = 0.0
    /// Work into the reducer's torsion [J].
    var torsion = 0.0
    /// Work on the joint [J].
    var output = 0.0
  }

  /// Inertia that the body carries for this actuator [kg.m^2].
  private(set) var addedInertia: Double
  /// Angle and velocity of the rotor, divided by the ratio [rad, rad/s].
  private(set) var rotor = 0.0
  private(set) var rotorVelocity = 0.0
  private(set) var electrics: MotorElectrics
  private(set) var heat: WindingHeat
  private(set) var reducer: ReducerTorsion
  private(set) var friction: BristleFriction
  /// Torque of the motor at the joint over the last step, before losses [N.m].
  private(set) var motorTorque = 0.0
  /// Torque of the reducer on the joint over the last step [N.m].
  private(set) var outputTorque = 0.0
  /// What happened so far.
  private(set) var energies = Energies()

  /// What is not sound about the actuator; looked at only where `isImpaired`.
  private(set) var isImpaired = false
  private(set) var impairment = Impairment()

  private(set) var model: Parameters
  private let rule: Rule
  private let step: Double
  private let substeps: Int
  private let inertia: Double
  private var beta: Double
  private var rotorAcceleration = 0.0
  private var frictionTorque = 0.0
  private var predictedTorque = 0.0
  private var error = (angle: 0.0, slope: 0.0)
  private var torsion = 0.0
  private var jointVelocity = 0.0
  private var copperPower = 0.0

  /// What the loop reads of `ActuatorModel`, without its name.
  struct Parameters: BitwiseCopyable {
    let motor: MotorModel
    /// Nothing gets warm where this is false.
    let hasHeat: Bool
    let thermal: ThermalModel
    var reducer: ReducerModel
    let continuousShare: Double
    let isRigid: Bool
  }

  /// An actuator at rest.
  ///
  /// - Parameters:
  ///   - model: the actuator.
  ///   - joint: position of the joint [rad].
  ///   - step: time of one step of the body [s].
  ///   - substeps: steps of the motor's current in one of the body.
  ///   - rule: how the body is stepped.
  init(_ model: ActuatorModel, joint: Double, step: Double, substeps: Int, rule: Rule) {
    let isRigid = model.reducer.isRigid
    self.model = Parameters(
      motor: model.motor, hasHeat: model.thermal != nil, thermal: model.thermal ?? Self.noHeat,
      reducer: model.reducer,
      continuousShare: model.thermal.map {
        min(1, $0.continuousCurrent(model.motor) / model.motor.peakCurrent)
      } ?? 1, isRigid: isRigid)
    self.rule = rule
    self.step = step
    self.substeps = substeps
    inertia = max(model.armature, 1e-6)
    electrics = MotorElectrics(model.motor, step: step / Double(substeps))
    heat = WindingHeat(model.thermal ?? Self.noHeat, polePairs: model.motor.polePairs, step: step)
    reducer = ReducerTorsion(model.reducer)
    friction = BristleFriction(model.friction, inertia: inertia, step: step)
    beta = Self.beta(model.reducer, step: step, rule: rule)
    addedInertia = isRigid ? inertia : beta * inertia / (beta + inertia)
    rotor = joint
    error = reducer.error(at: joint)
  }

  private static func beta(_ reducer: ReducerModel, step: Double, rule: Rule) -> Double {
    let stiffness = reducer.isRigid ? 0 : reducer.highestStiffness
    let dampingTime = rule.isMidpoint ? 0.5 * step : step
    return 0.25 * step * step * stiffness + dampingTime * reducer.damping
  }

  /// Stands in for a thermal model that is not there.
  private static var noHeat: ThermalModel {
    ThermalModel(
      windingCapacity: 1, windingToHousing: 1, housingCapacity: 1, housingToAmbient: 1, derate: 1e9, trip: 2e9
    )
  }

  /// Puts rotor and joint somewhere, unloaded and moving as one [rad, rad/s].
  mutating func place(at position: Double, velocity: Double) {
    rotor = position
    rotorVelocity = velocity
    impairment.lag = 0
    reducer = ReducerTorsion(model.reducer)
    error = reducer.error(at: rotor)
  }

  /// Speed of the rotor [rad/s at the rotor].
  var rotorSpeed: Double { rotorVelocity * model.reducer.ratio }

  /// Kinetic, elastic and magnetic energy inside the actuator [J].
  func storedEnergy(joint: Double) -> Double {
    let elastic =
      model.isRigid ? 0 : reducer.storedEnergy(at: rotor + error.angle - joint)
    let kinetic = model.isRigid ? 0 : 0.5 * inertia * rotorVelocity * rotorVelocity
    return elastic + kinetic + electrics.storedEnergy
  }

  /// One step in which something outside holds the joint: the motor works and warms, nothing turns.
  mutating func hold(at joint: Double, demand: Double, supply: Double) {
    if isImpaired || impairment.lag != 0 {
      // What was sheared off, or holds on elsewhere since, stays so.
      rotorVelocity = 0
    } else {
      place(at: joint, velocity: 0)
    }
    rotorAcceleration = 0
    drive(demand: demand / model.reducer.ratio, speed: 0, supply: supply)
    if model.hasHeat { heat.advance(power: copperPower, angle: model.reducer.ratio * rotor) }
  }

  /// First half of a step: everything but the accelerations.
  ///
  /// - Parameters:
  ///   - joint: position of the joint [rad].
  ///   - velocity: velocity of the joint [rad/s].
  ///   - demand: torque that the drive asks for, at the joint and before losses [N.m].
  ///   - supply: voltage of the supply [V].
  /// - Returns: torque on the joint for a body that carries `addedInertia` [N.m].
  mutating func prepare(joint: Double, velocity: Double, demand: Double, supply: Double) -> Double {
    if model.isRigid && !impairment.isSheared {
      rotor = joint + impairment.lag
      rotorVelocity = velocity
    }
    jointVelocity = velocity
    let ratio = model.reducer.ratio
    let half = rule.isMidpoint ? 0.5 * step : 0
    let expected = rotorVelocity + half * rotorAcceleration
    drive(demand: demand / ratio, speed: ratio * expected, supply: supply)
    let load = motorTorque < 0 ? -motorTorque : motorTorque
    let share = model.reducer.loadShare(isDriving: motorTorque * rotorVelocity >= 0)
    frictionTorque =
      friction.advance(
        velocity: expected, loadFriction: share * load,
        temperature: heat.housingTemperature)
      + model.motor.ironDrag * ratio * ratio * expected
    if isImpaired && impairment.isSheared {
      outputTorque = 0
      return 0
    }
    if model.isRigid { return motorTorque - frictionTorque }

    torsion = rotor + error.angle - joint
    let rate = (1 + error.slope) * rotorVelocity - velocity
    let move = half * rate
    predictedTorque = reducer.torque(at: torsion + move, moving: move) + model.reducer.damping * rate
    let left = motorTorque - frictionTorque - (1 + error.slope) * predictedTorque
    return predictedTorque + beta / (beta + inertia) * left
  }

  /// Second half of a step: takes the joint's acceleration [rad/s^2].
  mutating func finish(acceleration: Double) {
    if isImpaired && impairment.isSheared {
      spin()
      return
    }
    if model.isRigid {
      rotorAcceleration = acceleration
      account(rotorMean: rotorVelocity + 0.5 * step * acceleration)
      return
    }
    let left = motorTorque - frictionTorque - (1 + error.slope) * predictedTorque
    rotorAcceleration = (left + beta * acceleration) / (beta + inertia)
    outputTorque = predictedTorque + beta * (rotorAcceleration - acceleration)
    let before = rotorVelocity
    rotorVelocity += step * rotorAcceleration
    let mean = 0.5 * (before + rotorVelocity)
    let jointMean = jointVelocity + 0.5 * step * acceleration
    let jointMove =
      step * (rule.isMidpoint ? jointMean : jointVelocity + step * acceleration)
    let rotorBefore = rotor
    rotor += step * (rule.isMidpoint ? mean : rotorVelocity)
    let errorBefore = error.angle
    error = reducer.error(at: rotor)
    let turned = rotor - rotorBefore + error.angle - errorBefore
    reducer.move(by: turned - jointMove, torque: outputTorque)
    energies.torsion += outputTorque * (turned - jointMove)
    energies.output += outputTorque * jointMean * step
    account(rotorMean: mean)
  }

  /// The motor over one step of the body.
  private mutating func drive(demand: Double, speed: Double, supply: Double) {
    var limit = model.motor.peakCurrent
    if model.hasHeat {
      limit *= model.thermal.currentShare(at: heat.hottest, continuous: model.continuousShare)
      electrics.setTemperature(heat.temperature)
    }
    let wanted = model.motor.current(torque: demand)
    // A drive's arithmetic cannot ask for what is not a number; what it asks for is bounded here.
    let bounded = wanted >= -limit ? (wanted <= limit ? wanted : limit) : -limit
    let reference = isImpaired ? impairedReference(bounded) : bounded
    var torque = 0.0
    var copper = 0.0
    for _ in 0..<substeps {
      let part = electrics.advance(towards: reference, speed: speed, supply: supply)
      torque += part.torque
      copper += part.copper
      energies.supplied += part.supplied
    }
    motorTorque = model.reducer.ratio * torque / Double(substeps)
    energies.copper += copper
    copperPower = copper / step
  }

  /// A step of a rotor that nothing holds on to.
  private mutating func spin() {
    rotorAcceleration = (motorTorque - frictionTorque) / inertia
    let before = rotorVelocity
    rotorVelocity += step * rotorAcceleration
    let mean = 0.5 * (before + rotorVelocity)
    rotor += step * (rule.isMidpoint ? mean : rotorVelocity)
    error = reducer.error(at: rotor)
    account(rotorMean: mean)
  }

  private mutating func account(rotorMean: Double) {
    energies.friction += frictionTorque * rotorMean * step
    if model.hasHeat { heat.advance(power: copperPower, angle: model.reducer.ratio * rotor) }
  }
}

extension ActuatorDynamics.Rule {
  fileprivate var isMidpoint: Bool {
    switch self {
    case .midpoint: true
    case .semiImplicit: false
    }
  }
}

extension ActuatorDynamics {
  /// What of an actuator is not sound.
  struct Impairment: BitwiseCopyable {
    /// Current per current that the drive measures.
    var currentScale = 1.0
    var lacksPhase = false
    /// Cosine of the angle that commutation is off.
    var commutation = 1.0
    var isSheared = false
    /// Angle that the rotor of a rigid reducer is ahead of the joint, since its teeth hold on again [rad].
    var lag = 0.0
    /// Current that the drive believes in [A].
    var believed = 0.0
  }

  /// Torque at the joint that the drive believes it gives [N.m].
  var reportedTorque: Double {
    isImpaired ? model.reducer.ratio * model.motor.torque(current: impairment.believed) : motorTorque
  }

  /// Takes another condition: from the next step on the body has to carry `addedInertia` as it is then.
  ///
  /// - Parameters:
  ///   - condition: how far the parts are from sound.
  ///   - sound: the reducer as its maker left it.
  ///   - joint: where the joint is [rad].
  ///   - velocity: how fast the joint moves [rad/s].
  mutating func take(_ condition: JointCondition, sound: ReducerModel, joint: Double, velocity: Double) {
    let wasSheared = impairment.isSheared
    isImpaired = condition != JointCondition()
    impairment.currentScale = condition.torqueScale
    impairment.lacksPhase = condition.lacksPhase
    impairment.commutation = SineCosine(of: condition.commutationOffset).cosine
    impairment.isSheared = condition.isSheared
    electrics.coupling = impairment.commutation
    friction.factor = condition.frictionFactor
    heat.extraPower = condition.extraHeat
    if model.hasHeat { heat.setAmbientRise(condition.ambientRise) }
    var changed = sound
    if !sound.isRigid {
      let factor = condition.stiffnessFactor
      changed.stiffness = (
        factor * sound.stiffness.first, factor * sound.stiffness.second, factor * sound.stiffness.third
      )
      changed.backlash = sound.backlash + condition.extraBacklash
    }
    if changed != model.reducer {
      model.reducer = changed
      reducer.change(to: changed)
      beta = Self.beta(changed, step: step, rule: rule)
    }
    if wasSheared && !condition.isSheared {
      // The teeth hold on where rotor and joint are now.
      rotorVelocity = velocity
      if model.isRigid {
        impairment.lag = rotor - joint
      } else {
        reducer.engage(at: rotor + error.angle - joint)
      }
    }
    let whole = model.isRigid ? inertia : beta * inertia / (beta + inertia)
    addedInertia = condition.isSheared ? min(whole, Self.leftInertia * inertia) : whole
  }

  /// Part of an actuator's inertia that stays with a joint whose teeth are gone: what turns at its output.
  static var leftInertia: Double { 0.1 }

  /// The current that flows for one that the drive's loop holds as it sees it [A].
  private mutating func impairedReference(_ wanted: Double) -> Double {
    impairment.believed = wanted
    var current = impairment.currentScale * wanted
    if impairment.lacksPhase {
      // The two phases left carry one current; of current and field each keeps the cosine of the electrical angle.
      let angle = model.motor.polePairs * model.reducer.ratio * rotor
      let cosine = SineCosine(of: angle).cosine
      current *= cosine
      electrics.coupling = impairment.commutation * cosine
      impairment.believed *= cosine * cosine
    }
    return current
  }
}
