import JointControl

extension JointBench {
  static let torsionMethod = """
    The rotor is held. The joint is turned slowly until the torque is that of the test, to the other side and back, twice; \
    the second loop is read. Stiffness is the slope of torque over the mean of both branches, in the ranges of torque the \
    profile tells apart and as far from their ends as the loop is high; hysteresis is the width of the loop at no torque, \
    lost motion that of its middle between plus and minus 3 % of the torque of the test.
    """

  /// Torque up to which a reducer is turned [N.m]: far enough for the loop to have its full height in the last range.
  static func loopTorque(of reducer: ReducerModel) -> Double {
    let lost = 2 * reducer.hysteresisTorsion * reducer.stiffness.third + 2 * reducer.hysteresisTorque
    if reducer.isRigid { return 10 }
    let last = reducer.secondTorque > 0 ? 1.5 * reducer.secondTorque : 1e-3 * reducer.stiffness.third
    return min(last + 1.5 * lost, 0.9 * reducer.ratchetTorque)
  }

  /// One branch of a loop: angle of the joint over a torque on it, torque rising along the way.
  private typealias Branch = [(angle: Double, torque: Double)]

  func measureTorsion(_ test: inout BenchRecord.Test) {
    guard !model.reducer.isRigid else {
      test.missing = "the profile describes no torsion"
      return
    }
    let most = isDriven ? model.peakTorque : min(model.peakTorque, 0.9 * model.reducer.ratchetTorque)
    let (up, down, loss) = loop(to: most)
    func middle(_ torque: Double) -> Double { 0.5 * (Self.angle(up, torque) + Self.angle(down, torque)) }
    let width = Self.cleared(Self.angle(down, 0) - Self.angle(up, 0), of: middle(0.9 * most))
    // As wide as the loop may be: no torque nearer than that to where the slope changes is read.
    let height = Self.height(up, down)
    let arcSeconds = 180 * 3600 / Double.pi

    for (number, range) in ranges(most: most, height: height).enumerated() {
      let slope =
        (range.last - range.first) / (middle(range.last) - middle(range.first))
      test.figures.append(
        BenchRecord.Figure(
          key: "stiffness_\(number + 1)_nm_per_rad",
          title: range.title, value: slope, unit: "N.m/rad",
          printed: number == 0 ? printed(.stiffness).first : nil))
    }
    test.figures += [
      BenchRecord.Figure(
        key: "hysteresis_arcsec", title: "width of the loop at no torque", value: width * arcSeconds,
        unit: "arc seconds",
        note: model.reducer.hysteresisTorque > 0 ? nil : "the profile describes no hysteresis"),
      BenchRecord.Figure(
        key: "free_angle_arcsec", title: "angle that turns freely",
        value: Self.freeAngle(up, most) * arcSeconds,
        unit: "arc seconds", note: model.reducer.backlash > 0 ? nil : "the profile describes no backlash"),
      BenchRecord.Figure(
        key: "lost_motion_arcsec", title: "lost motion between -3 % and 3 % of the torque of the test",
        value: (middle(0.03 * most) - middle(-0.03 * most)) * arcSeconds, unit: "arc seconds"),
      BenchRecord.Figure(
        key: "loop_loss_j", title: "energy that one loop takes",
        value: Self.cleared(loss, of: most * middle(0.9 * most)), unit: "J"),
    ]
    for number in printed(.torsion) {
      let at = number.at ?? 0
      test.figures.append(
        BenchRecord.Figure(
          key: "torsion_at_\(Int(at))_nm_arcmin", title: "torsion at \(at) N.m",
          value: at < most ? middle(at) * 10800 / Double.pi : nil, unit: "arc minutes", printed: number))
    }
    test.curves = [
      BenchRecord.Curve(
        key: "torsion_loop", title: "Torque and torsion",
        x: BenchRecord.Axis(title: "torque on the joint", unit: "N.m"),
        y: BenchRecord.Axis(title: "torsion", unit: "arc minutes"),
        series: [("torque rising", up), ("torque falling", down)].map { title, branch in
          let every = max(1, branch.count / 300)
          let points = branch.enumerated().filter { $0.offset % every == 0 || $0.offset == branch.count - 1 }
          return BenchRecord.Series(
            title: title, points: points.map { ($0.element.torque, $0.element.angle * 10800 / Double.pi) })
        })
    ]
  }

