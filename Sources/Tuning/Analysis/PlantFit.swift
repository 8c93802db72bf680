/// The plant of a joint's loop, put together from the experiments on it: of each number the surest estimate.
public struct PlantFit: Sendable, Equatable {
  /// What is known of a joint without experiments.
  public struct Known: Sendable, Equatable {
    /// Where the loop is closed.
    public var closure: JointPlant.Closure
    /// Time between two cycles of the host [s].
    public var period: Double
    /// Time between two torques of a loop that the drive closes [s].
    public var drivePeriod = 2.5e-4
    /// From a measurement to the torque that answers it in such a loop [s].
    public var driveDelay = 2.5e-4
    /// Step of the measured position [rad].
    public var positionQuantum = 0.0
    /// Step of the drive's encoder, joint side [rad]; that of the measured position where nil.
    public var encoderQuantum: Double?
    /// Step of the measured velocity [rad/s].
    public var velocityQuantum = 0.0
    /// Stiffness of the reducer by its maker [N.m/rad]; nil where it is not known.
    public var reducerStiffness: Double?
    /// The rotor's own inertia at the joint [kg.m^2]; nil where it is not known.
    public var rotorInertia: Double?
    /// Play of the reducer, if any is known [rad].
    public var backlash = 0.0
    /// Errors of the reducer's angle in a turn of the joint, of a kind that has them: a strain-wave gear's are twice its ratio; nil where
    /// none are known.
    public var reducerErrors: Double?
    /// Whether the drive answers a command with what it measures as that arrives, as those do that are asked by their commands.
    public var answersOnArrival = false
    /// Gains of a loop that the drive closed while it was shaken: with them what it reports of the end of each cycle becomes what acted over
    /// the cycle. Nil where they are not known, the host closes it, or the records say so already.
    public var gains: Gains?

    /// Gains of a loop.
    public struct Gains: Sendable, Equatable {
      /// [N.m/rad]
      public var stiffness: Double
      /// [N.m.s/rad]
      public var damping: Double

      /// Gains.
      public init(stiffness: Double, damping: Double) {
        self.stiffness = stiffness
        self.damping = damping
      }
    }

    /// A joint of which only the loop is known.
    public init(closure: JointPlant.Closure, period: Double) {
      self.closure = closure
      self.period = period
    }
  }

  /// J [kg.m^2].
  public let inertia: Estimate
  /// Fc [N.m].
  public let coulomb: Estimate
  /// b [N.m.s/rad].
  public let viscous: Estimate
  /// From a measurement on the host to the torque that answers it [s].
  public let delay: Estimate
  /// Time by which a measured velocity is older than the position beside it [s].
  public let velocityLag: Estimate
  /// Torsion of the reducer, where the response shows one; friction damps it, and makes it seem higher.
  public let torsion: JointPlant.Torsion?
  /// All of it as a plant; with best guesses where something is not identified.
  public let plant: JointPlant

  /// Puts a plant together; nil where no record of quick motion says anything.
  ///
  /// - Parameters:
  ///   - tones: records of quick motion well below a torsion: inertia.
  ///   - broad: records that excite many frequencies: chirp, multisine, delay.
  ///   - sweep: speeds there and back, if there is such a record.
  ///   - known: what is known without experiments.
  ///   - hasWeight: whether the joint carries a weight that quick motion shows.
  public init?(
    tones: [JointRecord], broad: [JointRecord], sweep: JointRecord? = nil, known: Known,
    hasWeight: Bool = false
  ) {
    let step = known.positionQuantum > 0 ? known.positionQuantum : nil
    let loops = broad.compactMap { MeasuredLoop($0) }
    guard let lag = Self.surest((tones + broad).compactMap { Self.lag($0, step) }) else { return nil }
    velocityLag = lag
    guard
      let body = RigidFit(
        tones: tones, broad: broad, sweep: sweep, known: known, lag: lag.value, hasWeight: hasWeight)
    else { return nil }
    inertia = body.inertia
    coulomb = body.coulomb
    viscous = body.viscous
    let seen = loops.lazy.compactMap { $0.torsion(in: 100...(2 * .pi / (3 * known.period))) }.first
    let rows = (broad.isEmpty ? tones : broad).compactMap(Self.torqueRows).max()
    let latest = rows.map { Double($0) * known.period }
    if known.answersOnArrival, known.closure == .host, let rows, rows > 0 {
      delay =
        CommandDelay(
          rows: rows, records: broad, known: known, inertia: body.inertia.value,
          viscous: max(0, body.viscous.value), lag: lag
        ).delay
    } else {
      // Slow enough for the torsion, quick enough that a delay turns the phase.
      let range = 40...min(max(0.5 * (seen?.antiresonance ?? 800), 120), 400)
      delay = Self.delay(
        loops.map { $0.lateness(of: $0.position, in: range) },
        loops.map { $0.lateness(of: $0.velocity, in: range) },
        lag, known, rows: rows)
    }
    var plant = JointPlant(
      inertia: inertia.value, closure: known.closure,
      period: known.closure == .host ? known.period : known.drivePeriod,
      delay: known.closure == .host ? Self.longest(delay, latest, known) : known.driveDelay)
    // Friction that is not known for sure does not damp.
    plant.viscousFriction = viscous.isIdentified ? max(0, viscous.value) : 0
    plant.coulombFriction = coulomb.isIdentified ? max(0, coulomb.value) : 0
    plant.velocityLag = max(0, lag.value)
    plant.encoderQuantum = known.encoderQuantum
    // A drive closes its loop on its encoder, the host on what comes over the wire.
    let inDrive = known.closure == .drive
    plant.positionQuantum = inDrive ? known.encoderQuantum ?? known.positionQuantum : known.positionQuantum
    plant.velocityQuantum = inDrive ? 0 : known.velocityQuantum
    plant.backlash = known.backlash
    plant.rotorInertia = known.rotorInertia.map { min($0, body.inertia.value) }
    let catalogue = known.reducerStiffness.flatMap { stiffness in
      known.rotorInertia.flatMap { rotor in
        JointPlant.torsion(stiffness: stiffness, rotor: rotor, load: body.inertia.value - rotor)
      }
    }
    plant.torsion =
      catalogue ?? seen.map { twist in loops.first.map { Self.damped(twist, plant, $0) } ?? twist }
    torsion = seen
    guard plant.objection == nil else { return nil }
    self.plant = plant
  }

