internal import LaneMath

/// How many frames one call may take from each bus, so that neither a cycle nor another bus waits for one that babbles.
///
/// Every bus may take its share, and all of them together no more than `whole`; of that, what the others need in a
/// cycle is kept back for those whose turn is still to come. What is over stays in the kernel for the next call. The
/// bus that is first changes from call to call, so that none is always last.
struct CollectBudget: ~Copyable {
  /// Frames that each bus carries in a cycle by its plan, and that it may always take.
  private let needs: FixedArray<Int>
  /// The most that each may take.
  private let shares: FixedArray<Int>
  /// The most that all may take together.
  let whole: Int
  private let needed: Int
  private var next = 0
  private var left = 0
  private var reserved = 0

  /// One system call brings no more.
  static let largestShare = 64
  /// Room for what adapters and other programs add on a bus with little traffic of its own.
  static let smallestShare = 16
  /// Times its need that a bus may take, to catch up with.
  static let catchUp = 4

  /// A budget.
  ///
  /// - Parameters:
  ///   - needs: frames a cycle, by bus; where all together need more than `whole`, each is held to an equal part of it.
  ///   - shares: the most that each bus may take, at least its need.
  ///   - whole: the most that all may take together.
  init(needs: [Int], shares: [Int], whole: Int) {
    precondition(needs.count == shares.count && whole >= needs.count)
    let part = whole / max(needs.count, 1)
    let isTight = needs.reduce(0, +) > whole
    let kept = needs.map { isTight ? min($0, part) : $0 }
    self.whole = whole
    needed = kept.reduce(0, +)
    // One more than there are, so that a robot without buses makes no empty array.
    self.needs = FixedArray(count: kept.count + 1) { $0 < kept.count ? kept[$0] : 0 }
    self.shares = FixedArray(count: kept.count + 1) { $0 < kept.count ? max(shares[$0], kept[$0]) : 0 }
  }

  /// What a bus may take that carries `need` frames in a cycle.
  static func share(ofNeed need: Int) -> Int {
    min(max(catchUp * need, smallestShare), largestShare)
  }

  /// Number of buses.
  private var count: Int { needs.count - 1 }

  /// Begins a call; the bus that is the first to take.
  mutating func begin() -> Int {
    left = whole
    reserved = needed
    let first = next
    next = first + 1 < count ? first + 1 : 0
    return first
  }

  /// The bus behind another one.
  func bus(after bus: Int) -> Int { bus + 1 < count ? bus + 1 : 0 }

  /// How many frames a bus may take now; each is asked once in a call.
  mutating func grant(_ bus: Int) -> Int {
    reserved -= needs[bus]
    return min(shares[bus], left - reserved)
  }

  /// Notes how many it took.
  mutating func note(taken: Int) { left -= taken }
}
