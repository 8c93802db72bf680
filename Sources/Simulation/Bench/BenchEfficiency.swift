import JointControl

extension JointBench {
  static let efficiencyMethod = """
    Over a grid of speeds and torques of the motor, winding at 25 degree Celsius: power on the joint's shaft over power of \
    the motor's shaft (mechanical) and over power from the supply (whole) when the motor drives, and the inverse when the \
    joint drives the motor. Points that the supply does not allow are left out.
    """

  func measureEfficiency(_ test: inout BenchRecord.Test) {
    let (columns, rows) = (points(24, 4), points(20, 3))
    let speeds = Self.spaced(topSpeed / Double(columns), 0.95 * topSpeed, columns)
    let torques = Self.spaced(model.peakTorque / Double(rows), model.peakTorque, rows)
    for isDriving in [true, false] {
      var mechanical: [Double?] = []
      var whole: [Double?] = []
      for torque in torques {
        for speed in speeds {
          let demand = isDriving ? torque : -torque
          let reading = steady(velocity: speed, demand: demand, of: isDriven ? nil : inChamber(at: 25))
          let shaftPower = reading.shaftTorque * speed
          let isThere = (reading.motorTorque / demand - 1).magnitude <= 0.02
          guard isThere, isDriving ? shaftPower > 0 : shaftPower < 0 else {
            mechanical.append(nil)
            whole.append(nil)
            continue
          }
          mechanical.append(isDriving ? shaftPower / reading.motorPower : reading.motorPower / shaftPower)
          whole.append(isDriving ? shaftPower / reading.supplied : reading.supplied / shaftPower)
        }
      }
      let way = isDriving ? "driving" : "backdriving"
      func map(_ key: String, _ title: String, _ values: [Double?]) -> BenchRecord.Map {
        BenchRecord.Map(
          key: "\(key)_\(way)", title: title,
          x: BenchRecord.Axis(title: "speed of the joint", unit: "rad/s"),
          y: BenchRecord.Axis(title: "torque of the motor at the joint", unit: "N.m"),
          value: BenchRecord.Axis(title: "efficiency", unit: ""), columns: speeds, rows: torques,
          values: values)
      }
      test.maps.append(
        map("mechanical", isDriving ? "Reducer, motor drives" : "Reducer, joint drives the motor", mechanical)
      )
      test.figures.append(best(mechanical, "mechanical_\(way)", "best of the reducer, \(way)"))
      if isDriven { continue }
      test.maps.append(
        map(
          "whole", isDriving ? "Supply to joint" : "Joint to supply",
          whole.map { $0.flatMap { $0 > 0 ? $0 : nil } }))
      test.figures.append(
        best(whole, "whole_\(way)", isDriving ? "best, supply to joint" : "best, joint to supply"))
    }
  }

  private func best(_ values: [Double?], _ key: String, _ title: String) -> BenchRecord.Figure {
    let highest = values.compactMap(\.self).max()
    return BenchRecord.Figure(
      key: "\(key)_best", title: title, value: highest.flatMap { $0 > 0 ? $0 : nil }, unit: "",
      note: highest.map { $0 > 0 } == true ? nil : "no point of the grid gives power back")
  }
}
