internal import Numerics

/// All gains of one joint, with what each of them keeps: the joint's responses at a grid of frequencies, computed once.
struct DesignSpace {
  struct Gains: Equatable {
    var stiffness: Double
    var damping: Double
  }

  /// The responses at one frequency [rad/s].
  private struct Row {
    let frequency: Double
    let position: Complex<Double>
    let velocity: Complex<Double>
  }

  let joint: SampledJoint
  let limits: DesignLimits
  private let rows: [Row]
  /// The same with the inertia, and where there is one the torsion, lower and higher by what is not known of them.
  private let others: [(joint: SampledJoint, rows: [Row])]
  /// The same of the rotor within the backlash; nil where there is none.
  private let free: (joint: SampledJoint, rows: [Row])?

  init(_ plant: JointPlant, _ limits: DesignLimits) throws(DesignRefusal) {
    if let objection = plant.objection ?? limits.objection { throw DesignRefusal(text: objection) }
    guard let joint = SampledJoint(plant) else { throw DesignRefusal(text: "the joint cannot be sampled") }
    self.joint = joint
    self.limits = limits
    rows = Self.rows(joint)
    others = Self.doubtful(plant, limits).compactMap { other in
      SampledJoint(other).map { ($0, Self.rows($0)) }
    }
    free = plant.withinBacklash.flatMap(SampledJoint.init).map { ($0, Self.rows($0)) }
  }

  /// The plants at the ends of what is not known.
  private static func doubtful(_ plant: JointPlant, _ limits: DesignLimits) -> [JointPlant] {
    var others: [JointPlant] = []
    for factor in [1 - limits.inertiaReserve, 1 + limits.inertiaReserve] where factor != 1 {
      var other = plant
      other.inertia *= factor
      other.rotorInertia = plant.rotorInertia.map { min($0, other.inertia) }
      others.append(other)
    }
    for factor in [1 - limits.torsionReserve, 1 + limits.torsionReserve]
    where factor != 1 && plant.torsion != nil {
      var other = plant
      other.torsion?.antiresonance *= factor
      other.torsion?.resonance *= factor
      others.append(other)
    }
    return others
  }

  /// Phase that the rotor within the backlash has to keep [rad]: it is there for moments only, and its motion bounded.
  static var leastFreePhase: Double { 20 * .pi / 180 }

  private static func rows(_ joint: SampledJoint) -> [Row] {
    let top = Double.pi / joint.plant.period
    var frequencies = FrequencyResponse.logarithmic(
      from: min(0.01, 1e-6 * top), to: 0.99999 * top, count: 300)
    if let torsion = joint.plant.torsion {
      // A lightly damped peak is narrow.
      for middle in [torsion.antiresonance, torsion.resonance] where 1.2 * middle < top {
        frequencies += FrequencyResponse.logarithmic(from: middle / 1.2, to: 1.2 * middle, count: 81)
      }
      frequencies.sort()
    }
    return frequencies.compactMap { frequency in
      joint.responses(at: frequency).map {
        Row(frequency: frequency, position: $0.position, velocity: $0.velocity)
      }
    }
  }

  private static func loop(_ rows: [Row], _ gains: Gains, _ joint: SampledJoint) -> FrequencyResponse {
    func point(_ row: Row) -> FrequencyResponse.Point {
      FrequencyResponse.Point(
        frequency: row.frequency,
        value: Complex(gains.stiffness) * row.position + Complex(gains.damping) * row.velocity)
    }
    let coarse = FrequencyResponse(rows.map(point))
    let margins = LoopMargins(of: coarse)
    let crossings = [margins.phase?.frequency, margins.gain?.frequency].compactMap { $0 }
    let between = crossings.compactMap { frequency in
      joint.responses(at: frequency).map {
        point(Row(frequency: frequency, position: $0.position, velocity: $0.velocity))
      }
    }
    return FrequencyResponse(coarse.points + between)
  }

  /// The open loop; with points where it crosses one and half a turn, so that its margins are not those of a line between others.
  func loop(_ gains: Gains) -> FrequencyResponse { Self.loop(rows, gains, joint) }