  /// Slow turns of the joint to both sides: the two branches of the second loop, and the energy it takes [J].
  private func loop(to most: Double) -> (up: Branch, down: Branch, loss: Double) {
    var torsion = ReducerTorsion(model.reducer)
    let full = model.reducer.torsion(torque: most) + 0.5 * model.reducer.backlash
    let move = full / Double(points(8000, 4000))
    var angle = 0.0
    var loss = 0.0
    func sweep(_ direction: Double, work: inout Double) -> Branch {
      var branch: Branch = []
      while true {
        let before = torsion.torque(at: angle, moving: 0)
        let torque = torsion.torque(at: angle + direction * move, moving: direction * move)
        angle += direction * move
        torsion.move(by: direction * move, torque: torque)
        work += 0.5 * (before + torque) * direction * move
        branch.append((angle, torque))
        if direction * torque >= most || branch.count > 100_000 { return branch }
      }
    }
    _ = sweep(1, work: &loss)
    _ = sweep(-1, work: &loss)
    _ = sweep(1, work: &loss)
    loss = 0
    let down = sweep(-1, work: &loss)
    let up = sweep(1, work: &loss)
    return (up, down.reversed(), loss)
  }

  /// Half of the most by which the branches differ in torque at one angle [N.m].
  private static func height(_ up: Branch, _ down: Branch) -> Double {
    var most = 0.0
    var place = 0
    for point in up where point.angle >= down[0].angle {
      while place + 1 < down.count && down[place + 1].angle < point.angle { place += 1 }
      most = max(most, point.torque - down[place].torque)
    }
    return 0.5 * most
  }

  /// Where stiffness is read: between two torques each [N.m].
  private func ranges(most: Double, height: Double) -> [(title: String, first: Double, last: Double)] {
    let reducer = model.reducer
    let (first, second) = (reducer.firstTorque, reducer.secondTorque)
    // After a turn the loop opens to its full height only over twice its width.
    let tip = 2 * reducer.hysteresisTorsion * reducer.stiffness.third + 2 * height
    let margin = height + 0.02 * most
    // One range where the catalogue tells none apart.
    guard second > 0, first < second, second < 0.5 * most, second > 4 * height else {
      return [("stiffness", 0.1 * most, 0.9 * most - tip)]
    }
    var ranges = [("stiffness at small torque", -0.9 * (first - height), 0.9 * (first - height))]
    if first <= height { ranges = [] }
    let inner = 0.05 * (second - first)
    if first + height + inner < second - height - inner {
      ranges.append(("stiffness between the torques", first + height + inner, second - height - inner))
    }
    ranges.append(("stiffness beyond", second + margin, most - tip))
    return ranges
  }

  /// Angle of a branch at a torque [N.m, rad], along a line between its points.
  private static func angle(_ branch: Branch, _ torque: Double) -> Double {
    var (low, high) = (0, branch.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if branch[middle].torque <= torque { low = middle } else { high = middle }
    }
    let (a, b) = (branch[low], branch[high])
    // Inside backlash no torque changes; its middle is meant.
    guard b.torque > a.torque else { return 0.5 * (a.angle + b.angle) }
    return a.angle + (b.angle - a.angle) * (torque - a.torque) / (b.torque - a.torque)
  }

  /// A number without what rounding leaves of nothing.
  private static func cleared(_ value: Double, of whole: Double) -> Double {
    value.magnitude > 1e-10 * whole.magnitude ? value : 0
  }

  /// Angle over which a branch carries nothing [rad].
  private static func freeAngle(_ branch: Branch, _ most: Double) -> Double {
    let free = branch.filter { $0.torque <= 1e-9 * most && $0.torque >= -1e-9 * most }
    guard let first = free.first, let last = free.last else { return 0 }
    return last.angle - first.angle
  }
}
