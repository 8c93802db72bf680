/// Inertia and friction of a joint as one body, each with the help of the other: friction from a sweep takes the inertia that strokes
/// speed up and slow down, the inertia from swings takes the friction that holds them.
struct RigidFit {
  /// J [kg.m^2].
  let inertia: Estimate
  /// Fc [N.m].
  let coulomb: Estimate
  /// b [N.m.s/rad].
  let viscous: Estimate

  /// Fits; nil where no record of quick motion says anything.
  ///
  /// - Parameters:
  ///   - tones: records of quick motion well below a torsion.
  ///   - broad: records that excite many frequencies, for where there are no others.
  ///   - sweep: speeds there and back, if there is such a record.
  ///   - known: what is known without experiments.
  ///   - lag: time by which measured velocities are late [s].
  ///   - hasWeight: whether the joint carries a weight that quick motion shows.
  init?(
    tones: [JointRecord], broad: [JointRecord], sweep: JointRecord?, known: PlantFit.Known, lag: Double,
    hasWeight: Bool
  ) {
    let step = known.positionQuantum > 0 ? known.positionQuantum : nil
    let sweep = sweep.map { record -> JointRecord in
      guard known.closure == .drive, let gains = known.gains,
        let acting = record.actingTorques((gains.stiffness, gains.damping), step: known.drivePeriod)
      else { return record }
      var held = record
      held.torques = acting
      return held
    }
    let map = sweep.flatMap { FrictionMap($0) }
    var friction: JointIdentification.Settings.Friction?
    if let map, map.coulomb.isIdentified, map.viscous.isIdentified {
      friction = JointIdentification.Settings.Friction(
        coulomb: map.coulomb.value, viscous: max(0, map.viscous.value))
    }
    // Friction acts both ways of a swing alike: a guess of it does.
    let guess = JointIdentification.Settings.Friction(
      coulomb: max(0, map?.coulomb.value ?? 0), viscous: max(0, map?.viscous.value ?? 0))
    var found = Self.swung(tones, friction ?? guess, known, lag)
    var steady: SteadyFriction?
    // Each time the inertia is a tenth of what it was off before, or less.
    for _ in 0..<2 {
      guard let inertia = found, let sweep, map?.isNarrow ?? true,
        let better = SteadyFriction(sweep, inertia: inertia, hasWeight: hasWeight)
      else { break }
      steady = better
      let friction = JointIdentification.Settings.Friction(
        coulomb: max(0, better.coulomb.value), viscous: max(0, better.viscous.value))
      found = Self.swung(tones, friction, known, lag) ?? found
    }
    // The equation of motion is asked where momentum or a sweep says nothing.
    let asked = found != nil && map != nil ? [] : tones.isEmpty ? broad : tones
    let fits = asked.compactMap {
      MotionFit($0, step: step, hasWeight: hasWeight, friction: friction, hasPlay: known.backlash > 0)
    }
    guard let whole = found ?? PlantFit.surest(fits.map(\.inertia)) else { return nil }
    inertia = whole
    let unknown = Estimate(
      guess: 0, because: "no record says anything of friction; sweep over speeds (friction)")
    coulomb = steady?.coulomb ?? map?.coulomb ?? PlantFit.surest(fits.map(\.coulomb)) ?? unknown
    viscous =
      steady?.viscous ?? map?.viscous ?? PlantFit.surest(fits.map(\.viscous)) ?? unknown
  }

  /// The inertia from swings: while the joint slides, of a gear whose errors are known; else by momentum.
  private static func swung(
    _ tones: [JointRecord], _ friction: JointIdentification.Settings.Friction, _ known: PlantFit.Known,
    _ lag: Double
  ) -> Estimate? {
    let gains = known.closure == .drive ? known.gains.map { ($0.stiffness, $0.damping) } : nil
    let torques = tones.compactMap { $0.actingTorques(gains, step: known.drivePeriod) }
    var sliding: Estimate?
    if known.backlash > 0 || known.reducerErrors != nil, torques.count == tones.count {
      var gear = SlidingInertia.Gear()
      gear.errors = known.reducerErrors
      gear.stiffness = known.reducerStiffness
      gear.rotor = known.rotorInertia
      sliding =
        SlidingInertia(tones, torques: torques, friction: friction, lag: lag, gear: gear)?.inertia
    }
    if known.backlash == 0, let sliding { return sliding }
    guard let swings = SwingInertia(tones, friction: friction, lag: lag) else { return nil }
    return withPlay(withoutTwist(swings.inertia, swings.tones.first?.rate, known), sliding, known)
  }

  /// The inertia without what a twisting reducer adds at a frequency [rad/s]: the load swings wider than the rotor.
  private static func withoutTwist(_ whole: Estimate, _ rate: Double?, _ known: PlantFit.Known) -> Estimate {
    guard let rate, let stiffness = known.reducerStiffness, let rotor = known.rotorInertia,
      whole.value > rotor
    else { return whole }
    // J = rotor + load / (1 - rate^2 load / stiffness), turned round.
    let seen = whole.value - rotor
    var corrected = whole
    corrected.value = rotor + seen / (1 + rate * rate * seen / stiffness)
    return corrected
  }

  /// Part of an inertia that play hides: between the flanks the rotor swings without the load.
  private static let playShare = 0.03
  /// Part by which momentum and sliding may say different inertias where play is not noticed.
  private static let samePart = 0.012

  /// The inertia of what may have play. Momentum loses what the load keeps between the flanks, and sliding scatters when it meets them: where
  /// neither happens there is no play that counts. Else the inertia is not known to a part of a hundred.
  private static func withPlay(
    _ whole: Estimate, _ sliding: Estimate?, _ known: PlantFit.Known
  ) -> Estimate {
    guard known.backlash > 0 else { return whole }
    if let sliding, sliding.isIdentified, whole.isIdentified {
      let apart = (sliding.value - whole.value).magnitude
      if apart < samePart * sliding.value {
        return Estimate(sliding.value, standardError: max(sliding.standardError, 0.5 * apart))
      }
    }
    return Estimate(
      guess: whole.value, standardError: max(whole.standardError, playShare * whole.value),
      because: whole.reason
        ?? "the gear may have play, in which the rotor swings without the load: it may be some parts of a hundred more"
    )
  }
}