  /// Where the measured position falls 3 dB below the commanded one [rad/s].
  func bandwidth(_ gains: Gains) -> Double? {
    let response = rows.map { row in
      let position = Complex(gains.stiffness) * row.position
      return FrequencyResponse.Point(
        frequency: row.frequency,
        value: position / (Complex(1) + position + Complex(gains.damping) * row.velocity))
    }
    return FrequencyResponse(response).bandwidth
  }

  /// The gains whose loop crosses one at a frequency [rad/s] with a phase margin [rad]; nil where one of them would be negative.
  func gains(crossover: Double, phaseMargin: Double) -> Gains? {
    guard let (p, v) = joint.responses(at: crossover) else { return nil }
    let determinant = p.real * v.imaginary - p.imaginary * v.real
    guard determinant.magnitude > 0 else { return nil }
    let wanted = Complex(length: -1, phase: phaseMargin)
    let stiffness = (wanted.real * v.imaginary - wanted.imaginary * v.real) / determinant
    let damping = (p.real * wanted.imaginary - p.imaginary * wanted.real) / determinant
    guard stiffness > 0, damping >= 0, stiffness.isFinite, damping.isFinite else { return nil }
    return Gains(stiffness: stiffness, damping: damping)
  }

  /// Torque that one step of the encoder makes, in the position and through the drive's filter in the velocity [N.m].
  func ripple(_ gains: Gains) -> Double {
    let plant = joint.plant
    let filter = plant.velocityLag / 2
    let step = plant.encoderQuantum ?? plant.positionQuantum
    let velocity = step / max(plant.period, filter * Double.exp(1))
    return gains.stiffness * plant.positionQuantum + gains.damping * max(velocity, plant.velocityQuantum)
  }

  /// Where a loop first falls below one [rad/s]; 0 where it never is above.
  private static func crossover(_ loop: FrequencyResponse) -> Double {
    guard let above = loop.points.firstIndex(where: { $0.value.length >= 1 }) else { return 0 }
    return loop.points[above...].first { $0.value.length < 1 }?.frequency ?? loop.points[above].frequency
  }

  /// Everything that gains have to keep; `phaseMargin` is what is wanted instead of the limits' own [rad].
  func checks(_ gains: Gains, phaseMargin: Double?) -> [DesignCheck] {
    let plants = [(joint, rows)] + others
    var checks = marginChecks(plants, gains, phaseMargin) + [poleCheck(plants, gains)]
    if let free { checks.append(freeCheck(free.joint, free.rows, gains)) }
    return checks + plainChecks(gains)
  }

  /// Whether gains keep everything: what is quickly seen first.
  private func keeps(_ gains: Gains) -> Bool {
    let plants = [(joint, rows)] + others
    return plainChecks(gains).allSatisfy(\.isMet)
      && plants.allSatisfy { marginChecks([$0], gains, nil).allSatisfy(\.isMet) }
      && plants.allSatisfy { poleCheck([$0], gains).isMet }
      && (free.map { freeCheck($0.joint, $0.rows, gains).isMet } ?? true)
  }

  /// What no frequency response is asked for.
  private func plainChecks(_ gains: Gains) -> [DesignCheck] {
    let plant = joint.plant
    var checks: [DesignCheck] = []
    func check(_ kind: DesignCheck.Kind, _ value: Double, most limit: Double) {
      guard limit.isFinite else { return }
      checks.append(DesignCheck(kind: kind, value: value, limit: limit, isLeast: false))
    }
    if let rated = limits.ratedTorque { check(.ripple, ripple(gains), most: limits.rippleShare * rated) }
    if let peak = limits.peakTorque {
      check(.saturation, gains.stiffness * limits.saturationError, most: peak)
    }
    if plant.coulombFriction > 0, plant.positionQuantum > 0 {
      check(.quantisation, gains.stiffness, most: 2 * plant.coulombFriction / plant.positionQuantum)
    }
    check(.stiffnessScale, gains.stiffness, most: limits.stiffnessScale)
    check(.dampingScale, gains.damping, most: limits.dampingScale)
    return checks
  }

