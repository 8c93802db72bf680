import JointControl

/// The supplies of a plant's drives: what each drive draws, and the voltage that leaves it.
///
/// A step's voltage is that of its beginning; the power of the step moves it. A motor with a profile draws what its
/// electrics say. Of a motor without one the envelope is known, whose slope s from knee to no load is that of a winding,
/// R / k^2: torque t at velocity v draws t v + s t^2.
struct PlantSupplies {
  private var supplies: [SupplyBus] = []
  private let nominal: [Double]
  /// Supply of each joint's drive; nil for a stiff one.
  private let supplyOfJoint: [Int?]
  private var powers: [Double]

  init(_ robot: Robot, step: Double) {
    supplies = robot.supplies.map {
      SupplyBus(
        openCircuit: $0.voltage, resistance: $0.resistance, capacitance: $0.capacitance, chopper: $0.chopper,
        step: step)
    }
    nominal = robot.supplies.map(\.voltage)
    supplyOfJoint = robot.joints.map { joint in
      robot.supplies.firstIndex { $0.buses.contains(Int(joint.configuration.drive.bus)) }
    }
    powers = Array(repeating: 0, count: supplies.count)
  }

  var isEmpty: Bool { supplies.isEmpty }

  /// Voltage of the supply of a joint's drive [V]; nil for a stiff one.
  func voltage(of joint: Int) -> Double? { supplyOfJoint[joint].map { supplies[$0].voltage } }

  /// The same as a part of the voltage without load, with what the drive's terminals have beside it [V].
  func share(of joint: Int, offset: Double) -> Double? {
    supplyOfJoint[joint].map { max(0, (supplies[$0].voltage + offset) / nominal[$0]) }
  }

  /// Energy that the choppers burned [J].
  var burned: Double { supplies.reduce(0) { $0 + $1.burned } }

  /// Notes what a joint's drive drew over a step, negative when it gave back [W].
  mutating func draw(_ power: Double, of joint: Int) {
    if let supply = supplyOfJoint[joint] { powers[supply] += power }
  }

  /// Ends a step.
  mutating func advance() {
    for index in supplies.indices {
      supplies[index].advance(power: powers[index])
      powers[index] = 0
    }
  }
}

extension Plant {
  /// Voltage at the terminals of a joint's drive [V]; nil where its supply is stiff and nothing is wrong with it.
  public func terminalVoltage(of joint: Int) -> Double? {
    precondition(joint >= 0 && joint < jointCount)
    return supplies.voltage(of: joint).map { $0 + joints[joint].impairment.condition.supplyOffset }
  }

  /// Energy that brake choppers burned [J].
  public var burnedEnergy: Double { supplies.burned }

  /// Gives every drive the voltage of its supply; before a step.
  mutating func feed() {
    for joint in 0..<jointCount {
      if let place = physicsPlace(of: joint) {
        if let voltage = supplies.voltage(of: joint) { physics[place].supply = voltage }
      } else {
        let offset = joints[joint].impairment.condition.supplyOffset
        if let share = supplies.share(of: joint, offset: offset) { joints[joint].motor.setSupply(share) }
      }
    }
  }

  /// Takes what every drive drew in the step that has ended.
  mutating func settleSupplies() {
    for joint in 0..<jointCount {
      if let place = physicsPlace(of: joint) {
        supplies.draw(physics[place].takeEnergy() / stepSeconds, of: joint)
      } else {
        let part = joints[joint]
        supplies.draw(part.motor.power(velocity: velocity[part.index]), of: joint)
      }
    }
    supplies.advance()
  }
}
