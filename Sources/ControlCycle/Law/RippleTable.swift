import CRealMath
public import LaneMath

/// Compensation of what a reducer does wrong once and several times a turn of its rotor, by a table over the rotor's angle.
///
/// A strain-wave gear's error turns at twice its wave generator (Tuttle and Seering, IEEE Trans. Robotics and Automation 12
/// (1996) 368-374). The table holds the ripple over one turn and is read between its entries; what comes out is the
/// ripple's opposite, to be added to a position or a torque that is asked for. It comes from the reducer's profile, or is
/// learnt while nothing is compensated (share 0): the two entries beside an angle go towards what deviates there, so that no
/// loop is closed through the table, and none can be unstable. What deviates at every angle alike is learnt too.
public struct RippleTable: ~Copyable {
  /// How much is compensated, and how fast is learnt.
  public struct Gains: BitwiseCopyable, Sendable {
    /// Part of the ripple that is compensated; from 1 on all of it.
    public var share: Double
    /// How far one look at an angle takes the table towards the deviation, below 1; nothing is learnt at 0, or while the
    /// share is above 0.
    public var learning: Double

    /// Gains.
    @_noLocks public init(share: Double = 1, learning: Double = 0) {
      self.share = share
      self.learning = learning
    }

    /// Whether every number can be used; others are not taken.
    public var isUsable: Bool { @_noLocks get { isGain(share) && learning >= 0 && learning < 1 } }
  }

  /// What the law remembers, beside the table.
  public struct State: BitwiseCopyable, Sendable {
    /// Gains in use: the newest usable ones.
    public internal(set) var gains: Gains
    /// The output, in the ripple's unit.
    public internal(set) var output = LawOutput()
    /// How the output changes with the rotor's angle, in the ripple's unit per rad; a change of gains left out.
    public internal(set) var slope = 0.0
    /// Whether there was an update before.
    public internal(set) var hasRun = false
  }

  /// The gains that are wanted; taken over in the next update.
  public var gains: Gains
  /// What the law remembers.
  public internal(set) var state: State
  /// Ripple at equal steps of the rotor's angle, from 0 on.
  public internal(set) var entries: FixedArray<Double>

  /// Takes over the entries; see `init(count:gains:_:)`.
  init(entries: consuming FixedArray<Double>, gains: Gains) {
    self.entries = entries
    self.gains = gains
    state = State(gains: gains.isUsable ? gains : Gains(share: 0))
  }

  /// One update.
  ///
  /// - Parameters:
  ///   - angle: where the rotor is [rad of the rotor], any number of turns.
  ///   - deviation: what deviates at this angle, in the ripple's unit; only what is to be learnt.
  ///   - limit: most that may come out or stand in the table, either way.
  ///   - period: time since the update before [s].
  /// - Returns: what to add, within the limit; as `PID.update` where an input is no usable number.
  @_noLocks public mutating func update(
    angle: Double, deviation: Double = 0, limit: Double, period: Double
  ) -> Double {
    guard isSignal(angle) && isSignal(deviation) && isPeriod(period) else {
      return state.output.pass(limit: limit, period: period)
    }
    let isChanged = adopt()
    let count = entries.count
    // Adding 1.5 x 2^52 rounds to the nearest whole number, without a call.
    let turns = angle * 0.15915494309189535
    let rest = turns - ((turns + 6755399441055744.0) - 6755399441055744.0)
    let place = (rest < 0 ? rest + 1 : rest) * Double(count)
    let whole = Int(real_whole(place))
    let low = whole < count ? whole : 0
    let high = low + 1 < count ? low + 1 : 0
    let part = clamp(place - Double(whole), 0, 1)
    let bound = LawOutput.bound(limit)
    if state.gains.learning > 0 && !(state.gains.share > 0) && state.output.value == 0 {
      let step =
        state.gains.learning * (deviation - entries[low] - part * (entries[high] - entries[low]))
      entries[low] = clamp(entries[low] + step * (1 - part), -bound, bound)
      entries[high] = clamp(entries[high] + step * part, -bound, bound)
    }
    let share = smaller(state.gains.share, 1)
    let rise = entries[high] - entries[low]
    state.slope = -share * rise * Double(count) * 0.15915494309189535
    let raw = -share * (entries[low] + part * rise)
    return state.output.settle(raw, limit: limit, period: period, isChanged: isChanged)
  }

  /// Takes the wanted gains; whether the output has to fade over.
  @_noLocks private mutating func adopt() -> Bool {
    let old = state.gains
    let hasRun = state.hasRun
    state.hasRun = true
    guard gains.isUsable else { return false }
    state.gains = gains
    return hasRun && gains.share != old.share
  }
}
