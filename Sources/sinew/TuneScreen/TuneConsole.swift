import CServoBus
import Foundation
import JointControl
import Synchronization

/// Keys and a screen for tuning; where there is no terminal, keys are the characters of standard input and what happens is said in
/// lines.
final class TuneConsole {
  let screen: TerminalScreen
  private let isQuiet: Bool
  private var reader = KeyReader()

  /// Pictures a second while something runs: often enough to follow, seldom enough for a slow line.
  static let pictures = 15

  /// Takes the terminal where there is one; without one, `isQuiet` keeps standard output for one object at the end.
  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    _ = servo_signal_catch()
    let isTerminal = isatty(STDIN_FILENO) == 1
    screen = TerminalScreen(takesKeys: isTerminal, environment: Self.environment(hasKeys: isTerminal))
  }

  /// Without keys a screen is of no use.
  private static func environment(hasKeys: Bool) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment
    if !hasKeys { environment["TERM"] = "dumb" }
    return environment
  }

  /// Whether there is a screen with keys.
  var isInteractive: Bool { screen.hasKeys }

  /// Refuses to go on where a key has to be held and there is none.
  func checkKey(_ isAskedFor: Bool) throws(Failure) {
    if isAskedFor && !isInteractive { throw HeldKey.missing }
  }

  /// Shows a picture; nothing without a screen.
  func show(_ draw: (inout TerminalGrid) -> Void) {
    guard screen.isOpen else { return }
    var grid = screen.grid()
    draw(&grid)
    _ = screen.draw(grid)
  }

  /// Says a line where there is no screen.
  func say(_ line: String) { if !screen.isOpen && !isQuiet { print(line) } }

  /// The next key, while a picture is kept up to date with the terminal's size; `closed` at the end of the input and after a signal.
  func key(showing draw: (inout TerminalGrid) -> Void) -> Key {
    while servo_signal_caught() == 0 {
      show(draw)
      let key =
        screen.isOpen ? screen.key(within: 200) : reader.next(within: 200, from: STDIN_FILENO)
      if let key { return key }
    }
    return .closed
  }

  /// Does something that drives the loop on a thread of its own, and shows how it goes meanwhile. Escape and x ask it to end; the space
  /// bar is what has to be held, where that is asked for. Other keys are thrown away, so that nothing typed ahead moves a robot.
  ///
  /// - Parameters:
  ///   - watch: what the run shows.
  ///   - hold: what has to be held; nil for nothing.
  ///   - draw: the picture, of the progress and the samples so far.
  ///   - body: what is done.
  /// - Returns: what it returned.
  /// - Throws: what it threw.
  func watching<Value>(
    _ watch: RunWatch, hold: HoldToRun?,
    drawing draw: (inout TerminalGrid, ExperimentProgress, RunWatch.Stage, [ExperimentSample]) -> Void,
    _ body: () throws -> Value
  ) throws -> Value {
    guard screen.isOpen else { return try body() }
    return try withoutActuallyEscaping(body) { body in
      let task = BackgroundTask(body)
      task.start()
      var samples: [ExperimentSample] = []
      while !task.isOver {
        let progress = watch.progress.latest
        watch.samples.drain(into: &samples)
        let stage = watch.stage.latest
        show { draw(&$0, progress, stage, samples) }
        let deadline = Date(timeIntervalSinceNow: 1 / Double(Self.pictures))
        while !task.isOver {
          let left = Int(deadline.timeIntervalSinceNow * 1000)
          guard left > 0 else { break }
          switch screen.key(within: min(left, 20)) {
          case .character(" "): hold?.press()
          case .escape, .character("x"), .closed: watch.requestStop()
          default: break
          }
        }
      }
      return try task.result()
    }
  }
}

/// Something that runs on a thread of its own until it is over; whoever started it waits for that.
private final class BackgroundTask<Value>: @unchecked Sendable {
  private let over = Atomic<Bool>(false)
  private var outcome: Result<Value, any Error>?
  private let body: () throws -> Value

  init(_ body: @escaping () throws -> Value) { self.body = body }

  var isOver: Bool { over.load(ordering: .acquiring) }

  func start() {
    let thread = Thread { [self] in
      outcome = Result { try body() }
      over.store(true, ordering: .releasing)
    }
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// What came of it, once it is over.
  func result() throws -> Value {
    while !isOver { usleep(1000) }
    guard let outcome else { preconditionFailure("it is over without an outcome") }
    return try outcome.get()
  }
}
