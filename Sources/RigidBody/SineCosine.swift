import CRealMath
import LaneMath

/// Sine and cosine of one angle.
public struct SineCosine: BitwiseCopyable, Sendable, Equatable {
  /// Sine.
  public var sine: Double
  /// Cosine.
  public var cosine: Double

  /// A pair of its parts.
  @_noLocks public init(sine: Double, cosine: Double) {
    self.sine = sine
    self.cosine = cosine
  }

  /// Sine and cosine of `angle` [rad]: the same bits on every machine and at every optimisation level.
  ///
  /// |angle| <= 1e5: within 1 unit in the last place. Up to 1e15 the angle is first reduced by whole turns, which costs
  /// an absolute error of at most |angle| 2^-51, that is what the last bits of such an angle mean. Beyond, and for an
  /// infinite or undefined angle, both are NaN: the number carries no angle any more. Never traps. The polynomials are
  /// those of `sineCosine` (LaneSineCosine.swift).
  @_noLocks public init(of angle: Double) {
    let pair = LaneMath.sineCosine(Lane1(SineCosine.reduced(angle)))
    sine = pair.sine.value
    cosine = pair.cosine.value
  }

  /// The angle less whole turns, so that it is at most 1e5; NaN where it carries no angle any more.
  @_noLocks static func reduced(_ angle: Double) -> Double {
    let magnitude = angle < 0 ? -angle : angle
    if magnitude <= 1e5 { return angle }
    if !(magnitude <= 1e15) { return .nan }
    // Adding 1.5 x 2^52 rounds to the nearest whole number, without a call.
    let turns = (angle * 0.15915494309189535 + 6755399441055744.0) - 6755399441055744.0
    return angle - turns * 6.283185307179586
  }
}

/// Sines and cosines of all joint positions.
@_noLocks func sineCosinePass(_ m: ModelKernel, _ w: Workspace) {
  let memory = w.waves
  let count = m.tree.count * m.tree.width
  if real_width() == 4 {
    sineCosines(
      UnsafeMutableRawPointer(memory.positions).assumingMemoryBound(to: Lane4.self),
      sines: UnsafeMutableRawPointer(memory.sines).assumingMemoryBound(to: Lane4.self),
      cosines: UnsafeMutableRawPointer(memory.cosines).assumingMemoryBound(to: Lane4.self), (count + 3) / 4)
  } else {
    sineCosines(
      UnsafeMutableRawPointer(memory.positions).assumingMemoryBound(to: Lane2.self),
      sines: UnsafeMutableRawPointer(memory.sines).assumingMemoryBound(to: Lane2.self),
      cosines: UnsafeMutableRawPointer(memory.cosines).assumingMemoryBound(to: Lane2.self), (count + 1) / 2)
  }
}

private func sineCosines<L: Lane>(
  _ angles: UnsafeMutablePointer<L>, sines: UnsafeMutablePointer<L>, cosines: UnsafeMutablePointer<L>,
  _ count: Int
) {
  for i in 0..<count {
    let pair = LaneMath.sineCosine(angles[i])
    sines[i] = pair.sine
    cosines[i] = pair.cosine
  }
}
