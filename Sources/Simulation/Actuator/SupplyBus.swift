import LaneMath

/// The battery and the capacitors that all drives share: sag under load, rise when motors brake.
///
///     C dV/dt = (V_oc - V) / R - P / V, and a chopper that burns what would lift V above its limit.
struct SupplyBus: BitwiseCopyable {
  /// Voltage at the drives [V].
  private(set) var voltage: Double
  /// Energy that the chopper burned [J].
  private(set) var burned = 0.0
  /// Whether the voltage was at the chopper's limit in the last step.
  private(set) var isChopping = false
  private let openCircuit: Double
  private let resistance: Double
  private let chopper: Double
  private let step: Double
  private let decay: Double

  /// A battery at rest.
  ///
  /// - Parameters:
  ///   - openCircuit: voltage without load [V].
  ///   - resistance: of battery and cables [ohm]; 0 for a supply that gives way to nothing.
  ///   - capacitance: of the drives [F].
  ///   - chopper: voltage that is not exceeded [V].
  ///   - step: time between two calls of `advance` [s].
  init(
    openCircuit: Double, resistance: Double, capacitance: Double = 2e-3, chopper: Double = .infinity,
    step: Double
  ) {
    self.openCircuit = openCircuit
    self.resistance = resistance
    self.chopper = chopper
    self.step = step
    decay = resistance > 0 ? exponential(-step / (resistance * capacitance)) : 0
    voltage = openCircuit
  }

  /// Advances by one step in which the drives took a mean power, negative when they gave it back [W].
  mutating func advance(power: Double) {
    guard resistance > 0 else { return }
    // Current that keeps the voltage, over a step much shorter than its change; never from less than a fifth of it.
    let held = voltage > 0.2 * openCircuit ? voltage : 0.2 * openCircuit
    let settled = openCircuit - resistance * power / held
    let next = settled + (voltage - settled) * decay
    isChopping = next > chopper
    if isChopping { burned += max(0, -power - chopper * (chopper - openCircuit) / resistance) * step }
    voltage = isChopping ? chopper : next > 0 ? next : 0
  }
}
