import Foundation

/// Text and numbers as SVG and HTML hold them.
enum Markup {
  /// Text that stands for itself between tags and in attributes; what no XML may hold is left out.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\t", "\n", "\r": out.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// A place in a drawing, to a tenth.
  static func place(_ value: Double) -> String {
    let text = String(format: "%.1f", value)
    return text == "-0.0" ? "0.0" : text
  }

  /// A step in a drawing, given in tenths, with a blank before it where it follows a number and has no sign.
  static func tenths(_ value: Int, after isNumber: Bool) -> String {
    let (whole, part) = value.magnitude.quotientAndRemainder(dividingBy: 10)
    let digits = part == 0 ? "\(whole)" : "\(whole == 0 ? "" : "\(whole)").\(part)"
    return (value < 0 ? "-" : isNumber ? " " : "") + digits
  }

  /// A number for people, six digits at most.
  static func number(_ value: Double, digits: Int = 6) -> String {
    let text = String(format: "%.\(digits)g", value)
    return text == "-0" ? "0" : text
  }

  /// A measured number for people; what is nothing but rounding is nothing.
  static func measured(_ value: Double, digits: Int) -> String {
    number(value.magnitude < 1e-6 ? 0 : value, digits: digits)
  }

  /// A line of text in a drawing.
  ///
  /// - Parameters:
  ///   - x: where its anchor is.
  ///   - y: its base line.
  ///   - words: the text.
  ///   - anchor: which part of it stands at `x`.
  ///   - size: its height; that of the drawing without.
  /// - Returns: one element `text`.
  static func text(_ x: Int, _ y: Int, _ words: String, anchor: String = "start", size: Int? = nil) -> String
  {
    let height = size.map { " font-size=\"\($0)\"" } ?? ""
    return "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\"\(height)>\(escaped(words))</text>\n"
  }

  /// How a drawing to scale on white begins.
  static func openDrawing(width: Int, height: Int) -> String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
      + "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
  }
}
