/// SHA-256 (FIPS 180-4), for the hash of a configuration and of what a core puts out.
struct SHA256 {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var words = [UInt32](repeating: 0, count: 64)
  private var pending: [UInt8] = []
  private var count: UInt64 = 0

  /// The digest of some bytes, in hexadecimal.
  static func hex(of bytes: [UInt8]) -> String {
    var digest = SHA256()
    bytes.withUnsafeBytes { digest.update($0) }
    return digest.hex
  }

  /// Takes more bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    count += UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let missing = rest.prefix(64 - pending.count)
      pending.append(contentsOf: missing)
      rest = rest.dropFirst(missing.count)
      guard pending.count == 64 else { return }
      pending.withUnsafeBytes { Self.compress($0, words: &words, into: &state) }
      pending.removeAll(keepingCapacity: true)
    }
    while rest.count >= 64 {
      Self.compress(UnsafeRawBufferPointer(rebasing: rest.prefix(64)), words: &words, into: &state)
      rest = rest.dropFirst(64)
    }
    pending.append(contentsOf: rest)
  }

  /// The digest of all bytes so far, in hexadecimal.
  var hex: String {
    var last = self
    var end: [UInt8] = [0x80]
    while (pending.count + end.count) % 64 != 56 { end.append(0) }
    withUnsafeBytes(of: (count * 8).bigEndian) { end.append(contentsOf: $0) }
    end.withUnsafeBytes { last.update($0) }
    return last.state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private static func compress(
    _ block: UnsafeRawBufferPointer, words: inout [UInt32], into state: inout [UInt32]
  ) {
    func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value &>> count | value &<< (32 &- count) }
    constants.withUnsafeBufferPointer { constants in
      words.withUnsafeMutableBufferPointer { words in
        for index in 0..<16 {
          words[index] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        }
        for index in 16..<64 {
          let (a, b) = (words[index - 15], words[index - 2])
          let low = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3
          let high = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10
          words[index] = words[index - 16] &+ low &+ words[index - 7] &+ high
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
          let sum = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
          let first = h &+ sum &+ ((e & f) ^ (~e & g)) &+ constants[index] &+ words[index]
          let majority = (a & b) ^ (a & c) ^ (b & c)
          let second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
          (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
        }
        for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
      }
    }
  }

  /// Fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = {
    var primes: [UInt32] = []
    var candidate: UInt32 = 2
    while primes.count < 64 {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map(cubeRootFraction)
  }()

  /// The first 32 bits of the fraction of a cube root, by bisection in integers.
  private static func cubeRootFraction(of prime: UInt32) -> UInt32 {
    var low: UInt64 = 0
    var high: UInt64 = 8 << 32
    while high - low > 1 {
      let middle = (low + high) / 2
      let cube = UInt128(middle) * UInt128(middle) * UInt128(middle)
      if cube >= UInt128(prime) << 96 { high = middle } else { low = middle }
    }
    return UInt32(truncatingIfNeeded: low)
  }
}
