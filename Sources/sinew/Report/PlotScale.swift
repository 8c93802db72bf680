import Foundation

/// From numbers to places along an axis, and where its ticks stand.
struct PlotScale {
  /// Both ends of the axis.
  let low: Double
  let high: Double
  /// Whether equal ratios take equal lengths.
  let isLogarithmic: Bool
  /// Where ticks stand, each with its label.
  let ticks: [(value: Double, label: String)]

  /// An axis that holds some numbers.
  ///
  /// - Parameters:
  ///   - values: the numbers; those that are not finite, or not positive on a logarithmic axis, are not looked at.
  ///   - isLogarithmic: whether equal ratios take equal lengths.
  ///   - isTight: whether the axis ends where the numbers do instead of at ticks.
  ///   - label: text of a tick; its number without.
  init(
    holding values: [Double], isLogarithmic: Bool = false, isTight: Bool = false,
    label: ((Double) -> String)? = nil
  ) {
    let usable = values.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
    var (least, most) = (usable.min() ?? (isLogarithmic ? 1 : 0), usable.max() ?? 1)
    self.isLogarithmic = isLogarithmic
    if isLogarithmic {
      if most < least * 1.1 { (least, most) = (least / 3, most * 3) }
      let decades = Int(log10(least).rounded(.down))...Int(log10(most).rounded(.up))
      // Where there is little more than one decade, its parts have ticks too.
      let parts: [Double] = decades.count <= 3 ? [1, 2, 5] : [1]
      let all = decades.flatMap { decade in parts.map { $0 * pow(10, Double(decade)) } }
      low = isTight ? least : all.last { $0 <= least * 1.000_001 } ?? least
      high = isTight ? most : all.first { $0 >= most * 0.999_999 } ?? most
      let shown = all.filter { [low, high] in $0 >= low * 0.999_999 && $0 <= high * 1.000_001 }
      ticks = shown.map { ($0, label?($0) ?? Markup.number($0)) }
      return
    }
    // An axis that comes near zero begins there.
    if least > 0, least < 0.4 * most { least = 0 }
    if most < 0, most > 0.4 * least { most = 0 }
    if most - least <= 1e-12 * max(least.magnitude, most.magnitude) || most == least {
      let room = most == 0 ? 1 : 0.1 * most.magnitude
      (least, most) = (least - room, most + room)
    }
    let step = Self.step(most - least)
    low = isTight ? least : (least / step + 1e-9).rounded(.down) * step
    high = isTight ? most : (most / step - 1e-9).rounded(.up) * step
    let first = Int((low / step - 1e-9).rounded(.up))
    let last = Int((high / step + 1e-9).rounded(.down))
    let digits = max(0, -Int(log10(step).rounded(.down)))
    ticks = (first...max(first, last)).map { number in
      let value = Double(number) * step
      let text = digits > 5 ? Markup.number(value, digits: 4) : String(format: "%.\(digits)f", value)
      return (value, label?(value) ?? text)
    }
  }

  /// The step of some five to eight ticks: 1, 2 or 5 of a power of ten.
  private static func step(_ span: Double) -> Double {
    let raw = span / 6
    let power = pow(10, log10(raw).rounded(.down))
    for part in [1.0, 2, 5] where part * power >= raw * 0.85 { return part * power }
    return 10 * power
  }

  /// Where a number is: 0 at the low end, 1 at the high one, never beyond by more than a half.
  func part(_ value: Double) -> Double {
    let part =
      isLogarithmic
      ? (log(max(value, 1e-300)) - log(low)) / (log(high) - log(low)) : (value - low) / (high - low)
    return min(max(part, -0.5), 1.5)
  }
}
