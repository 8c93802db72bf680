import JointControl
import RigidBody

extension JointBench {
  static let errorMethod = """
    The joint turns at 0.01 rad/s without load, the input is kept from swinging. The angle of the joint less that of the \
    rotor divided by the ratio is taken apart over four turns of the rotor, weighted with the rotor's angle: amplitudes by \
    periods per turn of the rotor.
    """

  func measureTransmissionError(_ test: inout BenchRecord.Test) {
    let lines = model.reducer.lines
    guard hasErrorLines else {
      test.missing = "the profile describes no transmission error"
      return
    }
    let arcSeconds = 180 * 3600 / Double.pi
    let orders = Array(1...max(8, Int(max(lines.0.order, lines.1.order) + 0.5) + 1))
    let reading = transmissionError(orders: orders)
    let spectrum = zip(orders, reading.amplitudes).map { (x: Double($0), y: $1 * arcSeconds) }
    let strongest = spectrum.max { $0.y < $1.y } ?? (0, 0)
    test.figures = [
      BenchRecord.Figure(
        key: "peak_to_peak_arcsec", title: "transmission error, peak to peak",
        value: reading.span * arcSeconds,
        unit: "arc seconds"),
      BenchRecord.Figure(
        key: "strongest_line_per_turn", title: "strongest line, periods per turn of the rotor",
        value: strongest.x,
        unit: ""),
      BenchRecord.Figure(
        key: "strongest_line_arcsec", title: "its amplitude", value: strongest.y, unit: "arc seconds"),
      BenchRecord.Figure(
        key: "strongest_line_hz", title: "its frequency at 3000 rpm of the rotor", value: strongest.x * 50,
        unit: "Hz"),
    ]
    test.curves = [
      BenchRecord.Curve(
        key: "error_over_turn", title: "Transmission error over one turn of the rotor",
        x: BenchRecord.Axis(title: "angle of the rotor", unit: "degree"),
        y: BenchRecord.Axis(title: "error at the joint", unit: "arc seconds"),
        series: [
          BenchRecord.Series(
            title: "joint less rotor",
            points: reading.trace.map { ($0.x * 180 / Double.pi, $0.y * arcSeconds) })
        ]),
      BenchRecord.Curve(
        key: "error_spectrum", title: "Lines of the transmission error",
        x: BenchRecord.Axis(title: "periods per turn of the rotor", unit: ""),
        y: BenchRecord.Axis(title: "amplitude", unit: "arc seconds"),
        series: [
          BenchRecord.Series(
            title: "lines", points: spectrum.flatMap { [($0.x, 0), $0, ($0.x, 0)] })
        ]),
    ]
  }

  /// Error over the rotor's angle: amplitudes of orders, from lowest to highest, and one turn of it [rad].
  private func transmissionError(orders: [Int]) -> (
    amplitudes: [Double], span: Double, trace: [(x: Double, y: Double)]
  ) {
    let (speed, step, turns) = (0.01, 200e-6, 4.0)
    let ratio = model.reducer.ratio
    var rig = ActuatorRig(model, load: .infinity, velocity: speed, step: step)
    for _ in 0..<Int(2 / step) { turn(&rig, velocity: speed, demand: 0) }
    let start = ratio * rig.actuator.rotor
    var sums = Array(repeating: (sine: 0.0, cosine: 0.0), count: orders.count)
    var before = start
    var (lowest, highest) = (Double.infinity, -Double.infinity)
    var trace: [(x: Double, y: Double)] = []
    let end = start + turns * 2 * Double.pi
    while before < end {
      turn(&rig, velocity: speed, demand: 0)
      let angle = ratio * rig.actuator.rotor
      let error = rig.position - rig.actuator.rotor
      let weight = min(angle, end) - before
      for (index, order) in orders.enumerated() {
        let pair = SineCosine(of: Double(order) * 0.5 * (before + min(angle, end)))
        sums[index].sine += error * pair.sine * weight
        sums[index].cosine += error * pair.cosine * weight
      }
      lowest = min(lowest, error)
      highest = max(highest, error)
      let turned = angle - start
      if turned <= 2 * Double.pi, turned >= Double(trace.count) * Double.pi / 180 {
        trace.append((turned, error))
      }
      before = angle
    }
    let share = 1 / (turns * Double.pi)
    let amplitudes = sums.map { share * ($0.sine * $0.sine + $0.cosine * $0.cosine).squareRoot() }
    return (amplitudes, highest - lowest, trace)
  }
}
