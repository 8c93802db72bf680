import Foundation
import JointControl
import Testing

@testable import Simulation

/// Every shipped profile beside its data sheet.
@Suite struct ActuatorValidationTests {
  private static var names: [String] { ShippedActuators.names }

  private func profile(_ name: String) throws -> ActuatorProfile { try ShippedActuators.profile(name) }

  @Test func thereAreEnoughParts() throws {
    #expect(Self.names.count >= 8)
    #expect(Set(try Self.names.map { try profile($0).vendor }).count >= 4)
  }

  @Test(arguments: names) func modelGivesWhatIsPrinted(_ name: String) throws {
    let profile = try profile(name)
    let rows = ActuatorValidation(profile).rows
    #expect(rows.count == profile.printed.count && !rows.isEmpty)
    for row in rows {
      #expect(
        row.isWithin,
        "\(row.printed.quantity.rawValue) at \(row.printed.at ?? 0): \(row.model), printed \(row.printed.value)"
      )
    }
  }

  @Test func overloadTablesAreMet() throws {
    let small = ActuatorValidation(try profile("rs03.yaml"))
    for row in small.rows where row.printed.quantity.needsThermal { #expect(row.deviation.magnitude <= 0.15) }
    #expect(small.rows.count { $0.printed.quantity.needsThermal } == 9)
    let large = ActuatorValidation(try profile("rs04.yaml"))
    #expect(large.rows.count { $0.printed.quantity.needsThermal } == 19)
    #expect(try #require(large.logarithmicError(of: .overloadTurning)) <= 0.20)
    #expect(try #require(large.logarithmicError(of: .overloadStanding)) <= 0.20)
  }

  /// A model that is off is told.
  @Test func wrongNumbersAreSeen() throws {
    for change in [
      { (model: inout ActuatorModel) in model.motor.torqueConstant *= 1.1 },
      { $0.thermal?.windingCapacity *= 0.5 }, { $0.thermal?.coil.resistance *= 2 },
      { $0.motor.resistance *= 1.5 },
    ] as [(inout ActuatorModel) -> Void] {
      var profile = try profile("rs03.yaml")
      var model = try #require(profile.actuator)
      change(&model)
      profile.actuator = model
      #expect(ActuatorValidation(profile).rows.contains { !$0.isWithin })
    }
  }
}
