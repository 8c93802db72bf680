internal import Numerics

/// The discrete Fourier transform of a power of two of samples, in place (Cooley and Tukey, Math. of Computation 19 (1965) 297-301).
struct FourierTransform {
  private let roots: [Complex<Double>]
  let count: Int

  /// A transform of `count` samples, a power of two.
  init(count: Int) {
    precondition(count > 0 && count & (count - 1) == 0)
    self.count = count
    roots = (0..<max(1, count / 2)).map { Complex(length: 1, phase: -2 * .pi * Double($0) / Double(count)) }
  }

  /// X_k = sum of x_n e^(-2 pi i k n / count).
  func forward(_ values: inout [Complex<Double>]) {
    precondition(values.count == count)
    var reversed = 0
    for index in 1..<max(1, count) {
      var bit = count >> 1
      while reversed & bit != 0 {
        reversed ^= bit
        bit >>= 1
      }
      reversed |= bit
      if index < reversed { values.swapAt(index, reversed) }
    }
    var size = 2
    while size <= count {
      let (half, stride) = (size / 2, count / size)
      for first in Swift.stride(from: 0, to: count, by: size) {
        for place in 0..<half {
          let even = values[first + place]
          let odd = values[first + place + half] * roots[place * stride]
          values[first + place] = even + odd
          values[first + place + half] = even - odd
        }
      }
      size *= 2
    }
  }
}
