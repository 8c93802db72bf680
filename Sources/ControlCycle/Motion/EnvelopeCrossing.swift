import CRealMath

extension DisplacementEnvelope {
  /// The first time after `start`, where the curve is below the goal, at which it comes up to it.
  ///
  /// `end` is where a bounded part of the curve ends, infinite for the lasting one; -1 when the goal is not reached
  /// before it. What is `tolerance` below counts as reached.
  @_noLocks func crossing(after start: Double, until end: Double, tolerance: Double) -> Double {
    let begin = shape(at: start)
    if begin.fall > 0 && slope(begin) > 0 {
      // While the acceleration does not cross zero the curve may have a hump before it comes back to stay.
      let top = humpTop(begin)
      if top > start && top < end {
        let height = excess(at: top)
        if height >= 0 { return root(from: start, to: top) }
        if height >= -tolerance { return top }
      }
    }
    if end.isFinite {
      let height = excess(at: end)
      if height >= 0 { return root(from: start, to: end) }
      return height >= -tolerance ? end : -1
    }
    let last = shape(gain: peakGain)
    let lastTime = time(last)
    let beyond = excess(last)
    if beyond < 0 || lastTime <= start {
      // At the highest velocity the curve is a straight line.
      return larger(lastTime - beyond / maxVelocity, start)
    }
    return bracketedRoot(from: start, to: lastTime)
  }

  /// Narrows the search to one regime of holds, then solves.
  @_noLocks private func bracketedRoot(from start: Double, to end: Double) -> Double {
    var (low, high) = (start, end)
    let risen = most * most
    let fallen = c + least * least
    // Where both are held the displacement is a parabola over time.
    let both = larger(risen, fallen)
    if both < peakGain {
      let shape = shape(gain: both)
      let time = time(shape)
      if time > low {
        let excess = excess(shape)
        if excess < 0 {
          let slope = slope(shape)
          let bend = 1 / (1 / most + 1 / least)
          let discriminant = slope * slope - 2 * bend * excess
          return smaller(time + (real_sqrt(discriminant) - slope) / bend, high)
        }
        high = time
      }
    }
    let one = smaller(risen, fallen)
    if one < peakGain && one >= c {
      let shape = shape(gain: one)
      let time = time(shape)
      if time > low && time < high {
        if excess(shape) < 0 { low = time } else { high = time }
      }
    }
    return root(from: low, to: high)
  }

  /// Where the excess, not above zero at `low` and not below it at `high`, is zero: Newton, kept between brackets.
  @_noLocks private func root(from start: Double, to end: Double) -> Double {
    var (low, high) = (start, end)
    var time = high
    var turns = 0
    while turns < 80 {
      turns &+= 1
      let shape = shape(at: time)
      let excess = excess(shape)
      if excess > 0 { high = time } else { low = time }
      if excess == 0 { break }
      let slope = slope(shape)
      var next = time - excess / slope
      if !(slope > 0 && next > low && next < high) {
        if slope > 0 && magnitude(next - time) <= 1e-15 * time { break }
        next = low + (high - low) / 2
      }
      let step = magnitude(next - time)
      time = next
      if step <= 4e-16 * time || high - low <= 4e-16 * high { break }
    }
    return time
  }

  /// Time at which the curve has risen to the top of its hump, -1 when it does not fall after `begin`.
  @_noLocks private func humpTop(_ begin: Shape) -> Double {
    if c + begin.fall * begin.fall > most * most {
      let square = most * most / 16 - w0 - c
      let fall = most / 4 + (square > 0 ? real_sqrt(square) : 0)
      if square > 0 && fall <= begin.fall && c + fall * fall >= most * most { return time(shape(fall: fall)) }
    }
    let mean = w0 + c / 2
    let square = mean * mean - 3 * c * c / 16
    guard mean < 0 && square > 0 else { return -1 }
    // The smaller root, written so that nothing cancels.
    let width = real_sqrt(c * c / 4 / (real_sqrt(square) - mean))
    guard width > 0 else { return -1 }
    let turned = Shape(rise: (c / width + width) / 2, fall: (c / width - width) / 2)
    return turned.fall <= begin.fall && turned.fall > 0 && turned.rise <= most ? time(turned) : -1
  }
}
