/// A number for people: four significant digits, no zeros at the end.
func figureText(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
  var (mantissa, exponent) = (value.magnitude, 0)
  while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
  while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  var whole = Int((mantissa * 1000).rounded())
  if whole == 10_000 { (whole, exponent) = (1000, exponent + 1) }
  var digits = Array("\(whole)")
  let sign = value < 0 ? "-" : ""
  while digits.count > 1, digits.last == "0" { digits.removeLast() }
  guard (-4...6).contains(exponent) else {
    let rest = digits.dropFirst()
    return "\(sign)\(digits[0])\(rest.isEmpty ? "" : ".")\(String(rest))e\(exponent)"
  }
  if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + String(digits) }
  while digits.count <= exponent { digits.append("0") }
  let rest = digits.dropFirst(exponent + 1)
  return sign + String(digits.prefix(exponent + 1)) + (rest.isEmpty ? "" : "." + String(rest))
}
