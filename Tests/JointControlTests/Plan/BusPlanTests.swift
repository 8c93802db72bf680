import ControlCycle
import Testing

@testable import JointControl

@Suite("Bus plan")
struct BusPlanTests {
  private let classic = BusConfiguration(name: "a", interface: "can0", bitRate: 1_000_000)
  private let flexible = BusConfiguration(
    name: "a", interface: "can0", bitRate: 1_000_000, dataBitRate: 5_000_000)

  private func plan(
    _ count: Int, _ family: DriveFamily, flexibleDataRate: Bool = false, period: Int64 = 1_000_000,
    dialect: DriveDialect = .standard
  ) -> BusPlan.Bus {
    let range = DriveRange(position: 12.5, velocity: 30, torque: 10, stiffness: 500, damping: 5)
    let drives = (0..<count).map { index in
      var drive = DriveConfiguration(
        family: family, bus: 0, id: UInt16(index + 1), masterID: UInt16(index + 0x11),
        isFlexibleDataRate: flexibleDataRate, range: range)
      drive.dialect = dialect
      return (joint: "j\(index)", drive: drive)
    }
    return BusPlan(period: period, buses: [flexibleDataRate ? flexible : classic], drives: drives).buses[0]
  }

  @Test(
    "Worst-case frame lengths are those of the CAN literature",
    arguments: [
      (8, false, false, 135, 0), (8, true, false, 160, 0), (6, false, false, 115, 0),
      (0, false, false, 55, 0),
      (6, true, false, 140, 0), (0, true, false, 80, 0), (8, false, true, 33, 114),
      (64, false, true, 33, 679),
      (48, true, true, 56, 520),
    ])
  func frameLengths(bytes: Int, extended: Bool, flexible: Bool, nominal: Int, data: Int) {
    let time = FrameTime(worstCaseBytes: bytes, isExtended: extended, isFlexibleDataRate: flexible)
    #expect(time.nominalBits == nominal)
    #expect(time.dataBits == data)
  }

  @Test("Joints a bus carries at 1 kHz and 500 Hz, as computed by hand")
  func jointsPerBus() {
    #expect(plan(3, .damiao).isFeasible && !plan(4, .damiao).isFeasible)
    #expect(abs(plan(3, .damiao).utilisation - 0.81) < 1e-9)
    // Three fill 96 %: over the limit that leaves room for retransmissions.
    #expect(plan(2, .robstride).isFeasible && !plan(3, .robstride).isFeasible)
    #expect(abs(plan(3, .robstride).utilisation - 0.96) < 1e-9)
    #expect(plan(8, .damiao, flexibleDataRate: true).isFeasible)
    #expect(!plan(9, .damiao, flexibleDataRate: true).isFeasible)
    #expect(plan(5, .robstride, period: 2_000_000).isFeasible)
    // Answers of the first MIT firmware have 6 bytes.
    #expect(plan(3, .mit).busy == 3 * (135_000 + 115_000) && plan(3, .mit).isFeasible)
    #expect(!plan(4, .mit).isFeasible)
    // 29-bit identifiers make force control as long as RobStride.
    #expect(plan(2, .mit, dialect: .force).busy == 2 * 320_000)
    #expect(plan(2, .mit, dialect: .force).isFeasible && !plan(3, .mit, dialect: .force).isFeasible)
  }

  @Test("What drives send of their own accord counts with its rate, and may come all at once")
  func unasked() {
    // Command and estimates of 135 us each cycle, torques every 10 and a heartbeat every 100.
    let one = plan(1, .odrive)
    #expect(one.busy == 270_000 && one.frames == 2)
    #expect(abs(one.utilisation - (0.27 + 0.0135 + 0.00135)) < 1e-9)
    #expect(plan(3, .odrive).isFeasible && !plan(4, .odrive).isFeasible)
    // 0.5: a question of 55 us and its answer every tenth cycle.
    #expect(abs(plan(1, .odrive05).utilisation - (0.27 + 0.019 + 0.00135)) < 1e-9)
    #expect(plan(3, .odrive05).isFeasible)
    // Estimates come every millisecond whatever the rate: twice a cycle at 500 Hz.
    #expect(plan(4, .odrive, period: 2_000_000).busy == 4 * 405_000)
    #expect(plan(4, .odrive, period: 2_000_000).isFeasible && !plan(5, .odrive, period: 2_000_000).isFeasible)
  }

  @Test("A drive that is asked twice a cycle brings four frames, and four more now and then")
  func askedTwice() {
    let one = plan(1, .myactuator, period: 2_000_000)
    #expect(one.frames == 4 && one.busy == 4 * 135_000)
    #expect(abs(one.utilisation - (0.27 + 0.027)) < 1e-9)
    #expect(plan(3, .myactuator, period: 2_000_000).isFeasible)
    #expect(!plan(4, .myactuator, period: 2_000_000).isFeasible)
  }

  @Test("All is over by the sum of frames and latencies")
  func completion() {
    let bus = plan(3, .damiao)
    #expect(bus.busy == 6 * 135_000)
    #expect(bus.completion == 6 * 135_000 + BusPlan.hostLatency + BusPlan.responseLatency)
    #expect(plan(0, .damiao).completion == 0)
  }
}
