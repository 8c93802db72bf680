/// What feeds the drives of some buses: a battery, or a power supply with its cables.
public struct PowerSupply: Sendable, Equatable {
  /// The robot's name for it.
  public var name: String
  /// Voltage without load, for which the drives are made [V].
  public var voltage: Double
  /// Resistance of battery and cables [ohm].
  public var resistance: Double
  /// Capacitance of the drives [F].
  public var capacitance: Double
  /// Voltage at which a brake chopper burns what drives give back [V]; infinite without one.
  public var chopper: Double
  /// Indices of the buses whose drives it feeds; each bus has one at most, and one without has a stiff supply.
  public var buses: [Int]

  /// A supply.
  public init(
    name: String, voltage: Double, resistance: Double, capacitance: Double = 2e-3,
    chopper: Double = .infinity, buses: [Int]
  ) {
    self.name = name
    self.voltage = voltage
    self.resistance = resistance
    self.capacitance = capacitance
    self.chopper = chopper
    self.buses = buses
  }
}
