import ControlCycle
import Foundation
import Testing

@testable import JointControl

/// Every row of `Firmware-Interfaces/Vectors/schedulability.json`; a row of a kind that nobody knows fails.
@Suite("Vectors of frame lengths and response times")
struct SchedulabilityVectorTests {
  private typealias Row = [String: Any]

  private static func rows() throws -> [Row] {
    let path =
      URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
      + "/Firmware-Interfaces/Vectors/schedulability.json"
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let document = try #require(try JSONSerialization.jsonObject(with: data) as? Row)
    return try #require(document["vectors"] as? [Row])
  }

  private func number(_ row: Row, _ key: String) throws -> Double {
    try #require((row[key] as? NSNumber)?.doubleValue, "\(row["name"] ?? "?"): \(key)")
  }
  private func integer(_ row: Row, _ key: String) throws -> Int { Int(try number(row, key)) }
  private func isTrue(_ row: Row, _ key: String) -> Bool { (row[key] as? NSNumber)?.boolValue ?? false }

  @Test("Each row of the vectors holds")
  func everyRow() throws {
    var kinds: [String: Int] = [:]
    for row in try Self.rows() {
      let kind =
        row["messages"] != nil
        ? "set"
        : row["data"] != nil ? "exact" : isTrue(row, "fd") ? "flexible" : row["dlc"] != nil ? "classic" : "?"
      kinds[kind, default: 0] += 1
      switch kind {
      case "set": try checkSet(row)
      case "exact": try checkExact(row)
      case "flexible": try checkFlexible(row)
      case "classic": try checkClassic(row)
      default: Issue.record("nobody knows this row: \(row)")
      }
    }
    #expect(kinds == ["set": 1, "exact": 12, "flexible": 26, "classic": 11])
  }

  private func checkClassic(_ row: Row) throws {
    let time = FrameTime(
      worstCaseBytes: try integer(row, "dlc"), isExtended: isTrue(row, "ext"), isFlexibleDataRate: false)
    #expect(try time.unstuffedBits == integer(row, "bits_no_stuffing") && time.dataBits == 0)
    #expect(try time.nominalBits == integer(row, "bits_worst"))
    let length = time.nanoseconds(bitRate: 1_000_000, dataBitRate: 1_000_000)
    #expect(try Double(length) / 1000 == number(row, "at_1Mbit_us"))
  }

  private func checkFlexible(_ row: Row) throws {
    let bytes = try integer(row, "dlc_bytes")
    let isExtended = isTrue(row, "ext")
    let time = FrameTime(worstCaseBytes: bytes, isExtended: isExtended, isFlexibleDataRate: true)
    #expect(try time.unstuffedBits == integer(row, "no_stuff") && time.bits == integer(row, "worst"))
    #expect(try time.nominalBits == integer(row, "nominal_phase_worst"))
    #expect(try time.dataBits == integer(row, "data_phase_worst_joint"))
    let switched = time.nanoseconds(bitRate: 1_000_000, dataBitRate: 5_000_000)
    #expect(try Double(switched) / 1000 == number(row, "brs_1M_5M_us_joint"))
    let plain = FrameTime(
      worstCaseBytes: bytes, isExtended: isExtended, isFlexibleDataRate: true, hasBitRateSwitch: false)
    let slow = plain.nanoseconds(bitRate: 1_000_000, dataBitRate: 5_000_000)
    #expect(try plain.dataBits == 0 && Double(slow) / 1000 == number(row, "no_brs_1M_us"))
    // Each phase stuffed for itself, up to four equal bits handed over: what no frame can reach in both at once.
    let rest = (isExtended ? 41 : 22) + 8 * bytes - (isExtended ? 36 : 17)
    let apart = time.unstuffedBits - (isExtended ? 36 : 17) - 12 + (rest + 4) / 4
    #expect(try apart == integer(row, "data_phase_worst_independent") && time.dataBits <= apart)
    let bound = Double(time.nominalBits) + Double(apart) / 5
    #expect(try abs(bound - number(row, "brs_1M_5M_us_independent_bound")) < 1e-9)
  }

  private func checkExact(_ row: Row) throws {
    let text = try #require(row["data"] as? String)
    let id = try #require(UInt32((row["id"] as? String ?? "").dropFirst(2), radix: 16))
    var frame = CANFrame(id: id, bus: 0, isExtended: isTrue(row, "ext"))
    frame.length = UInt8(text.count / 2)
    for place in 0..<text.count / 2 {
      let start = text.index(text.startIndex, offsetBy: 2 * place)
      frame.payload[place] = try #require(UInt8(text[start..<text.index(start, offsetBy: 2)], radix: 16))
    }
    #expect(try FrameLength(of: frame).nominalBits == integer(row, "bits_exact_incl_3_bit_IFS"))
    let time = FrameTime(
      worstCaseBytes: Int(frame.length), isExtended: frame.isExtended, isFlexibleDataRate: false)
    #expect(try time.unstuffedBits == integer(row, "bits_no_stuffing"))
    #expect(try time.nominalBits == integer(row, "bits_worst"))
  }

  private func checkSet(_ row: Row) throws {
    let rate = try integer(row, "bitrate")
    let messages = try #require(row["messages"] as? [Row])
    let expected = try #require(row["expected"] as? [Row])
    let schedulable = try #require(row["schedulable"] as? [Bool])
    let nanoseconds = { (row: Row, key: String) in Int64(try number(row, key) * 1e6) }
    let set = try messages.map { message in
      let frame = FrameTime(
        worstCaseBytes: try integer(message, "dlc"), isExtended: isTrue(message, "ext"),
        isFlexibleDataRate: false)
      let length = frame.nanoseconds(bitRate: rate, dataBitRate: rate)
      #expect(try length == nanoseconds(message, "C_ms"))
      return PeriodicMessage(
        name: message["name"] as? String ?? "", priority: UInt64(try integer(message, "prio")),
        length: length, period: try nanoseconds(message, "T_ms"),
        deadline: try nanoseconds(message, "D_ms"), jitter: try nanoseconds(message, "J_ms"))
    }
    let responses = ResponseTimes.all(of: set, bitTime: FrameLength.time(of: 1, at: rate))
    #expect(expected.count == set.count && schedulable.count == set.count)
    for (index, (response, row)) in zip(responses, expected).enumerated() {
      #expect(try response.blocking == nanoseconds(row, "B_ms"))
      #expect(try response.busyPeriod == nanoseconds(row, "busy_period_ms"))
      let instances = try #require(row["R_per_instance_ms"] as? [Double]).map { Int64($0 * 1e6) }
      #expect(try response.instances == instances && instances.count == integer(row, "Q"))
      #expect(try response.worst == nanoseconds(row, "R_ms"))
      #expect(try response.instances.first == nanoseconds(row, "R_first_instance_only_ms"))
      #expect(try response.sufficient == nanoseconds(row, "R_sufficient_max_B_C_ms"))
      let isInTime = response.worst.map { $0 <= set[index].deadline } ?? false
      #expect(isInTime == schedulable[index])
    }
  }
}
