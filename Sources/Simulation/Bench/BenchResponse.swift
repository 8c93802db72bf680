import JointControl
import LaneMath
import RigidBody

/// Sine and cosine part of a periodic signal.
private struct Phasor {
  var real = 0.0
  var imaginary = 0.0

  /// Takes a value at a phase.
  mutating func take(_ value: Double, at phase: SineCosine) {
    real += value * phase.cosine
    imaginary -= value * phase.sine
  }

  static func / (left: Phasor, right: Phasor) -> Phasor {
    let square = right.real * right.real + right.imaginary * right.imaginary
    return Phasor(
      real: (left.real * right.real + left.imaginary * right.imaginary) / square,
      imaginary: (left.imaginary * right.real - left.real * right.imaginary) / square)
  }

  var magnitude: Double { (real * real + imaginary * imaginary).squareRoot() }
  /// [degree]
  var phase: Double { angle(ofSine: imaginary, cosine: real) * 180 / Double.pi }
}

/// What one frequency showed.
struct BenchResponsePoint {
  /// [Hz]
  var frequency: Double
  /// Velocity of the joint and of the rotor per torque asked for [rad/s/N.m].
  var joint: Double
  var rotor: Double
  /// Their phases [degree].
  var jointPhase: Double
  var rotorPhase: Double
  /// Stiffness and damping between rotor and joint, from the ratio of their velocities [N.m/rad, N.m.s/rad].
  var stiffness: Double
  var damping: Double
}

extension JointBench {
  static let responseMethod = """
    The joint carries an inertia (that of a printed resonance, else one like the actuator's own) and turns at a fifth of the \
    top speed against a brake of a fifth of the peak torque, so that friction keeps its sign and flanks stay closed. A sine \
    is added to the torque asked for, frequency by frequency; velocities and the torque asked for, which a slow speed loop \
    also moves, are taken apart at that frequency over whole periods and divided. Mid-step values, so that the drive's sampling \
    adds no delay. Stiffness and damping of the torsion follow from the ratio of both velocities.
    """

  func measureResponse(_ test: inout BenchRecord.Test) {
    guard !isDriven else {
      test.missing = "the part has no motor"
      return
    }
    let load = printed(.antiresonance).first?.at ?? printed(.resonance).first?.at ?? model.armature
    let readings = response(load: load)
    test.figures = responseFigures(readings, load: load)
    let frequency = BenchRecord.Axis(title: "frequency", unit: "Hz", isLogarithmic: true)
    let isRigid = model.reducer.isRigid
    func series(_ joint: KeyPath<BenchResponsePoint, Double>, _ rotor: KeyPath<BenchResponsePoint, Double>)
      -> [BenchRecord.Series]
    {
      let both = [("joint", joint), ("rotor, at the joint", rotor)].map { title, path in
        BenchRecord.Series(title: title, points: readings.map { ($0.frequency, $0[keyPath: path]) })
      }
      return isRigid ? [both[0]] : both
    }
    test.curves = [
      BenchRecord.Curve(
        key: "velocity_magnitude", title: "Velocity per torque, magnitude", x: frequency,
        y: BenchRecord.Axis(title: "magnitude", unit: "rad/s/(N.m)", isLogarithmic: true),
        series: series(\.joint, \.rotor)),
      BenchRecord.Curve(
        key: "velocity_phase", title: "Velocity per torque, phase", x: frequency,
        y: BenchRecord.Axis(title: "phase", unit: "degree"), series: series(\.jointPhase, \.rotorPhase)),
    ]
  }

  private func responseFigures(_ readings: [BenchResponsePoint], load: Double) -> [BenchRecord.Figure] {
    // Well below the current loop and above the friction's corner a joint is an inertia.
    let plain = readings.min { ($0.frequency - 4).magnitude < ($1.frequency - 4).magnitude }
    var figures = [
      BenchRecord.Figure(key: "load_kgm2", title: "inertia on the joint", value: load, unit: "kg.m^2"),
      BenchRecord.Figure(
        key: "magnitude_at_4_hz_rad_per_s_per_nm", title: "velocity of the joint per torque at 4 Hz",
        value: plain?.joint,
        unit: "rad/s/(N.m)"),
      BenchRecord.Figure(
        key: "lag_crosses_135_degree_hz", title: "frequency at which the joint lags by 135 degree",
        value: Self.crossing(readings, of: -135), unit: "Hz"),
    ]
    guard !model.reducer.isRigid else { return figures }
    // Where both parts of the torsion are seen: neither rigid nor apart.
    let seen = readings.filter { $0.frequency >= 3 && $0.frequency <= 30 }
    let count = Double(max(seen.count, 1))
    let stiffness = seen.reduce(0) { $0 + $1.stiffness } / count
    let damping = seen.reduce(0) { $0 + $1.damping } / count
    let held = (stiffness / load).squareRoot() / (2 * Double.pi)
    let free = (stiffness * (1 / load + 1 / model.armature)).squareRoot() / (2 * Double.pi)
    figures += [
      BenchRecord.Figure(
        key: "dynamic_stiffness_nm_per_rad", title: "stiffness of the torsion in motion, 3 to 30 Hz",
        value: stiffness,
        unit: "N.m/rad"),
      BenchRecord.Figure(
        key: "dynamic_damping_nms_per_rad", title: "damping of the torsion, 3 to 30 Hz", value: damping,
        unit: "N.m.s/rad"),
      BenchRecord.Figure(
        key: "antiresonance_hz", title: "load against the held rotor, undamped", value: held, unit: "Hz",
        printed: printed(.antiresonance).first),
      BenchRecord.Figure(
        key: "resonance_hz", title: "load against the free rotor, undamped", value: free, unit: "Hz",
        printed: printed(.resonance).first, note: "with the inertia of the actuator's own model"),
    ]
    return figures
  }

