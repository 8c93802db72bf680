import CRealMath

/// Assigns the bodies of a tree to waves: which bodies run side by side in the lanes of one vector.
///
/// A list schedule: a wave takes the bodies whose parents are done, the tallest subtrees first, so that the longest
/// chain sets the number of waves. Ties are broken in several ways and the cheapest schedule is kept. Width 1 gives the
/// depth-first order.
struct WaveSchedule {
  /// Lanes of a wave.
  private(set) var width: Int
  /// Bodies by wave and lane, -1 for an idle lane. Wave 0 is the base (body 0).
  private(set) var waves: [[Int]] = []
  /// Wave and lane of each body.
  private(set) var places: [(wave: Int, lane: Int)] = []
  /// Children of each body, tallest subtree first: the order in which their shares are summed, at any width.
  private(set) var children: [[Int]]
  private var parents: [Int]
  private var slides: [Bool]
  private var heights: [Int]

  /// The schedule of a tree given by the parent of each body (-1 for body 0, the base; else a lower index).
  init(parents: [Int], slides: [Bool], width: Int) {
    self.width = width
    self.parents = parents
    self.slides = slides
    var heights = [Int](repeating: 1, count: parents.count)
    var children = [[Int]](repeating: [], count: parents.count)
    for body in parents.indices.reversed() where parents[body] >= 0 {
      heights[parents[body]] = max(heights[parents[body]], heights[body] + 1)
      children[parents[body]].append(body)
    }
    for body in children.indices {
      children[body].sort { heights[$0] != heights[$1] ? heights[$0] > heights[$1] : $0 < $1 }
    }
    self.heights = heights
    self.children = children
    if width == 1 {
      scheduleDepthFirst()
      return
    }
    var best: WaveSchedule?
    for variant in 0..<6 {
      var candidate = self
      candidate.scheduleList(staysInLane: variant % 2 == 0, variant: variant / 2)
      if best.map({ candidate.cost < $0.cost }) ?? true { best = candidate }
    }
    if let best { self = best }
  }

  /// Time of one sweep in units of one wave: gathering and handing over cost about 0.4.
  var cost: Double {
    var cost = Double(waves.count)
    for wave in waves.indices.dropFirst() where !descends(wave) { cost += 0.4 }
    return cost
  }

  /// Whether each body's parent stands in its own lane of the previous wave.
  func descends(_ wave: Int) -> Bool {
    waves[wave].indices.allSatisfy { lane in
      let body = waves[wave][lane]
      if body < 0 { return true }
      if parents[body] == 0 { return wave == 1 }
      let parent = places[parents[body]]
      return parent.wave == wave - 1 && parent.lane == lane
    }
  }

  /// Whether each body's first child stands in its own lane of the next wave.
  func carries(_ wave: Int) -> Bool {
    guard wave > 0, wave + 1 < waves.count else { return false }
    return waves[wave].indices.allSatisfy { lane in
      let body = waves[wave][lane]
      if body < 0 { return true }
      guard let child = children[body].first else { return false }
      return places[child].wave == wave + 1 && places[child].lane == lane
    }
  }

  private mutating func scheduleDepthFirst() {
    waves = []
    places = [(wave: Int, lane: Int)](repeating: (0, 0), count: parents.count)
    var pending = [0]
    while let body = pending.popLast() {
      places[body] = (waves.count, 0)
      waves.append([body])
      pending.append(contentsOf: children[body].reversed())
    }
  }

  private mutating func scheduleList(staysInLane: Bool, variant: Int) {
    waves = [[Int](repeating: -1, count: width)]
    waves[0][0] = 0
    places = [(wave: Int, lane: Int)](repeating: (-1, -1), count: parents.count)
    places[0] = (0, 0)
    var ready = children[0]
    while !ready.isEmpty {
      let wave = waves.count
      // Higher is sooner; distinct for distinct bodies.
      func priority(_ body: Int) -> Int {
        let follows = parents[body] != 0 && places[parents[body]].wave == wave - 1
        var value = heights[body] * 8
        if staysInLane && follows { value += 4 + variant * 8 }
        if variant == 1 { value += children[body].count > 1 ? 8 : 0 }
        return value * 4096 - body
      }
      ready.sort { priority($0) > priority($1) }
      let kind = slides[ready[0]]
      let taken = ready.filter { slides[$0] == kind }.prefix(width)
      var lanes = [Int](repeating: -1, count: width)
      var others: [Int] = []
      for body in taken {
        let parent = places[parents[body]]
        if parents[body] != 0 && parent.wave == wave - 1 && lanes[parent.lane] < 0 {
          lanes[parent.lane] = body
        } else {
          others.append(body)
        }
      }
      for body in others {
        for lane in 0..<width where lanes[lane] < 0 {
          lanes[lane] = body
          break
        }
      }
      for lane in 0..<width where lanes[lane] >= 0 { places[lanes[lane]] = (wave, lane) }
      waves.append(lanes)
      ready.removeAll { places[$0].wave >= 0 }
      for body in lanes where body >= 0 { ready.append(contentsOf: children[body]) }
    }
  }
}

/// How many bodies the kernels work on at once.
public enum LaneWidth: Int, Sendable, CaseIterable {
  /// One after the other: chains.
  case one = 1
  /// Two: a register of SSE2 or NEON.
  case two = 2
  /// Four: a register of AVX2.
  case four = 4

  /// What the processor of this build holds in a register.
  static var ofProcessor: LaneWidth { real_width() == 4 ? .four : .two }
}
