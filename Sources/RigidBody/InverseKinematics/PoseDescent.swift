import CRealMath
import LaneMath

extension InverseKinematics {
  /// Goes down from `s.x`, whose error and columns are current and whose half squared error is `value`, until the target is
  /// reached or progress ends; returns the value it ends with.
  @_noLocks mutating func descend(_ start: Double) -> Double {
    var value = start
    var gain = Descent.firstGain
    var before = value
    var count = 0
    for j in 0..<chain.count { s.sides[j] = .free }
    while !isReached && iterations < settings.iterationLimit {
      iterations += 1
      count += 1
      let model = dampedStep(chain, s, lambda: gain * value + Descent.leastDamping)
      for j in 0..<chain.count { s.trial[j] = limited(j, s.x[j] + s.step[j]) }
      let next = evaluate(s.trial)
      if next < value {
        // Marquardt's rule by the share of the predicted progress that was made.
        let share = (value - next) / (value - 0.5 * model)
        if share > 0.5 { gain = gain > 4 * Descent.leastGain ? 0.25 * gain : Descent.leastGain }
        if share < 0.1 { gain *= 4 }
        value = next
        copy(s.trial, to: s.x)
        accept()
      } else {
        gain *= 10
        if gain > Descent.mostGain { break }
      }
      if count % Descent.window == 0 {
        if value > Descent.progress * before { break }
        before = value
      }
    }
    return value
  }

  /// Random positions within the limits into `s.x`, the best of a few; returns their half squared error.
  @_noLocks mutating func restart() -> Double {
    var least = Double.infinity
    for _ in 0..<Descent.candidates {
      for j in 0..<chain.count { s.trial[j] = randomPosition(j) }
      let value = evaluate(s.trial)
      if value < least {
        least = value
        copy(s.trial, to: s.x)
      }
    }
    return begin()
  }

  /// Uniform within the limits; where there are none, half a turn (or as many metres) around the posture.
  @_noLocks private mutating func randomPosition(_ j: Int) -> Double {
    let (low, high) = (chain.lower[j], chain.upper[j])
    let part = nextRandom()
    let reach = 3.141592653589793
    if low > -.infinity && high < .infinity { return limited(j, low + (high - low) * part) }
    return limited(j, posture[j] + reach * (2 * part - 1))
  }

  /// SplitMix64 (Steele, Lea and Flood 2014), as a number of [0, 1).
  @_noLocks private mutating func nextRandom() -> Double {
    random &+= 0x9E37_79B9_7F4A_7C15
    var z = random
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}

/// What the descent was tuned to, on arms and legs.
private enum Descent {
  /// Damping is this much of the half squared error.
  static var firstGain: Double { @_noLocks get { 1 } }
  static var leastGain: Double { @_noLocks get { 1e-3 } }
  static var mostGain: Double { @_noLocks get { 1e9 } }
  /// Damping that stays, so that a chain of fewer than six joints has a solution too.
  static var leastDamping: Double { @_noLocks get { 1e-12 } }
  /// A descent is given up that leaves more than `progress` of its value after `window` steps.
  static var window: Int { @_noLocks get { 5 } }
  static var progress: Double { @_noLocks get { 0.3 } }
  /// Random positions that are tried for each start.
  static var candidates: Int { @_noLocks get { 4 } }
}