  /// Margins, the worst of several joints.
  private func marginChecks(
    _ joints: [(joint: SampledJoint, rows: [Row])], _ gains: Gains, _ phaseMargin: Double?
  ) -> [DesignCheck] {
    let degree = Double.pi / 180
    let plant = joint.plant
    var (phase, needed) = (Double.pi, phaseMargin ?? limits.phaseMargin)
    var (factor, peak, crossover) = (Double.infinity, 0.0, 0.0)
    for (place, (joint, rows)) in joints.enumerated() {
      let loop = Self.loop(rows, gains, joint)
      let margins = LoopMargins(of: loop)
      if let found = margins.phase {
        let reserve = found.frequency * (limits.delayReserve ?? 0.1 * plant.period)
        // A margin that is asked for is that of the joint as it was found.
        let least =
          place == 0 ? phaseMargin ?? limits.phaseMargin : min(phaseMargin ?? .pi, limits.phaseMargin)
        let wanted = least + reserve
        if found.value - wanted < phase - needed { (phase, needed) = (found.value, wanted) }
      }
      factor = min(factor, margins.gain.map { $0.value < 1 ? 1 / $0.value : $0.value } ?? .infinity)
      peak = max(peak, margins.sensitivityPeak)
      crossover = max(crossover, Self.crossover(loop))
    }
    let least = 20 * Double.log10(limits.gainMargin)
    var checks = [
      DesignCheck(kind: .phaseMargin, value: phase / degree, limit: needed / degree, isLeast: true),
      DesignCheck(kind: .gainMargin, value: 20 * Double.log10(factor), limit: least, isLeast: true),
      DesignCheck(kind: .sensitivityPeak, value: peak, limit: limits.sensitivityPeak, isLeast: false),
    ]
    if let torsion = plant.torsion {
      let limit = limits.torsionShare * torsion.antiresonance / (2 * .pi)
      checks.append(DesignCheck(kind: .torsion, value: crossover / (2 * .pi), limit: limit, isLeast: false))
    }
    return checks
  }

  /// Stability, of several joints the least.
  private func poleCheck(_ joints: [(joint: SampledJoint, rows: [Row])], _ gains: Gains) -> DesignCheck {
    let radii = joints.map { $0.joint.poleRadius(stiffness: gains.stiffness, damping: gains.damping) }
    return DesignCheck(kind: .poleRadius, value: radii.max() ?? 0, limit: 1 - 1e-9, isLeast: false)
  }

  /// The rotor within the backlash: its phase margin, and none where it is not stable.
  private func freeCheck(_ joint: SampledJoint, _ rows: [Row], _ gains: Gains) -> DesignCheck {
    let isStable = joint.poleRadius(stiffness: gains.stiffness, damping: gains.damping) < 1
    let phase = LoopMargins(of: Self.loop(rows, gains, joint)).phase?.value ?? .pi
    let degree = Double.pi / 180
    return DesignCheck(
      kind: .backlash, value: isStable ? phase / degree : min(0, phase / degree),
      limit: Self.leastFreePhase / degree, isLeast: true)
  }
}

extension DesignSpace {
  /// Crossovers of a search [rad/s].
  private func crossovers(_ count: Int) -> [Double] {
    let top = Double.pi / joint.plant.period
    return FrequencyResponse.logarithmic(from: 1e-4 * top, to: 0.9 * top, count: count)
  }

  /// Phase margins of a search, from the least on [rad].
  var phases: [Double] {
    Array(stride(from: limits.phaseMargin, to: 80 * .pi / 180, by: 2.5 * .pi / 180))
  }

  /// The gains of a crossover whose phase margin has the reserve of delay on top [rad/s, rad]; nil where none has it.
  private func reserved(_ crossover: Double, _ phaseMargin: Double) -> Gains? {
    let whole = phaseMargin + crossover * (limits.delayReserve ?? 0.1 * joint.plant.period)
    return whole < 0.5 * .pi ? gains(crossover: crossover, phaseMargin: whole) : nil
  }

