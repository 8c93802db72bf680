internal import Numerics

/// Position of a record, smoothed, with its derivatives; the window is as short as the encoder's steps allow.
struct MotionSignals {
  let window: SmoothingWindow
  let velocity: [Double]
  let acceleration: [Double]
  /// Part of the acceleration's power that is the encoder's steps.
  let noiseShare: Double

  /// Windows that are tried [s].
  static var windows: [Double] { [0.008, 0.012, 0.018, 0.027, 0.04, 0.06, 0.09] }
  /// Part of the acceleration's power that the encoder's steps may be: it makes an inertia smaller by the same part.
  static var noiseLimit: Double { 5e-4 }

  /// Signals; nil where the record is too short, or nothing moves.
  init?(_ record: JointRecord, quantum: Double) {
    var best: MotionSignals?
    for length in Self.windows {
      let samples = Int((length / record.period).rounded()) | 1
      guard samples >= 5, record.count > 8 * samples else { continue }
      let signals = MotionSignals(record, SmoothingWindow(length: samples), quantum)
      guard signals.noiseShare.isFinite else { continue }
      if signals.noiseShare < best?.noiseShare ?? .infinity { best = signals }
      if signals.noiseShare < Self.noiseLimit { break }
    }
    guard let best else { return nil }
    self = best
  }

  private init(_ record: JointRecord, _ window: SmoothingWindow, _ quantum: Double) {
    self.window = window
    let period = record.period
    let smooth = window.apply(record.positions)
    velocity = smooth.indices.map { index in
      index == 0 || index == smooth.count - 1 ? 0 : (smooth[index + 1] - smooth[index - 1]) / (2 * period)
    }
    acceleration = smooth.indices.map { index in
      index == 0 || index == smooth.count - 1
        ? 0 : (smooth[index + 1] - 2 * smooth[index] + smooth[index - 1]) / (period * period)
    }
    // White steps of the encoder through the window and two differences.
    let padded: [Double] = [0, 0] + window.weights + [0, 0]
    let kernel: [Double] = (1..<padded.count - 1).map { place in
      let around = padded[place - 1] + padded[place + 1]
      return around - 2 * padded[place]
    }
    let gain = kernel.reduce(0) { $0 + $1 * $1 } / (period * period * period * period)
    let inner = acceleration.dropFirst(window.length).dropLast(window.length)
    let power = inner.reduce(0) { $0 + $1 * $1 } / Double(max(1, inner.count))
    noiseShare = power > 0 ? gain * quantum * quantum / 12 / power : .infinity
  }

  /// Smallest step between neighbouring positions [rad]; 0 where they do not move.
  static func quantum(of record: JointRecord) -> Double {
    let steps = zip(record.positions, record.positions.dropFirst()).map { ($1 - $0).magnitude }
    return steps.filter { $0 > 1e-9 }.min() ?? 0
  }
}
