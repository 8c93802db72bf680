import CServoWire

extension CANopen {
  /// Addresses of objects, for parameter requests: index << 16 | sub-index << 8 | bits, as in a PDO mapping.
  public enum Object {
    /// Stands for an NMT command, which no object does: index 0000 is reserved. Written, never answered.
    public static var networkCommand: UInt32 { @_noLocks get { 0 } }
    /// Profile in the low 16 bits, 402 for drives.
    public static var deviceType: UInt32 { @_noLocks get { address(0x1000) } }
    /// Heartbeat that the drive watches: node << 16 | ms.
    public static var heartbeatConsumer: UInt32 { @_noLocks get { address(0x1016, 1) } }
    /// What the power stage does when the heartbeat is lost: 1 is a fault.
    public static var abortConnection: UInt32 { @_noLocks get { address(0x6007) } }
    /// See `cia402_command`.
    public static var controlword: UInt32 { @_noLocks get { address(0x6040) } }
    /// See `cia402_status`.
    public static var statusword: UInt32 { @_noLocks get { address(0x6041) } }
    /// See `cia402_mode`.
    public static var mode: UInt32 { @_noLocks get { address(0x6060) } }
    /// The mode that is in force.
    public static var modeDisplay: UInt32 { @_noLocks get { address(0x6061) } }
    /// Most the drive gives [1/1000 of the rated torque].
    public static var maxTorque: UInt32 { @_noLocks get { address(0x6072) } }
    /// [mN.m].
    public static var ratedTorque: UInt32 { @_noLocks get { address(0x6076) } }
    /// Quantities that the drive counts the other way round: bit 7 position, 6 velocity, 5 torque.
    public static var polarity: UInt32 { @_noLocks get { address(0x607E) } }
    /// Bit n - 1 for mode n.
    public static var supportedModes: UInt32 { @_noLocks get { address(0x6502) } }
    /// Encoder resolution, 608F: increments (1) in motor revolutions (2).
    @_noLocks public static func encoder(_ subindex: UInt8) -> UInt32 { address(0x608F, subindex) }
    /// Gear ratio, 6091: motor revolutions (1) in shaft revolutions (2).
    @_noLocks public static func gear(_ subindex: UInt8) -> UInt32 { address(0x6091, subindex) }
    /// Feed, 6092: position units (1) in shaft revolutions (2).
    @_noLocks public static func feed(_ subindex: UInt8) -> UInt32 { address(0x6092, subindex) }
    /// Identity, 1018: vendor (1), product (2), revision (3), serial number (4).
    @_noLocks public static func identity(_ subindex: UInt8) -> UInt32 { address(0x1018, subindex) }

    /// Target position 607A [increments].
    public static var targetPosition: UInt32 { @_noLocks get { address(0x607A) } }
    /// Target velocity 60FF [increments/s].
    public static var targetVelocity: UInt32 { @_noLocks get { address(0x60FF) } }
    /// Interpolation time period, 60C2: value (1) x 10^exponent (2) s.
    @_noLocks public static func interpolation(_ subindex: UInt8) -> UInt32 { address(0x60C2, subindex) }
    /// Stands for the next piece of a long object that is being read: index 0001 is a data type and no object.
    @_noLocks public static func segment(toggle: Bool) -> UInt32 { toggle ? 0x0001_0100 : 0x0001_0000 }

    /// The address of an object that bring-up uses; its bits are those CiA 301 and 402 give it, 32 where not listed here.
    @_noLocks public static func address(_ index: UInt16, _ subindex: UInt8 = 0) -> UInt32 {
      canopen_encode_mapping(
        canopen_mapping(index: index, subindex: subindex, bits: bits(index, subindex)))
    }

    @_noLocks static func bits(_ index: UInt16, _ subindex: UInt8) -> UInt8 {
      switch (index, subindex) {
      case (0x1001, _), (0x1029, _), (0x6060, _), (0x6061, _), (0x607E, _), (0x60C2, _): 8
      case (0x1400...0x1BFF, 0): 8
      case (0x1400...0x15FF, 2), (0x1800...0x19FF, 2): 8
      case (0x1400...0x15FF, _) where subindex > 2, (0x1800...0x19FF, _) where subindex > 2: 16
      case (0x1017, _), (0x6007, _), (0x603F...0x6041, _), (0x605A...0x605E, _), (0x6071...0x6072, _),
        (0x6066, _):
        16
      case (0x6077, _), (0x60B2, _): 16
      default: 32
      }
    }
  }
}
