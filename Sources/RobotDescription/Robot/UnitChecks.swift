import Foundation

/// Checks of single numbers: sign, size and the units people mistake for SI.
struct UnitChecks {
  let log: DiagnosticLog

  /// Refuses an angle [rad] beyond two turns, which is an angle in degrees.
  func angle(_ key: String, in table: inout NumberTable) {
    guard let number = table[key] else { return }
    if !angle(number, key) { table.refuse(key) }
  }

  /// Whether an angle [rad] is believable.
  func angle(_ number: Located<Double>, _ title: String) -> Bool {
    guard abs(number.value) > 4 * Double.pi + 1e-6 else { return true }
    log.report(
      number.location,
      "\(title) is \(written(number.value)) rad, more than two turns; it looks like degrees",
      fix: "write \(written(number.value * .pi / 180)) (\(written(number.value)) degrees in radians)")
    return false
  }

  /// Refuses a number that is not above zero, or above `most`; `hint` says what it may be then.
  func positive(
    _ key: String, in table: inout NumberTable, unit: String, most: Double = .infinity,
    allowsZero: Bool = false,
    hint: (Double) -> String = { _ in "check the unit" }
  ) {
    guard let number = table[key] else { return }
    if number.value < 0 || (number.value == 0 && !allowsZero) {
      log.report(
        number.location, "\(key) is \(written(number.value)) \(unit)",
        fix: allowsZero ? "write zero or a positive number" : "write a number above zero")
      table.refuse(key)
    } else if number.value > most {
      log.report(
        number.location,
        "\(key) is \(written(number.value)) \(unit), more than any joint has (\(written(most)))",
        fix: hint(number.value))
      table.refuse(key)
    }
  }

  /// Refuses a speed that looks like degrees a second.
  func velocity(_ key: String, in table: inout NumberTable) {
    positive(key, in: &table, unit: "rad/s", most: 100) {
      "if these are degrees per second, write \(written($0 * .pi / 180))"
    }
  }

  /// Whether a drive's watchdog time [s] is on and short enough.
  func watchdog(_ number: Located<Double>) -> Bool {
    let value = number.value
    if value == 0 {
      log.report(
        number.location, "watchdog is 0, which switches the drive's watchdog off",
        fix: "write a time from 0.001 to 0.1 s, such as 0.02")
    } else if value < 0 {
      log.report(number.location, "watchdog is \(written(value)) s", fix: "write a time such as 0.02")
    } else if value >= 1 {
      log.report(
        number.location, "watchdog is \(written(value)) s; it looks like milliseconds",
        fix: "write \(written(value / 1000)), in seconds")
    } else if value > 0.1 {
      log.report(
        number.location, "watchdog is \(written(value)) s; a joint would run on for longer than 0.1 s",
        fix: "write at most 0.1, such as 0.02")
    } else {
      return true
    }
    return false
  }

  /// Whether a bit rate [bit/s] is one of those CAN controllers are set to.
  func bitRate(_ number: Located<Int>, _ key: String, in range: ClosedRange<Int>) -> Bool {
    if range.contains(number.value) { return true }
    let value = number.value
    let likely: Int
    switch value {
    case 1...20: likely = value * 1_000_000
    case 100...20_000: likely = value * 1000
    default: likely = key == "dbitrate" ? 5_000_000 : 1_000_000
    }
    log.report(
      number.location,
      "\(key) is \(value) bit/s, outside \(range.lowerBound) to \(range.upperBound)",
      fix: "write \(likely), in bits per second")
    return false
  }

  /// A sample point as a part of the bit; nil when refused.
  func samplePoint(_ number: Located<Double>, _ key: String) -> Double? {
    if number.value >= 0.5 && number.value <= 0.95 { return number.value }
    let isPercent = number.value >= 50 && number.value <= 95
    log.report(
      number.location, "\(key) is \(written(number.value)), outside 0.5 to 0.95",
      fix: isPercent ? "write \(written(number.value / 100)), a part of the bit" : "write a part such as 0.8")
    return nil
  }
}
