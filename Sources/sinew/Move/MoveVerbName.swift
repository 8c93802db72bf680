import ArgumentParser

/// A verb of `sinew move`.
enum MoveVerbName: String, ExpressibleByArgument, CaseIterable {
  case movej, movel, path, trajectory, home, down, play, stop, lock, servoj, servol, speedj, teach

  /// Options that the verb reads, beside those of every run.
  var options: Set<String> {
    switch self {
    case .movej: ["--to", "--joints", "--sync"]
    case .movel: ["--link", "--from", "--by", "--points", "--blend", "--velocity", "--orientation"]
    case .path: ["--via"]
    case .home, .down: ["--sync"]
    case .play: ["--file"]
    case .trajectory: ["--file", "--topic", "--retime"]
    case .stop: ["--to", "--joints", "--sync", "--after", "--category"]
    case .lock: []
    case .teach: ["--joints", "--file", "--every"]
    case .servoj, .speedj: ["--file", "--watchdog", "--every"]
    case .servol: ["--file", "--watchdog", "--every", "--link", "--from"]
    }
  }

  /// Whether it follows lines of targets.
  var isStream: Bool {
    switch self {
    case .servoj, .servol, .speedj: true
    default: false
    }
  }
}

/// What follows a verb, as an option.
enum MoveEnding: String, ExpressibleByArgument, CaseIterable {
  case down, hold, release
}
