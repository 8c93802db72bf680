import Tuning

/// Steps and loops with what the tuner says of them, for python-control to compute again.
enum GoldenLoops {
  /// The published example: J = 0.05, b = 0.1, K = 80, D = 2; and loops between a soft drive and a stiff host.
  static let plants: [(plant: JointPlant, stiffness: Double, damping: Double)] = {
    var example = JointPlant(inertia: 0.05, closure: .drive, period: 1e-4, delay: 1.45e-3)
    example.viscousFriction = 0.1
    var host = JointPlant(inertia: 0.03, closure: .host, period: 1e-3, delay: 1.7e-3)
    host.viscousFriction = 0.2
    host.velocityLag = 8e-4
    var twisting = host
    twisting.torsion = JointPlant.Torsion(antiresonance: 150, resonance: 260, dampingRatio: 0.03)
    var standing = host
    standing.gravityStiffness = -5
    standing.delay = 3e-3
    return [(example, 80, 2), (host, 25, 1), (twisting, 12, 0.5), (standing, 30, 1.2)]
  }()

  static func text() throws -> String {
    let loops = try plants.map { plant, stiffness, damping in
      let margins = try GainDesign.review(stiffness: stiffness, damping: damping, plant: plant).margins
      guard let joint = SampledJoint(plant) else { preconditionFailure("a golden plant can be sampled") }
      let values = joint.step(stiffness: stiffness, damping: damping, count: 4000)
      let times = values.indices.map { Double($0) * plant.period }
      guard
        let metrics = StepMetrics(
          times: times, values: values, from: 0,
          to: stiffness / (stiffness + plant.gravityStiffness))
      else { preconditionFailure("a golden step has metrics") }
      let torsion =
        plant.torsion.map { "[\($0.antiresonance), \($0.resonance), \($0.dampingRatio)]" } ?? "null"
      return
        "{\"inertia\": \(plant.inertia), \"viscous\": \(plant.viscousFriction), \"gravity\": \(plant.gravityStiffness),"
        + " \"period\": \(plant.period), \"delay\": \(plant.delay), \"lag\": \(plant.velocityLag), \"torsion\": \(torsion),"
        + " \"stiffness\": \(stiffness), \"damping\": \(damping),"
        + " \"phase_deg\": \((margins.phase?.value ?? 0) * 180 / .pi), \"crossover\": \(margins.phase?.frequency ?? 0),"
        + " \"gain\": \(margins.gain?.value ?? 0), \"sensitivity\": \(margins.sensitivityPeak),"
        + " \"rise\": \(metrics.riseTime ?? 0), \"settling\": \(metrics.settlingTime ?? 0),"
        + " \"overshoot\": \(metrics.overshoot), \"peak\": \(metrics.peak), \"peak_time\": \(metrics.peakTime),"
        + " \"values\": [\(values.map { "\($0)" }.joined(separator: ", "))]}"
    }
    return "[\n" + loops.joined(separator: ",\n") + "\n]\n"
  }
}
