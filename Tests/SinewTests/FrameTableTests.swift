import ControlCycle
import JointControl
import Recording
import RobotDescription
import Testing

@testable import sinew

@Suite("The table of sinew can dump")
struct FrameTableTests {
  private static let second: Int64 = 1_000_000_000
  private static let start: Int64 = 1_700_000_000 * second

  private func bus(_ name: String = "can0", dataBitRate: Int? = nil) -> MonitoredBus {
    MonitoredBus(
      name: name,
      configuration: BusConfiguration(
        name: name, interface: name, bitRate: 1_000_000, dataBitRate: dataBitRate))
  }

  private func frame(_ id: UInt32, _ bytes: [UInt8], at time: Int64) -> CANFrame {
    var frame = CANFrame(id: id, bus: 0, isExtended: false)
    frame.length = UInt8(bytes.count)
    for (index, byte) in bytes.enumerated() { frame.payload[index] = byte }
    frame.time = time
    return frame
  }

  private func lines(
    _ table: FrameTable, at now: Int64, width: Int = .max, height: Int = .max,
    style: FrameTable.Style = .plain
  ) -> [String] {
    let statuses = table.buses.map { _ in MonitorStatus(state: "error-active") }
    return table.lines(at: now, statuses, width: width, height: height, style: style)
  }

  @Test("Count, rate, age and bytes of a steady identifier, and the bus's load by the plan's lengths")
  func steady() throws {
    var table = FrameTable([bus()], nil)
    for index in 0..<2000 {
      table.take(frame(0x123, [1, 2, 3], at: Self.start + Int64(index) * 1_000_000), of: 0)
    }
    // 1999 ms later: the ten whole tenths before the last one hold 1000 frames of 8 bytes' worst case each.
    let lines = lines(table, at: Self.start + 1_999_000_000)
    let time = FrameTime(worstCaseBytes: 3, isExtended: false, isFlexibleDataRate: false)
    let load = Int((Double(time.nominalBits) / 1000 * 100).rounded())
    #expect(
      lines[1].split(separator: " ").map(String.init)
        == ["can0", "1000000", "\(load)", "%", "1000", "2000", "0", "0", "error-active"])
    let row = try #require(lines.last).split(separator: " ").map(String.init)
    #expect(row == ["can0", "123", "classic", "2000", "1000", "0", "ms", "3", "01", "02", "03"])
  }

  @Test("A rate falls when frames stay away")
  func stopped() throws {
    var table = FrameTable([bus()], nil)
    for index in 0..<100 { table.take(frame(1, [], at: Self.start + Int64(index) * 10_000_000), of: 0) }
    let row = try #require(table.rows.values.first)
    let last = Self.start + 990_000_000
    #expect(abs(row.rate(at: last) - 100) < 0.001)
    #expect(abs(row.rate(at: last + 2 * Self.second) - 0.5) < 0.001)
  }

  @Test("A byte stands out for a second after it changed, in colour or underlined, never in plain text")
  func changed() {
    var table = FrameTable([bus()], nil)
    table.take(frame(7, [1, 2], at: Self.start), of: 0)
    table.take(frame(7, [1, 3], at: Self.start + 1000), of: 0)
    let text = { (style: FrameTable.Style, now: Int64) in lines(table, at: now, style: style).joined() }
    #expect(text(.color, Self.start + 2000).contains("01 \u{1B}[1;33m03\u{1B}[0m"))
    #expect(text(.underline, Self.start + 2000).contains("01 \u{1B}[4m03\u{1B}[0m"))
    #expect(!text(.plain, Self.start + 2000).contains("\u{1B}"))
    #expect(!text(.color, Self.start + 2 * Self.second).contains("\u{1B}"))
  }

  @Test("Remote, error and extended frames have rows of their own")
  func kinds() {
    var table = FrameTable([bus()], nil)
    var remote = frame(4, [], at: Self.start)
    remote.isRemote = true
    var error = frame(4, [0, 16], at: Self.start)
    error.isError = true
    var extended = frame(4, [9], at: Self.start)
    extended.isExtended = true
    for frame in [remote, error, extended, frame(4, [9], at: Self.start)] { table.take(frame, of: 0) }
    let text = lines(table, at: Self.start)
    #expect(table.rows.count == 4)
    #expect(text.contains { $0.contains("20000004") && $0.contains("error") })
    #expect(text.contains { $0.contains("00000004") && $0.contains("classic") })
    #expect(text.contains { $0.contains("remote") && $0.hasSuffix("0") })
  }

  @Test(
    "No line is wider and no picture taller than the terminal",
    arguments: [(1, 1), (20, 5), (80, 24), (300, 9)])
  func fits(width: Int, height: Int) {
    var table = FrameTable((0..<14).map { bus("can\($0)", dataBitRate: 5_000_000) }, nil)
    for index in 0..<100 {
      var frame = CANFrame(id: UInt32(index), bus: 0, isExtended: false, isFlexibleDataRate: true)
      frame.length = 64
      frame.time = Self.start
      table.take(frame, of: index % 14)
      frame.payload[0] = 1
      table.take(frame, of: index % 14)
    }
    let picture = lines(table, at: Self.start, width: width, height: height, style: .color)
    #expect(picture.count <= height)
    for line in picture {
      let visible = line.replacing("\u{1B}[1;33m", with: "").replacing("\u{1B}[0m", with: "")
      #expect(visible.count <= width, "\(visible)")
    }
    #expect(height < 24 || picture.contains { $0.contains("more identifiers") })
  }

  @Test("There is an end to the rows")
  func bounded() {
    var table = FrameTable([bus()], nil)
    for index in 0..<10_000 {
      var frame = CANFrame(id: UInt32(index), bus: 0, isExtended: true)
      frame.time = Self.start
      table.take(frame, of: 0)
    }
    #expect(table.rows.count == 4096 && table.unlisted == 10_000 - 4096)
    #expect(lines(table, at: Self.start).contains { $0.contains("5904 frames of more identifiers") })
  }

  @Test(
    "Frames go by their joints: each drive's command and answer, a row each, however values change identifiers"
  )
  func joints() throws {
    let robot = try RobotDescription.load("Robots/navigator/mixed.yaml")
    let buses = robot.buses.enumerated().map { index, configuration in
      MonitoredBus(name: configuration.name, configuration: configuration, robotBus: index)
    }
    var table = FrameTable(buses, robot)
    for joint in robot.joints {
      let drive = joint.configuration.drive
      for value in [0.0, 0.1, -0.2] {
        var command = DriveCodec.encode(
          MotorCommand(position: value, velocity: value, stiffness: 1, damping: 0.1, torque: value),
          for: drive)
        command.time = Self.start
        table.take(command, of: Int(drive.bus))
      }
    }
    #expect(Set(table.rows.values.map { $0.label?.joint }) == Set(robot.joints.map(\.name)))
    #expect(
      table.rows.count == robot.joints.count && table.rows.values.allSatisfy { $0.label?.isAnswer == false })
    let text = lines(table, at: Self.start)
    #expect(text.contains { $0.contains("robstride") && $0.contains("xxxx") })
    // Without the robot nobody is named.
    let name = try #require(robot.joints.first?.name)
    #expect(text.contains { $0.contains(name) })
    var nameless = FrameTable(buses.map { MonitoredBus(name: $0.name, configuration: $0.configuration) }, nil)
    nameless.take(frame(1, [], at: Self.start), of: 0)
    #expect(!lines(nameless, at: Self.start).contains { $0.contains(name) })
  }
}
