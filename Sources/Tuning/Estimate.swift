/// A quantity that was found from data, with how sure it is.
public struct Estimate: Sendable, Equatable {
  /// Its value, in the unit of what it is an estimate of.
  public var value: Double
  /// Standard error of the value, in the same unit.
  public var standardError: Double
  /// Whether the data say what it is. A value that is not identified is the best guess, and no more.
  public var isIdentified: Bool
  /// Why it is not identified; nil where it is.
  public var reason: String?

  /// An estimate that the data bear.
  public init(_ value: Double, standardError: Double) {
    self.value = value
    self.standardError = standardError
    isIdentified = true
  }

  /// An estimate that the data do not bear.
  ///
  /// - Parameters:
  ///   - value: best guess.
  ///   - standardError: of the guess; infinite where nothing is known.
  ///   - reason: what the data lack, and what to do.
  public init(guess value: Double, standardError: Double = .infinity, because reason: String) {
    self.value = value
    self.standardError = standardError
    isIdentified = false
    self.reason = reason
  }

  /// Standard error over the value's magnitude; infinite for zero.
  public var relativeError: Double { value == 0 ? .infinity : standardError / value.magnitude }

  /// This estimate in another unit.
  public func scaled(by factor: Double) -> Estimate {
    var scaled = self
    scaled.value *= factor
    scaled.standardError *= factor.magnitude
    return scaled
  }

  /// This estimate, not identified where its error exceeds `share` of the value and `floor` both, or is not finite.
  func required(share: Double, floor: Double, _ reason: () -> String) -> Estimate {
    guard isIdentified, !(value.isFinite && standardError <= max(share * value.magnitude, floor)) else {
      return self
    }
    return Estimate(guess: value, standardError: standardError, because: reason())
  }

  /// This estimate, not identified where what it has to fulfil does not hold.
  func plausible(_ holds: Bool, _ reason: String) -> Estimate {
    isIdentified && !holds ? Estimate(guess: value, standardError: standardError, because: reason) : self
  }
}

extension Estimate {
  /// A parameter of a fit; one that is mixed up with others, or whose error is large, is not identified.
  init(_ parameter: JointIdentification.Parameter, _ name: String, remedy: String) {
    guard !parameter.isIdentified else {
      self.init(parameter.value, standardError: parameter.standardError)
      return
    }
    let cause =
      parameter.inflation > JointIdentification.mostInflation
      ? "what the data say of the \(name) could as well be said of other parameters"
      : "the \(name) is too small beside what disturbs it"
    self.init(
      guess: parameter.value, standardError: parameter.standardError, because: "\(cause); \(remedy)")
  }
}
