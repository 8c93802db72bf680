import ArgumentParser

/// A verb of `sinew move`.
enum MoveVerbName: String, ExpressibleByArgument, CaseIterable {
  case movej, movel, path, trajectory, home, down, play, stop, lock

  /// Options that the verb reads, beside those of every run.
  var options: Set<String> {
    switch self {
    case .movej: ["--to", "--joints", "--sync"]
    case .movel: ["--link", "--from", "--by", "--points", "--blend", "--velocity", "--orientation"]
    case .path: ["--via"]
    case .home, .down: ["--sync"]
    case .play: ["--file"]
    case .trajectory: ["--file", "--retime"]
    case .stop: ["--to", "--joints", "--sync", "--after", "--category"]
    case .lock: []
    }
  }
}
