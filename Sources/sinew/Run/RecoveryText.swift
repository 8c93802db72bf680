import JointControl

/// What a run does when a bus is lost and the robot has stopped.
enum OnLoss: String, CaseIterable {
  /// The run ends.
  case stop
  /// The bus is brought back, and a person is asked.
  case recover
}

extension Recovery.Event {
  /// The event in a line for people.
  var text: String {
    switch self {
    case .stage(let bus, let stage):
      switch stage {
      case .purging: "bus \(bus): dropping what waits to be sent"
      case .restarting: "bus \(bus): starting again"
      case .settling: "bus \(bus): waiting for error-active"
      case .settled: "bus \(bus): error-active"
      case .failed: "bus \(bus): not brought back"
      }
    case .waiting(let bus, let reason): "bus \(bus): \(reason)"
    case .identifying: "asking every drive who it is, and bringing it up again"
    }
  }
}

extension RunReport {
  /// A recovery: what had happened, and how the buses came back.
  struct Recovered {
    var fault: ControlFault
    var report: Recovery.Report

    /// The recovery for machines.
    var json: JSONValue {
      let stages = BusRecovery.Stage.allCases
      return .object([
        ("kind", .string(fault.kindName)), ("cycle", .integer(fault.fault.cycle)),
        (
          "buses",
          .object(
            report.buses.map { bus in
              (
                bus.name,
                .object(
                  zip(stages, bus.times).map { ("\($0.rawValue)_s", .number(Double($1) * 1e-9)) })
              )
            })
        ),
        ("bring_up_s", .number(Double(report.bringUpTime) * 1e-9)),
      ])
    }
  }

  /// What the buses did, in lines for people.
  var busRemarks: String {
    var out = ""
    for bus in buses {
      let figures = bus.figures
      if figures.warning > 0 || figures.passive > 0 {
        out +=
          "bus \(bus.name): \(figures.warning) cycles error-warning, \(figures.passive) error-passive\n"
      }
      if figures.refused > 0 { out += "bus \(bus.name): queue full for \(figures.refused) commands\n" }
      if figures.overflowed > 0 {
        out += "bus \(bus.name): no room for \(figures.overflowed) received frames\n"
      }
      if let cause = bus.givenUp {
        out += "bus \(bus.name): given up, \(ControlFault.cause(of: cause))"
        out += isolated.isEmpty ? "\n" : "; its joints braked, the others went on\n"
      }
    }
    for recovered in recoveries {
      out +=
        "recovered from cycle \(recovered.fault.fault.cycle): "
        + recovered.report.buses.map(\.name).joined(separator: ", ") + "\n"
    }
    return out
  }
}
