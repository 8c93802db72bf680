import CRealMath

/// Absolute value.
@_noLocks @inline(__always)
func magnitude(_ x: Double) -> Double { x < 0 ? -x : x }

/// `x` moved into low...high.
@_noLocks @inline(__always)
func clamp(_ x: Double, _ low: Double, _ high: Double) -> Double { x < low ? low : (x > high ? high : x) }

/// A smooth sign: -1...1, slope 1/width at zero.
@_noLocks @inline(__always)
func smoothSign(_ x: Double, width: Double) -> Double { x / real_sqrt(x * x + width * width) }
