import JointControl
import Simulation
import TestSupport
import Testing

@Suite("Grammar of injections")
struct InjectionGrammarTests {
  private let robot = FaultRun.profiledArm

  @Test("Every fault on every kind of target, with every option, is read back as it was written")
  func roundTrip() throws {
    var random = RandomStream(seed: 5)
    for entry in FaultCatalogue.entries {
      for target in entry.targets {
        for round in 0..<8 {
          var text = "\(name(of: target)) \(entry.name)"
          if entry.span != .powerUp && round & 1 != 0 {
            text += " at \(Double(random.integer(upTo: 5_000_000_000)) * 1e-9)"
          }
          if round & 2 != 0, entry.span == .lasting || entry.span == .cycle {
            text += " for \(Double(1 + random.integer(upTo: 5_000_000_000)) * 1e-9)"
          }
          if round & 4 != 0, let bounds = entry.intensity?.bounds {
            let x = bounds.lowerBound + random.uniform() * (bounds.upperBound - bounds.lowerBound)
            text += " intensity \(x)"
          }
          // No drive of this robot hears a SYNC.
          if entry.kind == .syncLost {
            #expect(throws: InjectionError.self) { try Injection(text, robot: robot) }
            continue
          }
          let injection = try Injection("inject " + text, robot: robot)
          #expect(injection.kind == entry.kind && injection.target.place.kind == target)
          #expect(try Injection(injection.description, robot: robot) == injection, "\(text)")
        }
      }
    }
  }

  @Test("Names stand for what the fault can happen to")
  func targets() throws {
    #expect(try Injection("all reboots", robot: robot).joints == [0, 1])
    #expect(try Injection("all lost", robot: robot).buses == [0, 1])
    #expect(try Injection("robot sags 12", robot: robot).intensity == 12)
    #expect(try Injection("lower reboots at 1", robot: robot).joints == [1])
    #expect(try Injection("elbow friction", robot: robot).intensity == 3)
    #expect(try Injection("elbow watchdog off", robot: robot).kind == .watchdogOff)
    #expect(try Injection("disk full at 1", robot: robot).kind == .diskFull)
    #expect(try Injection("upper full at 1", robot: robot).kind == .full)
  }

  @Test("Times, and until in the place of for")
  func times() throws {
    let injection = try Injection("lower bus-off at 1 until 1.5", robot: robot)
    #expect(injection.start == 1_000_000_000 && injection.duration == 500_000_000)
    #expect(injection.end(period: 1) == 1_500_000_000)
    #expect(injection.description == "lower bus-off at 1 for 0.5")
    #expect(try Injection("lower lost", robot: robot).end(period: 1) == .max)
    #expect(try Injection("elbow encoder-jumps at 1", robot: robot).end(period: 1_000_000) == 1_001_000_000)
    #expect(
      try Injection("lower loses 0.02", robot: robot) == Injection("lower loses intensity 0.02", robot: robot)
    )
  }

  @Test(
    "What is not understood is refused with the word, and with what is possible",
    arguments: [
      ("", "target", "upper lost at 1"), ("upper", "no fault", "upper lost at 1"),
      ("middle lost at 1", "upper, lower", "use one of"), ("uper lost", "uper", "upper"),
      ("upper gone at 1", "gone", "lost, loses"), ("upper lst", "lst", "did you mean 'lost'"),
      ("elbow bus-off", "bus-off", "reboots"), ("host lost", "lost", "setpoint-nan"),
      ("upper lost at noon", "time", "seconds"), ("upper lost at -1", "time", "1000000"),
      ("upper lost at nan", "time", "1000000"), ("upper lost at 1e300", "time", "1000000"),
      ("upper lost on 1", "'on'", "[at T]"), ("upper loses 2", "probability", "0 to 1"),
      ("upper lost 0.5", "no intensity", "leave"), ("upper loses nan", "probability", "0 to 1"),
      ("upper jitters -1", "longest delay", "0 to 1"), ("upper lost at", "without a number", "[at T]"),
      ("upper lost at 1 at 2", "twice", "leave one out"), ("upper lost at 2 until 1", "not after", "later"),
      ("upper lost for 1 until 2", "together", "leave one out"), ("upper lost for 0", "no time", "over 0"),
      ("lower sync-lost", "would do nothing", "no CANopen drive"),
      ("elbow firmware-differs", "would do nothing", "no version"),
      ("elbow reboots for 1", "instant", "'TARGET reboots [at T]'"),
      ("elbow scale-differs 2 at 1", "power-up", "scale-differs"),
    ])
  func refused(text: String, message: String, fix: String) {
    do {
      _ = try Injection(text, robot: robot)
      Issue.record("'\(text)' was accepted")
    } catch {
      #expect(error.text == text)
      #expect(error.message.contains(message), "\(error.message)")
      #expect(error.fix.contains(fix) || error.message.contains(fix), "\(error.fix)")
    }
  }

  @Test("A fault of a part that a joint has not is refused, unless another joint that is meant has it")
  func objections() throws {
    let plain = SampleRobots.arm()
    for text in ["elbow extra-heat", "elbow sags", "elbow friction", "all stiffness"] {
      #expect(throws: InjectionError.self, "\(text)") { try Injection(text, robot: plain) }
      #expect(try Injection(text, robot: robot).kind.rawValue == String(text.split(separator: " ")[1]))
    }
    #expect(try Injection("all firmware-differs", robot: plain).joints == [0, 1])
    #expect(throws: InjectionError.self) { try Injection("base push-x", robot: plain) }
  }

  @Test("Any text is either read or refused; what is read is read back")
  func anything() {
    let words =
      FaultCatalogue.entries.map(\.name) + [
        "upper", "elbow", "all", "host", "clock", "disk", "at", "for", "until", "intensity", "1", "-3", "nan",
        "inf",
        "1e400", "0", "inject", "watchdog", "off", "é",
      ]
    var random = RandomStream(seed: 11)
    var read = 0
    for _ in 0..<20_000 {
      let count = 1 + Int(random.integer(upTo: 7))
      let text = (0..<count).map { _ in words[Int(random.integer(upTo: Int64(words.count - 1)))] }
      guard let injection = try? Injection(text.joined(separator: " "), robot: robot) else { continue }
      read += 1
      #expect((try? Injection(injection.description, robot: robot)) == injection)
    }
    #expect(read > 20)
  }

  private func name(of target: FaultTarget) -> String {
    switch target {
    case .bus: "lower"
    case .joint: "shoulder"
    case .link: robot.model.linkNames[1]
    case .host: "host"
    case .clock: "clock"
    case .disk: "disk"
    }
  }
}
