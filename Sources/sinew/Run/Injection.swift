import JointControl
import Recording
import Simulation

extension Injection {
  /// A fault of `--inject` in a command that can make faults of some layers.
  ///
  /// - Throws: `Failure` with the word that is not understood and what is possible.
  init(option text: String, robot: Robot, layers: Set<FaultLayer>) throws(Failure) {
    do throws(InjectionError) { self = try Injection(text, robot: robot) } catch {
      throw Failure(
        kind: "usage", location: "--inject '\(text)'", message: error.message, fix: error.fix,
        code: Failure.badDescription)
    }
    guard layers.contains(entry.layer) else {
      throw Failure(
        kind: "usage", location: "--inject '\(text)'",
        message:
          "'\(kind.rawValue)' is a fault of the \(entry.layer.rawValue), which this command does not run",
        fix: "give it to sinew run", code: Failure.badDescription)
    }
  }

  /// What goes wrong with the disk that is recorded to; nil for a fault of anything else.
  var diskFault: DiskFault? {
    let kind: DiskFault.Kind
    switch self.kind {
    case .diskFull: kind = .full
    case .slow: kind = .slow
    case .fails: kind = .fails
    default: return nil
    }
    return DiskFault(kind: kind, from: start, until: end(period: 0))
  }
}
