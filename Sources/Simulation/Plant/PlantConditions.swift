public import JointControl
import RigidBody

extension Plant {
  /// How far the parts of a joint are from sound.
  public func condition(of joint: Int) -> JointCondition {
    precondition(joint >= 0 && joint < jointCount)
    return joints[joint].impairment.condition
  }

  /// Makes the parts of a joint as sound or unsound as a condition says, from the next step on.
  ///
  /// What a condition changes of inertia or stiffness changes the body's model at this instant, and never the state:
  /// positions, velocities and the torsion of a reducer stay, so that energy may jump with them. A joint that is blocked in
  /// motion stops with the impulse that takes; the whole body feels it. Fields that a joint has no part for do nothing;
  /// `JointCondition.objection(to:of:in:)` says so beforehand.
  public mutating func setCondition(_ condition: JointCondition, of joint: Int) {
    precondition(joint >= 0 && joint < jointCount)
    let before = joints[joint].impairment.condition
    if condition == before { return }
    let part = joints + joint
    let (index, place) = (part.pointee.index, part.pointee.place)
    if condition.isBlocked && !before.isBlocked { stop(at: index) }
    let description = robot.joints[joint]
    let physicsPlace = physicsPlace(of: joint)
    if let physicsPlace, let sound = description.actuator.physics?.reducer {
      physics[physicsPlace].dynamics.take(
        condition, sound: sound, joint: position[place], velocity: velocity[index])
      physics[physicsPlace].supplyOffset = condition.supplyOffset
    }
    let reading: Double
    if let physicsPlace {
      reading = physics[physicsPlace].reading
    } else {
      reading = part.pointee.shaftReading(position: position[place], velocity: velocity[index], since: 0)
    }
    part.pointee.take(
      condition, of: description, armature: armature(of: joint, condition), position: position[place],
      velocity: velocity[index], reading: reading)
    if before.changesBody(to: condition, hasReducer: physicsPlace != nil) { rebuild() }
  }

  /// Inertia that the body carries for a joint's actuator [kg.m^2].
  private func armature(of joint: Int, _ condition: JointCondition) -> Double {
    if let place = physicsPlace(of: joint) { return physics[place].dynamics.addedInertia }
    let whole = robot.joints[joint].actuator.armature
    return condition.isSheared ? ActuatorDynamics.leftInertia * whole : whole
  }

  /// Compiles the model anew from the conditions of all joints.
  private mutating func rebuild() {
    blocked = (0..<jointCount).filter { joints[$0].impairment.condition.isBlocked }
    let armatures = (0..<jointCount).map { joint -> Double? in
      let condition = joints[joint].impairment.condition
      if condition.isBlocked { return PlantBody.blockedInertia }
      let isOwn = physicsPlace(of: joint) == nil && !condition.isSheared
      return isOwn ? nil : armature(of: joint, condition)
    }
    replaceBody(
      PlantBody.model(
        of: robot, base: kernel.isFloating ? .floating : .fixed, armatures: armatures,
        masses: (0..<jointCount).map { joints[$0].impairment.condition.extraMass }))
  }

  /// Stops one coordinate with the impulse that it takes: v - M^-1 e (e v) / (e M^-1 e).
  private mutating func stop(at index: Int) {
    if velocity[index] == 0 { return }
    var unit = [Double](repeating: 0, count: size)
    var free = unit
    var pushed = unit
    forwardDynamics(kernel, workspace, q: position, v: velocity, tau: unit, into: &free)
    unit[index] = 1
    forwardDynamics(kernel, workspace, q: position, v: velocity, tau: unit, into: &pushed)
    let impulse = velocity[index] / (pushed[index] - free[index])
    for other in 0..<size { velocity[other] -= impulse * (pushed[other] - free[other]) }
    velocity[index] = 0
  }
}

extension JointCondition {
  /// Whether another condition needs another model of the body.
  fileprivate func changesBody(to other: JointCondition, hasReducer: Bool) -> Bool {
    isBlocked != other.isBlocked || isSheared != other.isSheared || extraMass != other.extraMass
      || (hasReducer && (stiffnessFactor != other.stiffnessFactor || extraBacklash != other.extraBacklash))
  }

  /// A field, by its name.
  public enum Field: String, Sendable, CaseIterable {
    case torqueScale, lacksPhase, commutationOffset, extraHeat, ambientRise
    case frictionFactor, stiffnessFactor, extraBacklash, isSheared, isBlocked
    case externalTorque, extraMass
    case encoderOffset, encoderNoise, encoderIsStuck, outputEncoderIsLost
    case supplyOffset
  }

  /// Why a field does nothing on a joint, so that an injection of it can be refused; nil where the plant obeys it.
  ///
  /// Every joint obeys `torqueScale`, `commutationOffset`, `isSheared`, `isBlocked`, `externalTorque` and the fields of the
  /// encoder on the rotor. The others need the part that they are about, which a joint without a profile may not have.
  ///
  /// - Parameters:
  ///   - field: the field.
  ///   - joint: the joint's number.
  ///   - robot: the robot.
  /// - Returns: the reason, as the end of a sentence about the joint, and what to do.
  public static func objection(to field: Field, of joint: Int, in robot: Robot) -> String? {
    precondition(robot.joints.indices.contains(joint))
    let part = robot.joints[joint]
    let model = part.actuator.physics
    let needsProfile = "has no profile, which this needs: name one in its actuator (profile:)"
    switch field {
    case .torqueScale, .commutationOffset, .isSheared, .isBlocked, .externalTorque, .encoderOffset,
      .encoderNoise, .encoderIsStuck:
      return nil
    case .lacksPhase:
      guard let model else { return needsProfile }
      return model.motor.winding.isThreePhase ? nil : "has a motor whose profile does not count three phases"
    case .extraHeat, .ambientRise:
      guard let model else { return needsProfile }
      return model.thermal == nil ? "has a profile without a thermal model: add thermal: to it" : nil
    case .stiffnessFactor, .extraBacklash:
      guard let model else { return needsProfile }
      return model.reducer.isRigid ? "has a rigid reducer in its profile: give it a stiffness" : nil
    case .frictionFactor:
      return part.actuator.hasFriction ? nil : "has no friction that a factor could change"
    case .extraMass:
      let child = robot.model.joints.first { $0.name == part.name }?.child
      let link = robot.model.links.first { $0.name == child }
      return link?.inertia == nil
        ? "carries a link without mass: choose the joint of a link that has some" : nil
    case .outputEncoderIsLost:
      return "has a drive that reports its rotor's encoder alone"
    case .supplyOffset:
      let bus = Int(part.configuration.drive.bus)
      if model != nil || robot.supplies.contains(where: { $0.buses.contains(bus) }) { return nil }
      return "has neither a profile nor a supply whose voltage is known: name one of them (profile:, supply:)"
    }
  }
}

extension Actuator {
  fileprivate var hasFriction: Bool {
    guard let physics else {
      return reducer.coulombFriction > 0 || reducer.viscousFriction > 0 || reducer.efficiency < 1
    }
    return physics.friction.coulomb > 0 || physics.friction.breakaway > 0 || physics.friction.viscous > 0
      || physics.reducer.drivingEfficiency < 1 || physics.reducer.backDrivingEfficiency < 1
  }
}
