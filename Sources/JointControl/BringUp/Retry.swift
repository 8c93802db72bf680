/// When a request that nobody answers goes out again, and when it was sent often enough; one rule for bring-up and for
/// `DriveLink`.
struct Retry {
  /// What to do now.
  enum Decision { case wait, send, giveUp }

  /// Times the request went out.
  private(set) var attempt = 0
  /// Time since it last went out [ns].
  var waited: Int64 = 0

  /// Decides, and counts the request as sent where it says so. `doubling` is a patience that grows, twice at each try, up to
  /// sixteen times; the longer of both counts.
  mutating func decide(patience: Int64, attempts: Int, doubling: Int64 = 0) -> Decision {
    let longest = max(patience, doubling << Int64(min(4, max(0, attempt - 1))))
    if attempt > 0 && waited <= longest { return .wait }
    guard attempt < attempts else { return .giveUp }
    attempt += 1
    waited = 0
    return .send
  }

  /// Counts one that is no exchange, and does not go out again, as begun.
  mutating func begin() {
    if attempt == 0 { waited = 0 }
    attempt = max(1, attempt)
  }
}
