import ControlCycle

/// Two runs with one hash did the same: every frame on any bus with its instant, and every state of the core.
///
/// 128 bits, each word mixed into both halves by multiplication and shift (Steele, Lea, Flood: Fast splittable pseudorandom
/// number generators, OOPSLA 2014). It tells runs apart; it is no signature.
public struct RunHash: BitwiseCopyable, Sendable, Equatable {
  private var first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var second: UInt64 = 0xD1B5_4A32_D192_ED03

  /// The hash of nothing.
  public init() {}

  /// Takes a word.
  @inline(__always) mutating func add(_ word: UInt64) {
    first = (first ^ word) &* 0xBF58_476D_1CE4_E5B9
    first ^= first >> 31
    second = (second &+ word) &* 0x94D0_49BB_1331_11EB
    second ^= second >> 29
  }

  /// Takes a number by its bits.
  @inline(__always) mutating func add(_ number: Double) { add(number.bitPattern) }

  /// Takes another hash.
  public mutating func add(_ other: RunHash) {
    add(other.first)
    add(other.second)
  }

  /// Takes a frame and the instant of its end.
  mutating func add(_ frame: CANFrame) {
    add(UInt64(frame.id) | UInt64(frame.bus) << 32 | UInt64(frame.length) << 40 | UInt64(frame.flags) << 48)
    add(UInt64(bitPattern: frame.time))
    withUnsafeBytes(of: frame.payload) { bytes in
      for offset in stride(from: 0, to: min(Int(frame.length), 64), by: 8) {
        add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      }
    }
  }

  /// Takes the core as it is after a cycle.
  mutating func add(_ cycle: Cycle, _ control: borrowing ControlCycle) {
    add(UInt64(bitPattern: cycle.number))
    add(UInt64(bitPattern: cycle.time))
    let fault = control.safety.fault
    add(UInt64(fault.kind.code) | UInt64(bitPattern: Int64(control.unknownFrames)) << 8)
    add(fault.joints.bits)
    add(control.stale.bits)
    add(control.safety.isolated.bits)
    for (index, state) in SafetyState.all.enumerated() where state == control.safety.state {
      add(UInt64(index))
    }
    for joint in 0..<control.jointCount {
      let (state, command) = (control.states[joint], control.commands[joint])
      add(state.position)
      add(state.velocity)
      add(state.torque)
      add(UInt64(UInt32(bitPattern: state.age)))
      add(command.position)
      add(command.velocity)
      add(command.stiffness)
      add(command.damping)
      add(command.torque)
      add(control.activations[joint])
    }
  }

  /// 32 hexadecimal digits.
  public var text: String { Self.digits(first) + Self.digits(second) }

  private static func digits(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
