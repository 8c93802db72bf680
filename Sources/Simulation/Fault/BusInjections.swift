extension Injection {
  /// What goes wrong on the buses, one fault a bus; nothing for faults of anything else.
  ///
  /// `period` is the time between two cycles [ns].
  func busFaults(period: Int64) -> [BusFault] {
    guard let kind = busFault(from: start, until: end(period: period)) else { return [] }
    return buses.map { BusFault(bus: $0, kind: kind) }
  }

  private func busFault(from: Int64, until: Int64) -> BusFault.Kind? {
    let time = Int64((intensity * 1e9).rounded())
    switch kind {
    case .lost: return .loseAll(from: from, until: until)
    case .loses: return .lose(probability: intensity, from: from, until: until)
    case .delayed: return .delay(time, from: from, until: until)
    case .jitters: return .jitter(upTo: time, from: from, until: until)
    case .duplicates: return .duplicate(probability: intensity, from: from, until: until)
    case .reorders: return .reorder(probability: intensity, from: from, until: until)
    case .corrupts: return .corrupt(probability: intensity, from: from, until: until)
    case .truncates: return .truncate(probability: intensity, from: from, until: until)
    case .strangers: return .strangers(rate: intensity, from: from, until: until)
    case .babbles: return .babbling(from: from, until: until)
    case .syncLost: return .loseSync(probability: intensity, from: from, until: until)
    case .warning: return .errorState(.warning, from: from, until: until)
    case .passive: return .errorState(.passive, from: from, until: until)
    case .busOff: return .busOff(from: from, until: until)
    case .open: return .open(from: from, until: until)
    case .wrongBitRate: return .wrongBitRate(from: from, until: until)
    case .unplugged: return .unplugged(from: from, until: until)
    case .full: return .queueFull(from: from, until: until)
    case .overflows: return .overflow(probability: intensity, from: from, until: until)
    default: return nil
    }
  }
}