  /// Velocities over the torque asked for, frequency by frequency.
  func response(load: Double, frequencies: [Double]? = nil) -> [BenchResponsePoint] {
    let speed = 0.2 * topSpeed
    let brake = 0.2 * model.peakTorque
    let total = load + model.armature
    let held = -steady(velocity: speed, demand: 0).shaftTorque
    let mean = (brake + held) / model.reducer.drivingEfficiency
    let keeping = total * 2 * Double.pi * 0.5
    var rig = ActuatorRig(model, load: load, velocity: speed, step: Self.step)
    /// One step; the torque asked for.
    func advance(_ sine: Double) -> Double {
      let demand = mean + keeping * (speed - rig.velocity) + sine
      rig.advance(demand: demand, external: -brake, supply: model.motor.supplyVoltage)
      return demand
    }
    for _ in 0..<Int(2 / Self.step) { _ = advance(0) }
    // What a change of frequency stirs up in the speed loop dies away in a third of a second.
    let pause = resolution.isFine ? 2.0 : 1.0
    return (frequencies ?? Self.graded(1, 1000, points(31, 7))).map { wanted in
      let samples = Int((1 / (wanted * Self.step)).rounded())
      let frequency = 1 / (Double(samples) * Self.step)
      let omega = 2 * Double.pi * frequency
      let amplitude = min(0.25 * brake, 0.3 * speed * total * omega)
      let settling = max(2, Int((pause * frequency).rounded(.up)))
      let reading = max(4, Int((0.05 * frequency).rounded(.up)))
      var (asked, joint, rotor) = (Phasor(), Phasor(), Phasor())
      for number in 0..<(settling + reading) * samples {
        let phase = SineCosine(of: omega * Self.step * (Double(number % samples) + 0.5))
        let before = (joint: rig.velocity, rotor: rig.actuator.rotorVelocity)
        let demand = advance(amplitude * phase.sine)
        guard number >= settling * samples else { continue }
        asked.take(demand - mean, at: phase)
        joint.take(0.5 * (before.joint + rig.velocity) - speed, at: phase)
        let now = model.reducer.isRigid ? rig.velocity : rig.actuator.rotorVelocity
        let then = model.reducer.isRigid ? before.joint : before.rotor
        rotor.take(0.5 * (then + now) - speed, at: phase)
      }
      return Self.point(frequency, joint / asked, rotor / asked, ratio: joint / rotor, load: load)
    }
  }

  private static func point(
    _ frequency: Double, _ joint: Phasor, _ rotor: Phasor, ratio: Phasor, load: Double
  ) -> BenchResponsePoint {
    let omega = 2 * Double.pi * frequency
    // ratio = (D s + K) / (J s^2 + D s + K), so that D s + K = J s^2 ratio / (1 - ratio).
    let rest = Phasor(real: 1 - ratio.real, imaginary: -ratio.imaginary)
    let torsion = ratio / rest
    let inertial = -load * omega * omega
    return BenchResponsePoint(
      frequency: frequency, joint: joint.magnitude, rotor: rotor.magnitude,
      jointPhase: joint.phase > 1 ? joint.phase - 360 : joint.phase,
      rotorPhase: rotor.phase > 100 ? rotor.phase - 360 : rotor.phase,
      stiffness: inertial * torsion.real, damping: inertial * torsion.imaginary / omega)
  }

  /// Where the joint's phase sinks below a value [degree, Hz]; nil when it does not.
  private static func crossing(_ readings: [BenchResponsePoint], of phase: Double) -> Double? {
    for (a, b) in zip(readings, readings.dropFirst()) where a.jointPhase >= phase && b.jointPhase < phase {
      let part = (phase - a.jointPhase) / (b.jointPhase - a.jointPhase)
      return a.frequency * exponential(part * naturalLogarithm(b.frequency / a.frequency))
    }
    return nil
  }
}

/// Angle whose sine and cosine have a ratio, in (-pi, pi] [rad]: halved until a short series is exact, the same bits everywhere.
func angle(ofSine sine: Double, cosine: Double) -> Double {
  let radius = (sine * sine + cosine * cosine).squareRoot()
  guard radius > 0 else { return 0 }
  // tan(a / 2) = sin a / (1 + cos a), twice more: |a / 8| <= pi / 8.
  let magnitude = sine < 0 ? -sine : sine
  guard magnitude > 1e-12 * radius || cosine > 0 else { return Double.pi }
  var tangent = cosine < 0 ? (radius - cosine) / magnitude : magnitude / (radius + cosine)
  for _ in 0..<3 { tangent /= 1 + (1 + tangent * tangent).squareRoot() }
  let square = tangent * tangent
  var series = 0.0
  var order = 27.0
  while order >= 1 {
    series = 1 / order - square * series
    order -= 2
  }
  let angle = 16 * tangent * series
  return sine < 0 ? -angle : angle
}
