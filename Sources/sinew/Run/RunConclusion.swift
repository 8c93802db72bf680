import ArgumentParser
import JointControl
import Recording

extension RunReport {
  /// Ends the command: the worst news decides the exit code; none of it is kept back.
  func conclude(json: Bool) throws {
    if let fault = fault, !json { printError("fault stop: \(fault)") }
    if let file = recording?.faultFile, !json {
      printError("the last seconds are in \(file); sinew explain \(file)")
    }
    let trace = traceError.map { Failure($0).report(json: json) }
    let record = recording?.error.map { error in
      Failure(
        kind: "recording", location: error.path,
        message: "\(error.message), \(recording?.lostCycles ?? 0) cycles lost",
        fix: error.fix + "; the run itself was not affected", code: Failure.hostFault
      ).report(json: json)
    }
    if let error = recoveryError {
      _ = Failure(error).report(json: json)
      throw ExitCode(Failure.checkFailed)
    }
    if isKilled {
      if !json { printError("the loop was killed by a fault; the drives were left to their watchdogs") }
      throw ExitCode(Failure.checkFailed)
    }
    if let collision {
      if !json { printError(collision.text) }
      throw ExitCode(Failure.checkFailed)
    }
    if fault != nil || !isolated.isEmpty { throw ExitCode(Failure.checkFailed) }
    if let worse = trace ?? record { throw worse }
    if let signal = signal { throw ExitCode(128 + signal) }
    let violating = joints.filter(\.violatesLimit).map(\.name)
    if !violating.isEmpty {
      if !json { printError("measured outside a limit: \(violating.joined(separator: ", "))") }
      throw ExitCode(Failure.checkFailed)
    }
  }
}
