/// What homing found.
public struct HomingReport: Sendable, Equatable {
  /// One joint.
  public struct Joint: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// How it was homed; nil where it was not asked for.
    public var plan: HomingPlan?
    /// Where it believed to be at power-up [rad].
    public var reading = 0.0
    /// What is to be added to the position as robot.yaml has it [rad].
    public var correction = 0.0
    /// Where it is [rad].
    public var position = 0.0
    /// What the saved turns said, where they were asked.
    public var choice: TurnChoice?
    /// The search, where there was one.
    public var search: HomingSearch?
    /// What its weight says, where it was weighed.
    public var weight: WeightCheck.Joint?
  }
  /// By joint.
  public private(set) var joints: [Joint]
  private var name: String

  init(_ robot: Robot, _ plans: [HomingPlan?]) {
    name = robot.name
    joints = zip(robot.joints, plans).map { Joint(name: $0.name, plan: $1) }
  }

  /// What is added to each joint's position, in the order of joints [rad].
  public var corrections: [Double] { joints.map(\.correction) }

  /// What is to be kept for the next time.
  ///
  /// - Parameter old: what was kept, for joints that were not homed now.
  /// - Returns: an entry for each joint that was ever homed.
  public func memory(keeping old: TurnMemory?) -> TurnMemory {
    TurnMemory(
      robot: name,
      entries: joints.compactMap { joint in
        guard joint.plan != nil else { return old?[joint.name] }
        return TurnMemory.Entry(joint: joint.name, correction: joint.correction, pose: joint.position)
      })
  }

  var allAreSaved: Bool { joints.allSatisfy { $0.plan.map { $0.method == .saved } ?? true } }

  /// Takes what the drives read while they were off, and lets the saved turns say what that means.
  mutating func take(readings: [Double], _ robot: Robot, _ memory: TurnMemory?) throws(HomingError) {
    var problems: [HomingError.Problem] = []
    for index in joints.indices {
      joints[index].reading = readings[index]
      joints[index].position = readings[index]
      let entry = memory?[joints[index].name]
      // A joint that is not homed now stands where it was found last; its weight loads those below it.
      guard let plan = joints[index].plan else {
        joints[index].correction = entry?.correction ?? 0
        joints[index].position += joints[index].correction
        continue
      }
      guard plan.method == .saved, let entry else { continue }
      let choice = TurnChoice(
        reading: readings[index], saved: entry, pitch: robot.joints[index].turnPitch,
        limits: robot.joints[index].configuration.limits)
      joints[index].choice = choice
      joints[index].correction = choice.correction
      joints[index].position = choice.position
      if !choice.isPlausible { problems.append(HomingError.Problem(robot, index, .turns(choice))) }
    }
    if !problems.isEmpty { throw .joints(problems) }
  }

  /// Takes what was searched for and weighed.
  mutating func take<Marks: HomingMarks & ~Copyable>(
    _ source: borrowing HomingSource<Marks>, _ robot: Robot
  ) throws(HomingError) {
    for (place, index) in source.order.enumerated() {
      let search = source.searches[place]
      joints[index].search = search
      if let failure = search.failure, let plan = joints[index].plan {
        throw .joints([HomingError.Problem(robot, index, .search(failure, search, plan))])
      }
    }
    guard source.isComplete else { throw .stopped }
    for index in joints.indices {
      // What a joint without a search reads is right already: the robot that searched has its saved turns.
      joints[index].position = source.restPositions[index]
      if let search = joints[index].search, let plan = joints[index].plan {
        joints[index].correction = plan.mark - search.found
        joints[index].position += joints[index].correction
      }
    }
    let weights = WeightCheck(
      robot, positions: joints.map(\.position), torques: source.restTorques,
      steps: joints.indices.map {
        joints[$0].search == nil ? robot.joints[$0].turnPitch : HomingError.searchStep
      })
    var problems: [HomingError.Problem] = []
    for index in joints.indices {
      joints[index].weight = weights.joints[index]
      if joints[index].plan != nil && weights.joints[index].verdict == .contradicts {
        problems.append(HomingError.Problem(robot, index, .weight(weights.joints[index])))
      }
    }
    if !problems.isEmpty { throw .joints(problems) }
    for index in joints.indices where joints[index].plan != nil {
      let limits = robot.joints[index].configuration.limits
      let position = joints[index].position
      if position < limits.minPosition - HomingError.outside
        || position > limits.maxPosition + HomingError.outside
      {
        problems.append(HomingError.Problem(robot, index, .outside(position)))
      }
    }
    if !problems.isEmpty { throw .joints(problems) }
  }
}