  /// The delay that gains have to bear: what was found, or the longest that it may be where that is not sure.
  private static func longest(_ delay: Estimate, _ latest: Double?, _ known: Known) -> Double {
    guard !delay.isIdentified else { return max(0, delay.value) }
    let doubtful = delay.value + 2 * min(delay.standardError, known.period)
    return max(0, min(doubtful, latest ?? doubtful))
  }

  private static func lag(_ record: JointRecord, _ step: Double?) -> Estimate? {
    let quantum = step ?? MotionSignals.quantum(of: record)
    return MotionSignals(record, quantum: quantum).map { MotionFit.velocityLag(record, $0) }
  }

  /// Rows from a torque that was sent to the row in which the drive reports it; nil where it reports none.
  private static func torqueRows(_ record: JointRecord) -> Int? {
    guard record.reportsTorque, record.count > 100 else { return nil }
    let likes = (0...12).map { rows in
      JointRecord.correlation(
        Array(record.appliedTorques.dropLast(rows)), Array(record.torques.dropFirst(rows))) ?? 0
    }
    return likes.indices.max { likes[$0] < likes[$1] }
  }

  /// The delay by the surer of two ways: the position's lateness, or the velocity's less its lag. The torque that the drive reports
  /// has to agree: sent with one row and reported in the n-th after it, it acts n - 1 to n periods after the measurement.
  private static func delay(
    _ positions: [Estimate], _ velocities: [Estimate], _ lag: Estimate, _ known: Known, rows: Int?
  ) -> Estimate {
    var found = surest(positions)
    if let velocity = surest(velocities), velocity.isIdentified, lag.isIdentified {
      let error = (velocity.standardError * velocity.standardError + lag.standardError * lag.standardError)
        .squareRoot()
      if error < found?.standardError ?? .infinity {
        found = Estimate(velocity.value - lag.value, standardError: error)
      }
    }
    let period = known.period
    let latest = rows.map { Double($0) * period }
    guard var found else {
      return Estimate(
        guess: latest ?? period, because: "no record excites many frequencies; run chirp or delay")
    }
    // A torque that is held is late by half a period on average.
    found.value -= 0.5 * period
    if let latest, known.closure == .host,
      found.value < latest - 1.1 * period || found.value > latest + 0.1 * period
    {
      return Estimate(
        guess: latest, standardError: 0.5 * period,
        because: "the motion's phase says \(DesignCheck.number(1000 * found.value)) ms, the reported torque"
          + " \(DesignCheck.number(1000 * (latest - period))) to \(DesignCheck.number(1000 * latest)) ms")
    }
    let error = found.standardError
    guard error > period / 30 else { return found }
    return Estimate(
      guess: latest ?? found.value, standardError: error,
      because:
        "the delay is known within \(DesignCheck.number(error / period)) periods only; excite it with more torque (delay)"
    )
  }

  /// Of those that are identified the one of the smallest error, else the first.
  static func surest(_ estimates: [Estimate]) -> Estimate? {
    estimates.filter(\.isIdentified).min { $0.standardError < $1.standardError } ?? estimates.first
  }

  /// A torsion with the damping that makes its resonance stand out of its antiresonance as far as it was measured.
  private static func damped(
    _ torsion: JointPlant.Torsion, _ plant: JointPlant, _ loop: MeasuredLoop
  ) -> JointPlant.Torsion {
    func near(_ frequency: Double) -> Double {
      loop.velocity.points.min {
        ($0.frequency - frequency).magnitude < ($1.frequency - frequency).magnitude
      }?.value.length ?? 0
    }
    let measured = near(torsion.resonance) / max(near(torsion.antiresonance), 1e-300)
    func ratio(_ damping: Double) -> Double {
      var plant = plant
      plant.torsion = torsion
      plant.torsion?.dampingRatio = damping
      guard let joint = SampledJoint(plant), let high = joint.responses(at: torsion.resonance),
        let low = joint.responses(at: torsion.antiresonance)
      else { return 0 }
      return high.velocity.length / low.velocity.length
    }
    var (low, high) = (0.002, 0.5)
    for _ in 0..<40 {
      let middle = (low * high).squareRoot()
      if ratio(middle) > measured { low = middle } else { high = middle }
    }
    var damped = torsion
    damped.dampingRatio = low
    return damped
  }
}
