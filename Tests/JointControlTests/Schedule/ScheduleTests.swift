import JointControl
import Testing

@Suite("Static schedule")
struct ScheduleTests {
  private func task(
    _ name: String, every: Int = 1, phase: Int = 0, budget: Int64, deadline: Int64? = nil
  ) -> Schedule.Task {
    Schedule.Task(
      name: name, every: every, phase: phase, budget: budget, deadline: deadline ?? Int64(every) * 1_000_000)
  }

  private func refusal(_ tasks: [Schedule.Task]) -> String {
    do {
      _ = try Schedule(tick: 1_000_000, tasks: tasks)
      return ""
    } catch { return "\(error)" }
  }

  @Test("Responses, utilisation and hyperperiod of a table worked out by hand")
  func byHand() throws {
    let schedule = try Schedule(
      tick: 1_000_000,
      tasks: [
        task("a", budget: 400_000), task("b", every: 2, phase: 1, budget: 300_000),
        task("c", every: 3, phase: 1, budget: 200_000),
      ])
    #expect(schedule.analysis.hyperperiod == 6)
    #expect(schedule.analysis.response == [400_000, 700_000, 900_000])
    #expect(schedule.analysis.worstFrame == [0, 1, 1])
    #expect(abs(schedule.analysis.utilisation - (0.4 + 0.15 + 0.2 / 3)) < 1e-12)
    #expect(
      (0..<7).map { cycle in schedule.tasks.map { $0.isDue(in: cycle) } }
        == [
          [true, false, false], [true, true, true], [true, false, false], [true, true, false],
          [true, false, true], [true, true, false], [true, false, false],
        ])
  }

  @Test("A frame that is too full names itself, its tasks, the excess and a phase that would do")
  func overfull() {
    let text = refusal([
      task("loop", budget: 700_000), task("camera", every: 4, phase: 2, budget: 200_000),
      task("logger", every: 2, phase: 0, budget: 180_500),
    ])
    #expect(
      text
        == "frame 2 holds loop 700, camera 200, logger 180.5 us: 1080.5 us, 80.5 us more than the period of "
        + "1000 us; start camera at phase 1, where it fits")
  }

  @Test("A task that may end late names its excess")
  func late() {
    let text = refusal([task("first", budget: 400_000), task("second", budget: 200_000, deadline: 500_000)])
    #expect(text.contains("'second' may end 600 us after its release in frame 0, 100 us after its deadline"))
    #expect(text.contains("move it up"))
  }

  @Test("Rates whose pattern hardly repeats are refused by name")
  func hyperperiod() {
    let text = refusal([
      task("a", every: 97, budget: 1000), task("b", every: 101, budget: 1000), task("c", every: 7, budget: 1),
    ])
    #expect(text.contains("a every 97, b every 101, c every 7") && text.contains("20000"))
  }

  @Test("Rows that make no sense are refused, all at once")
  func rows() {
    let text = refusal([
      task("same", budget: 1), task("same", budget: 1), task("never", every: 0, budget: 1, deadline: 1),
      task("late", every: 2, phase: 2, budget: 1), task("free", budget: 0), task("negative", budget: -1),
      task("patient", budget: 1, deadline: 1_000_001), task("huge", budget: .max),
    ])
    for word in ["twice", "every 0", "phase 2", "budget of 0 us", "-0.001 us", "1000.001 us", "'huge'"] {
      #expect(text.contains(word), "\(word) in \(text)")
    }
    #expect(refusal([]).contains("no row"))
    #expect(throws: ScheduleError.self) { try Schedule(tick: 0, tasks: [task("a", budget: 1)]) }
    #expect(throws: ScheduleError.self) { try Schedule(tick: .max, tasks: [task("a", budget: 1)]) }
  }

  @Test("The loop's standard table fits at every rate", arguments: [50, 333, 1000, 1234, 4000])
  func standard(rate: Int64) {
    let schedule = Schedule.standard(period: 1_000_000_000 / rate)
    #expect(schedule.tasks.map(\.name) == Stage.allCases.map(\.name) + ["telemetry"])
    #expect(schedule.analysis.utilisation < 0.8)
    #expect(Stage.allCases.map(\.rawValue) == Array(0..<Stage.count))
  }
}