  /// The gains of the highest bandwidth that keep everything, and what the next higher ones break.
  func stiffest() -> (gains: Gains, limitedBy: [DesignCheck.Kind])? {
    let degree = Double.pi / 180
    var best: (bandwidth: Double, gains: Gains, phase: Double, crossover: Double)?
    func look(_ crossover: Double, _ phase: Double) {
      guard let gains = reserved(crossover, phase), let bandwidth = bandwidth(gains),
        bandwidth > best?.bandwidth ?? 0,
        keeps(gains)
      else { return }
      best = (bandwidth, gains, phase, crossover)
    }
    let coarse = crossovers(64)
    for phase in phases.enumerated() where phase.offset % 2 == 0 {
      for crossover in coarse.reversed() { look(crossover, phase.element) }
    }
    guard let found = best else { return nil }
    let ratio = coarse[1] / coarse[0]
    for part in -4...4 {
      let phase = found.phase + 1.25 * Double(part) * degree
      for step in -8...8 where phase >= limits.phaseMargin {
        look(found.crossover * Double.pow(ratio, Double(step) / 8), phase)
      }
    }
    guard let best else { return nil }
    return (best.gains, bound(best.bandwidth, best.crossover * Double.pow(ratio, 0.25), best.phase))
  }

  /// What keeps the bandwidth from being higher: what all gains of a higher one break, at this crossover with this phase or more of it;
  /// where they have nothing in common, what those break that break the least.
  private func bound(_ bandwidth: Double, _ crossover: Double, _ phase: Double) -> [DesignCheck.Kind] {
    let higher = stride(from: 0, through: 10, by: 2.5).compactMap { more -> [DesignCheck.Kind]? in
      guard let gains = reserved(crossover, phase + more * .pi / 180),
        self.bandwidth(gains) ?? 0 > bandwidth
      else { return nil }
      return checks(gains, phaseMargin: nil).filter { !$0.isMet }.map(\.kind)
    }.filter { !$0.isEmpty }
    // Where nothing breaks, a higher crossover with this phase has the lower bandwidth.
    guard let first = higher.min(by: { $0.count < $1.count }) else { return [.phaseMargin] }
    let common = first.filter { kind in higher.allSatisfy { $0.contains(kind) } }
    return common.isEmpty ? first : common
  }

  /// The gains of a bandwidth [rad/s] with a phase margin and the reserve of delay [rad]; nil where none has it.
  func gains(bandwidth wanted: Double, phaseMargin: Double) -> Gains? {
    func gains(_ crossover: Double) -> Gains? { reserved(crossover, phaseMargin) }
    func reached(_ crossover: Double) -> Double? { gains(crossover).flatMap(bandwidth) }
    let grid = crossovers(120)
    guard
      let above = grid.indices.first(where: { (reached(grid[$0]) ?? 0) >= wanted }), above > 0,
      reached(grid[above - 1]) != nil
    else { return nil }
    var (low, high) = (grid[above - 1], grid[above])
    for _ in 0..<40 {
      let middle = (low * high).squareRoot()
      if (reached(middle) ?? 0) >= wanted { high = middle } else { low = middle }
    }
    return gains(high)
  }

  /// A refusal of what is wanted, with what it breaks and what can be had.
  func refusal(_ wanted: String, _ broken: [DesignCheck]) -> DesignRefusal {
    let best = stiffest().flatMap { found in
      bandwidth(found.gains).map {
        DesignRefusal.Best(bandwidth: $0 / (2 * .pi), stiffness: found.gains.stiffness)
      }
    }
    let reasons = broken.map(\.text).joined(separator: "; ")
    let instead =
      best.map {
        "; the most that keeps every limit is \(DesignCheck.number($0.bandwidth)) Hz with"
          + " \(DesignCheck.number($0.stiffness)) N.m/rad"
      } ?? "; no gains keep every limit"
    return DesignRefusal(
      text: wanted + (reasons.isEmpty ? "" : ": ") + reasons + instead, broken: broken, best: best)
  }

  /// Of the gains with the wanted phase margin, what those break that break the least.
  var leastBroken: [DesignCheck] {
    let tried = crossovers(40).compactMap { gains(crossover: $0, phaseMargin: limits.phaseMargin) }
    let broken = tried.map { checks($0, phaseMargin: nil).filter { !$0.isMet } }
    return broken.min { $0.count < $1.count } ?? []
  }

  var nothingKeeps: String {
    let reasons = leastBroken.map(\.text).joined(separator: "; ")
    return "no gains keep every limit" + (reasons.isEmpty ? "" : ": " + reasons)
  }
}
