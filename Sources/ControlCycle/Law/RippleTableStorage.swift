// Set-up: may allocate; the cycle is compiled without this file.

import LaneMath

extension RippleTable {
  /// A table over one turn of the rotor.
  ///
  /// - Parameters:
  ///   - count: entries; 32 a period of the highest line that matters leave less than 0.5 % of it. 4...4096.
  ///   - gains: how much is compensated and learnt.
  ///   - ripple: the ripple at an angle of the rotor [rad].
  public init(count: Int, gains: Gains = Gains(), _ ripple: (Double) -> Double) {
    precondition((4...4096).contains(count), "a ripple table has 4...4096 entries")
    self.init(
      entries: FixedArray(count: count) { entry in
        let value = ripple(2 * Double.pi * Double(entry) / Double(count))
        return isSignal(value) ? value : 0
      }, gains: gains)
  }
}
