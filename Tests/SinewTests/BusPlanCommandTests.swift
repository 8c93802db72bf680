import ControlCycle
import Foundation
import JointControl
import Testing

@testable import sinew

@Suite("sinew bus plan") struct BusPlanCommandTests {
  private func plan(period: Int64 = 1_000_000) -> BusPlan {
    let range = DriveRange(position: 12.5, velocity: 30, torque: 10, stiffness: 500, damping: 5)
    let drives = (0..<3).map { index in
      (
        joint: "arm <\(index)>",
        drive: DriveConfiguration(
          family: .damiao, bus: 0, id: UInt16(index + 1), masterID: UInt16(index + 0x11),
          isFlexibleDataRate: false, range: range)
      )
    }
    return BusPlan(
      period: period,
      buses: [
        BusConfiguration(name: "a&b", interface: "can0", bitRate: 1_000_000),
        BusConfiguration(name: "idle", interface: "can1", bitRate: 1_000_000),
      ], drives: drives)
  }

  @Test("The drawing has a box a frame, to scale, the worst end of each bus, and names are escaped")
  func drawing() {
    let svg = BusPlanTimeline(plan()).svg(title: "arm & hand")
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("arm &amp; hand") && svg.contains("a&amp;b") && !svg.contains("<0>"))
    // 900 wide for 1000 us: a frame of 135 us is 121.5, the first starts after 20 us, all ends by 890.
    #expect(svg.components(separatedBy: "width=\"121.50\"").count - 1 == 6)
    #expect(svg.components(separatedBy: "class=\"command\"").count - 1 == 3)
    #expect(svg.contains("class=\"command\" x=\"148.00\""))
    #expect(svg.components(separatedBy: "class=\"worst\" x1=\"931.00\"").count - 1 == 1)
  }

  @Test("What ends after the cycle is drawn too, the end of the cycle marked")
  func lateDrawing() {
    let svg = BusPlanTimeline(plan(period: 445_000)).svg(title: "late")
    // The picture spans 890 us, the cycle its first half.
    #expect(svg.contains("x1=\"580.00\" y1=\"64\"") && svg.contains("stroke-dasharray"))
    #expect(svg.contains("stroke=\"#cc0000\" stroke-width=\"2\""))
  }

  @Test("Times of a set of messages are rounded to the safe side")
  func rounding() throws {
    let path = NSTemporaryDirectory() + "sinew-set-\(UUID().uuidString).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = """
      {"bitrate": 125000, "messages": [{"name": "a", "id": 1, "bytes": 7, "period_us": 2500.0004,
        "deadline_us": 2500.9999, "jitter_us": 0.0001}]}
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let timing = try MessageSet.load(path).messages[0].timing
    #expect(timing.period == 2_500_000 && timing.deadline == 2_500_999 && timing.jitter == 1)
    #expect(timing.length == 1_000_000)
  }
}
