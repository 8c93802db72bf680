import CCommandPort
import Foundation
import TestSupport
import Testing

@testable import JointControl

/// What an owner may do to the memory it shares with the loop: anything.
@Suite("A command port full of nonsense")
struct PortFuzzTests {
  /// Numbers that go wrong where numbers go wrong.
  private static func nonsense(_ random: inout SeededGenerator) -> Double {
    switch random.next() % 8 {
    case 0: .nan
    case 1: .infinity
    case 2: -.greatestFiniteMagnitude
    case 3: Double(bitPattern: random.next())
    case 4: .leastNonzeroMagnitude
    default: Double.random(in: -8...8, using: &random)
    }
  }

  @Test("Random bytes never get through, and never trap the loop")
  func randomBytes() throws {
    let bench = try PortBench()
    let client = try bench.client()
    var random = SeededGenerator(seed: 20_261_129)
    let home = PortBench.robot.joints.map { PortClient.Setpoint(position: $0.home) }
    let result = try bench.run(for: 3) { cycle in
      let bytes = client.memory!
      if cycle % 20 == 0 {
        // Whole again, as after nonsense the newest sequence may be any: below the one that was seen it is refused.
        client.send(home)
        return
      }
      switch random.next() % 4 {
      case 0:
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
      case 1:
        bytes[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 << (random.next() % 8))
      case 2:
        // As if there was another set, which there is not.
        bytes.storeBytes(of: random.next() >> (random.next() % 64), toByteOffset: 24, as: UInt64.self)
      default: break
      }
    }
    #expect(result.keepsLimits && result.figures.refusedTotal > 1000)
    // It may well stop: what is refused is not fresh.
    if let fault = result.fault { #expect(fault.fault.kind == .commandTimeout) }
    for row in result.rows {
      for joint in 0..<2 { #expect((row.positions[joint] - home[joint].position).magnitude < 0.03) }
    }
  }

  @Test("Whole sets of random numbers are refused, or keep every limit of the motion")
  func randomSets() throws {
    var accepted: UInt64 = 0
    for seed in 1...4 {
      let bench = try PortBench(takesGains: true)
      let client = try bench.client()
      var random = SeededGenerator(seed: UInt64(seed))
      let result = try bench.run(for: 2) { cycle in
        let isWild = random.next() % 8 == 0
        var set = command_port_set()
        set.answers_cycle = isWild ? Int64(bitPattern: random.next()) : -1
        set.joint_count = isWild && random.next() % 4 == 0 ? UInt32(truncatingIfNeeded: random.next()) : 2
        set.flags = UInt32(truncatingIfNeeded: random.next() % (isWild ? 32 : 8))
        for joint in 0..<2 {
          let place = command_port_setpoint_at(&set, Int32(joint))
          let limits = PortBench.robot.joints[joint].configuration.limits
          func number(_ low: Double, _ high: Double) -> Double {
            isWild ? Self.nonsense(&random) : Double.random(in: low...high, using: &random)
          }
          place.pointee.position_rad = number(limits.minPosition, limits.maxPosition)
          place.pointee.velocity_rad_s = number(-limits.velocity, limits.velocity)
          place.pointee.torque_nm = number(-0.1, 0.1) * limits.torque
          place.pointee.stiffness_nm_rad = number(0, 20)
          place.pointee.damping_nm_s_rad = number(0, 0.5)
        }
        if set.flags & UInt32(COMMAND_PORT_ENDS) != 0 { set.flags &= ~UInt32(COMMAND_PORT_ENDS) }
        command_port_put_set(
          client.memory!.baseAddress!.assumingMemoryBound(to: command_port_setpoints.self), &set)
        _ = cycle
      }
      #expect(result.keepsLimits, "seed \(seed)")
      #expect(result.figures.refusedTotal > 50)
      accepted += result.figures.accepted
    }
    #expect(accepted > 1000)
  }

  /// A set whose every number is its sequence.
  private static func uniform(_ sequence: UInt64) -> command_port_set {
    var set = command_port_set()
    set.answers_cycle = Int64(sequence)
    set.stamp_ns = Int64(sequence)
    for joint in 0..<64 {
      let value = Double(sequence)
      command_port_setpoint_at(&set, Int32(joint)).pointee = command_port_setpoint(
        position_rad: value, velocity_rad_s: value, torque_nm: value, stiffness_nm_rad: value,
        damping_nm_s_rad: value)
    }
    command_port_seal_set(&set, sequence)
    return set
  }

  @Test("A set torn at any word is refused, also under the new sequence and its sums")
  func tornAnywhere() {
    let size = MemoryLayout<command_port_set>.size
    var memory = command_port_setpoints()
    let old = Self.uniform(5)
    let new = Self.uniform(9)
    var copy = command_port_set()
    for word in 0...(size / 8) {
      var slot = old
      withUnsafeMutableBytes(of: &slot) { slot in
        withUnsafeBytes(of: new) {
          slot.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<(8 * word)]))
        }
      }
      memory.slots.1 = slot
      let isWhole = command_port_get_set(&memory, 9, &copy) == 1
      #expect(isWhole == (word == size / 8))
    }
  }

  @Test("While another thread writes as fast as it can, no copy that is believed is torn")
  func threads() {
    let memory = UnsafeMutablePointer<command_port_setpoints>.allocate(capacity: 1)
    memory.initialize(to: command_port_setpoints())
    defer { memory.deallocate() }
    nonisolated(unsafe) let shared = memory
    let count: UInt64 = 100_000
    let writer = Thread {
      for number in 1...count {
        var set = Self.uniform(number)
        command_port_put_set(shared, &set)
      }
    }
    writer.start()
    var (whole, torn, broken) = (0, 0, 0)
    var copy = command_port_set()
    var newest: UInt64 = 0
    while newest < count {
      newest = command_port_newest(memory)
      if newest == 0 { continue }
      if command_port_get_set(memory, newest, &copy) == 0 {
        torn += 1
        continue
      }
      whole += 1
      for joint in [0, 1, 31, 63] {
        let place = command_port_setpoint_at(&copy, Int32(joint)).pointee
        if place.position_rad != Double(newest) || place.damping_nm_s_rad != Double(newest) { broken += 1 }
      }
    }
    #expect(broken == 0 && whole > 0, "\(whole) whole, \(torn) torn")
  }
}
