import JointControl
import Yams

/// A supply as written.
struct SupplyEntry {
  var name: Located<String>
  var numbers: NumberTable
  /// Names of its buses; nil for all that no other supply feeds.
  var buses: [Located<String>]?
}

/// Reads what feeds a robot's drives, for the simulator.
struct SupplyReader {
  let log: DiagnosticLog
  var units: UnitChecks { UnitChecks(log: log) }

  /// One supply.
  func read(_ name: Located<String>, _ reader: MappingReader) -> SupplyEntry {
    var numbers = reader.numbers(.supplyNumbers)
    units.positive("voltage", in: &numbers, unit: "V", most: 1000) {
      "if this is in mV, write \(written($0 / 1000))"
    }
    units.positive("resistance", in: &numbers, unit: "ohm", most: 10, allowsZero: true) {
      "if this is in milliohm, write \(written($0 / 1000))"
    }
    units.positive("capacitance", in: &numbers, unit: "F", most: 10) {
      "if this is in microfarad, write \(written($0 * 1e-6))"
    }
    units.positive("chopper", in: &numbers, unit: "V", most: 1000)
    if let chopper = numbers["chopper"], let voltage = numbers["voltage"], chopper.value <= voltage.value {
      log.report(
        chopper.location,
        "chopper \(written(chopper.value)) V is not above the supply's voltage \(written(voltage.value)) V",
        fix: "write what the drives bear, such as \(written(1.2 * voltage.value))")
      numbers.refuse("chopper")
    }
    return SupplyEntry(name: name, numbers: numbers, buses: names(reader))
  }

  private func names(_ reader: MappingReader) -> [Located<String>]? {
    guard let node = reader.node("buses") else { return nil }
    guard case .sequence(let sequence) = node, !sequence.isEmpty else {
      log.report(
        reader.place(of: "buses"), "buses of \(reader.title) is not a list of names",
        fix: "write buses: [left_leg], or remove it for all buses that no other supply feeds")
      return []
    }
    return sequence.compactMap { node in
      let place = reader.document.location(of: node)
      if let name = node.scalar?.string { return Located(value: name, location: place) }
      log.report(place, "this is not the name of a bus", fix: "write the name of a bus")
      return nil
    }
  }
}

extension RobotBuilder {
  /// The supplies; notes buses that are not there or have two.
  func supplies() -> [PowerSupply] {
    let names = file.buses.map(\.name.value)
    var feeder: [Int: String] = [:]
    var supplies: [PowerSupply] = []
    var others: [Int] = []
    for entry in file.supplies {
      guard let voltage = entry.numbers["voltage"], let resistance = entry.numbers["resistance"] else {
        continue
      }
      var buses: [Int] = []
      for bus in entry.buses ?? [] {
        guard let index = names.firstIndex(of: bus.value) else {
          log.report(
            bus.location, "there is no bus '\(bus.value.prefix(40))'",
            fix: suggestion(for: bus.value, among: names, what: "bus"))
          continue
        }
        if let first = feeder[index] {
          log.report(
            bus.location, "bus '\(bus.value)' is fed by '\(first)' already", fix: "name it in one of the two")
          continue
        }
        feeder[index] = entry.name.value
        buses.append(index)
      }
      if entry.buses == nil { others.append(supplies.count) }
      supplies.append(
        PowerSupply(
          name: entry.name.value, voltage: voltage.value, resistance: resistance.value,
          capacitance: entry.numbers["capacitance"]?.value ?? 2e-3,
          chopper: entry.numbers["chopper"]?.value ?? .infinity, buses: buses))
    }
    for index in others.dropFirst() {
      log.report(
        file.supplies[index].name.location,
        "supplies '\(supplies[others[0]].name)' and '\(supplies[index].name)' both lack buses",
        fix: "write buses: [...] for all supplies but one")
    }
    if let rest = others.first { supplies[rest].buses = names.indices.filter { feeder[$0] == nil } }
    return supplies
  }
}
