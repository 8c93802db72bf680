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

/// The larger of two numbers.
@_noLocks @inline(__always)
func larger(_ x: Double, _ y: Double) -> Double { x > y ? x : y }

/// The smaller of two numbers.
@_noLocks @inline(__always)
func smaller(_ x: Double, _ y: Double) -> Double { x < y ? x : y }

/// The square root of a number that is not below zero.
@_noLocks
func squareRoot(_ x: Double) -> Double { real_sqrt(x) }

/// The cube root of a number that is not below zero, by Newton from above: each step is closer, whatever the size.
@_noLocks
func cubeRoot(_ x: Double) -> Double {
  guard x > 0 else { return 0 }
  var root = x > 1 ? x : 1
  var turns = 0
  while turns < 2000 {
    turns &+= 1
    let next = (2 * root + x / (root * root)) / 3
    if next >= root { return root }
    root = next
  }
  return root
}
