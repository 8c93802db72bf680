import Foundation
import JointControl
import Testing

@testable import sinew

@Suite("sinew schedule") struct ScheduleCommandTests {
  private func schedule() throws -> Schedule {
    try Schedule(
      tick: 1_000_000,
      tasks: [
        Schedule.Task(name: "loop", budget: 500_000, deadline: 1_000_000),
        Schedule.Task(name: "camera <1>", every: 4, phase: 1, budget: 250_000, deadline: 4_000_000),
        Schedule.Task(name: "log", every: 2, phase: 1, budget: 125_000, deadline: 2_000_000),
      ])
  }

  @Test("Frames in which the same tasks run are one") func patterns() throws {
    let timeline = ScheduleTimeline(try schedule())
    #expect(timeline.patterns.map(\.first) == [0, 1, 3])
    #expect(timeline.patterns.map(\.count) == [2, 1, 1])
    #expect(timeline.patterns.map(\.tasks) == [[0], [0, 1, 2], [0, 2]])
    #expect(timeline.patterns.map(\.work) == [500_000, 875_000, 625_000])
  }

  @Test("The bar is to scale, a letter a task") func bar() throws {
    let schedule = try schedule()
    let lines = ScheduleTimeline(schedule).patterns.map {
      $0.line(tick: schedule.tick, tasks: schedule.tasks)
    }
    #expect(
      lines[0].hasPrefix("|" + String(repeating: "l", count: 30) + String(repeating: ".", count: 30) + "|"))
    #expect(lines[0].hasSuffix("frame 0 and 1 more, 500.0 us free"))
    #expect(lines[1].contains("l" + String(repeating: "c", count: 15) + "lllllll."))
    #expect(lines[1].hasSuffix("frame 1, 125.0 us free"))
  }

  @Test("The drawing has a box a task and frame, to scale, and names are escaped") func drawing() throws {
    let svg = ScheduleTimeline(try schedule()).svg(title: "arm & hand")
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("arm &amp; hand") && svg.contains("camera &lt;1&gt;") && !svg.contains("<1>"))
    // 800 wide: half a frame is 400, a quarter 200, an eighth 100; what runs later starts where the last one ends.
    #expect(svg.components(separatedBy: "width=\"400.00\"").count - 1 == 3)
    #expect(
      svg.contains("x=\"510.00\" y=") && svg.contains("width=\"200.00\"") && svg.contains("width=\"100.00\""))
  }
}
