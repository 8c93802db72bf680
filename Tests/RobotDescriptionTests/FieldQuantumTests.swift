import ControlCycle
import JointControl
import Testing

/// Smallest steps of fixed-point fields, from full scales and bits, beside those computed by hand.
@Suite struct FieldQuantumTests {
  /// Distance between two neighbouring words.
  private func quantum(_ low: Double, _ high: Double, bits: UInt16) -> Double {
    FixedPoint.decode(1, from: low, to: high, bits: bits)
      - FixedPoint.decode(0, from: low, to: high, bits: bits)
  }

  private func expect(_ value: Double, _ printed: Double, within relative: Double = 5e-5) {
    #expect(abs(value / printed - 1) < relative, "\(value) beside \(printed)")
  }

  @Test func ofAnAK80() throws {
    let range = try #require(DriveModel.named("AK80-9", family: .mit)).range
    expect(quantum(-range.position, range.position, bits: 16), 3.8148e-4)
    expect(quantum(-range.velocity, range.velocity, bits: 12), 0.024420)
    expect(quantum(0, range.stiffness, bits: 12), 0.12210)
    expect(quantum(0, range.damping, bits: 12), 1.2210e-3)
    expect(quantum(-range.torque, range.torque, bits: 12), 8.7912e-3)
  }

  @Test func ofAnRS03() throws {
    let range = try #require(DriveModel.named("RS03", family: .robstride)).range
    // The vendor's constant for four pi is 12.57: 0.03 % more.
    expect(quantum(-range.position, range.position, bits: 16), 3.8350e-4, within: 3.1e-4)
    expect(quantum(-range.velocity, range.velocity, bits: 16), 6.1036e-4)
    expect(quantum(0, range.stiffness, bits: 16), 0.076295)
    expect(quantum(0, range.damping, bits: 16), 1.5259e-3)
    expect(quantum(-range.torque, range.torque, bits: 16), 1.8311e-3)
  }
}
