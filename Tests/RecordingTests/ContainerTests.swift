import Testing

@testable import Recording

private func bytes(ofHex text: String) -> [UInt8] {
  let digits = Array(text.utf8).map { $0 < 0x40 ? $0 - 0x30 : $0 - 0x57 }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

@Suite("Checksums and encodings of recordings")
struct ContainerTests {
  @Test("CRC-32 of the check string and of its pieces")
  func crc() {
    // The catalogue's check value of CRC-32/ISO-HDLC.
    let text = Array("123456789".utf8)
    #expect(text.withUnsafeBytes { CRC32.of($0) } == 0xCBF4_3926)
    // A slow sum, bit by bit, over every length around the sixteen bytes of a step.
    for length in 0..<70 {
      let data = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 7) }
      var slow: UInt32 = 0xFFFF_FFFF
      for byte in data {
        slow ^= UInt32(byte)
        for _ in 0..<8 { slow = slow & 1 == 1 ? slow >> 1 ^ 0xEDB8_8320 : slow >> 1 }
      }
      #expect(data.withUnsafeBytes { CRC32.of($0) } == ~slow, "\(length) bytes")
      // Without the system's library, too.
      var sliced = CRC32()
      data.withUnsafeBytes { raw in raw.baseAddress.map { sliced.slice($0, count: raw.count) } }
      #expect(sliced.value == ~slow, "\(length) bytes")
      var pieces = CRC32()
      data.prefix(length / 3).withUnsafeBytes { pieces.update($0) }
      data.dropFirst(length / 3).withUnsafeBytes { pieces.update($0) }
      #expect(pieces.value == ~slow)
    }
  }

  @Test("SHA-256 of FIPS 180-4's examples")
  func sha() {
    #expect(
      ConfigurationHash.hex(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      ConfigurationHash.hex(of: Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      ConfigurationHash.hex(of: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
  }

  /// Written by CycloneDDS 11 (Python) in XCDR1, little-endian.
  private static let golden =
    "0001000001000000020000000100000000000000010000000a0000006c6566745f6b6e656500000001000000000000000000e03f"
    + "01000000000000009a9999999999b93f01000000000000000000000000000840"

  @Test("A JointState is what CycloneDDS writes, byte for byte")
  func jointState() throws {
    var encoder = JointStateEncoder(names: ["left_knee"])
    let values = [0.5, 0.1, 3.0]
    let message = values.withUnsafeBytes { encoder.message(time: 1_000_000_002, states: $0) }
    #expect(message == bytes(ofHex: Self.golden))
    let read = try #require(message.withUnsafeBytes { JointStateValues($0) })
    #expect(read.names == ["left_knee"])
    #expect(read.position == [0.5] && read.velocity == [0.1] && read.effort == [3])
  }

  @Test("A JointState that is cut off or damaged is refused or read, never fatal")
  func damagedJointState() {
    let good = bytes(ofHex: Self.golden)
    for length in 0..<good.count {
      #expect(Array(good.prefix(length)).withUnsafeBytes { JointStateValues($0) } == nil)
    }
    for index in good.indices {
      for value in [0, 0x7F, 0xFF] as [UInt8] {
        var bad = good
        bad[index] = value
        _ = bad.withUnsafeBytes { JointStateValues($0) }
      }
    }
  }

  @Test("Zstandard, where the system has it, gives back what it was given and refuses the rest")
  func zstandard() {
    guard let library = Zstandard() else { return }
    let data = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 100) }
    guard let packed = library.compress(data) else {
      Issue.record("it refused to compress")
      return
    }
    #expect(packed.count < data.count / 10)
    #expect(packed.withUnsafeBytes { library.decompress($0, size: data.count) } == data)
    #expect(packed.withUnsafeBytes { library.decompress($0, size: data.count - 1) } == nil)
    #expect(packed.dropLast().withUnsafeBytes { library.decompress($0, size: data.count) } == nil)
  }
}
