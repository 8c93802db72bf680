/// One classic or flexible-data-rate CAN data frame and the bus it travels on.
///
/// A plain value: the cycle copies frames, it never shares them.
public struct CANFrame: BitwiseCopyable, Sendable {
  /// Arbitration identifier, 11 bits or, when `isExtended`, 29 bits.
  public var id: UInt32
  /// Index of the bus in the robot's bus table.
  public var bus: UInt8
  /// Number of payload bytes in use: 0...8 classic, up to 64 on CAN FD.
  public var length: UInt8
  /// Format in bits: 1 extended identifier, 2 CAN FD, 4 bit-rate switch. One byte, so that a frame is ten words.
  public var flags: UInt8
  /// Instant of the end of frame on the bus [ns, the loop's clock]; 0 on frames to be sent.
  public var time: Int64
  /// Payload; bytes from `length` on are zero.
  public var payload: InlineArray<64, UInt8>

  /// An empty classic frame on bus 0.
  @_noLocks public init() {
    id = 0
    bus = 0
    length = 0
    flags = 0
    time = 0
    payload = InlineArray(repeating: 0)
  }

  /// An empty frame with the given address.
  @_noLocks public init(id: UInt32, bus: UInt8, isExtended: Bool, isFlexibleDataRate: Bool = false) {
    self.init()
    self.id = id
    self.bus = bus
    self.isExtended = isExtended
    self.isFlexibleDataRate = isFlexibleDataRate
    self.hasBitRateSwitch = isFlexibleDataRate
  }
}

extension CANFrame {
  /// Makes the frame one with an address, a length and zeros in it, where it stands; `flags` as the property of the name.
  @_noLocks @inline(__always)
  mutating func begin(id: UInt32, bus: UInt8, flags: UInt8, length: UInt32) {
    self.id = id
    self.bus = bus
    self.length = UInt8(truncatingIfNeeded: length)
    self.flags = flags
    time = 0
    payload = InlineArray(repeating: 0)
  }

  /// `flags` of a frame of CAN FD with bit rate switch.
  static var flexibleFlags: UInt8 { @_noLocks get { 6 } }
  /// `flags` of a classic frame of 29 bits.
  static var extendedFlags: UInt8 { @_noLocks get { 1 } }

  /// Whether the identifier has 29 bits.
  public var isExtended: Bool {
    @_noLocks get { flags & 1 != 0 }
    @_noLocks set { set(1, newValue) }
  }
  /// Whether the frame has CAN FD format.
  public var isFlexibleDataRate: Bool {
    @_noLocks get { flags & 2 != 0 }
    @_noLocks set { set(2, newValue) }
  }
  /// Whether the data phase runs at the bus's data bit rate (BRS); only on CAN FD.
  public var hasBitRateSwitch: Bool {
    @_noLocks get { flags & 4 != 0 }
    @_noLocks set { set(4, newValue) }
  }

  @_noLocks private mutating func set(_ flag: UInt8, _ isSet: Bool) {
    flags = isSet ? flags | flag : flags & ~flag
  }
}

extension UnsafeMutablePointer<InlineArray<64, UInt8>> {
  /// The payload's first byte, for the C wire layouts.
  public var bytes: UnsafeMutablePointer<UInt8> {
    @_noLocks get { unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt8.self) }
  }
}

extension UnsafePointer<InlineArray<64, UInt8>> {
  /// The payload's first byte, for the C wire layouts.
  public var bytes: UnsafePointer<UInt8> {
    @_noLocks get { unsafe UnsafeRawPointer(self).assumingMemoryBound(to: UInt8.self) }
  }
}
