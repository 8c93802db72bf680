import Foundation

/// Reads the members of a line of JSON; what makes no sense is a `FrameLines.Problem` with its place.
enum MotionFields {
  /// The object of a line.
  static func root(_ line: String) throws -> [String: Any] {
    let object: Any
    do { object = try JSONSerialization.jsonObject(with: Data(line.utf8)) } catch {
      throw FrameLines.Problem(message: "this is not a JSON object; write {\"joints\": {...}}")
    }
    guard let root = object as? [String: Any] else {
      throw FrameLines.Problem(message: "this is not a JSON object; write {\"joints\": {...}}")
    }
    return root
  }

  /// Joints of a line by their names, in the order of these.
  static func joints(_ root: [String: Any]) throws -> [(String, Any)] {
    guard let list = root["joints"] as? [String: Any], (1...64).contains(list.count) else {
      throw FrameLines.Problem(message: "\"joints\" must be an object with 1 to 64 joints, by name")
    }
    return list.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Refuses keys that are not known.
  static func check(_ object: [String: Any], knows keys: [String], at place: String) throws {
    if let key = object.keys.sorted().first(where: { !keys.contains($0) }) {
      throw FrameLines.Problem(
        message: "\(place)\"\(key)\" is not known; known are \(keys.joined(separator: ", "))")
    }
  }

  /// A number.
  static func number(_ value: Any, _ what: String) throws -> Double {
    guard let number = value as? Double, number.isFinite else {
      throw FrameLines.Problem(message: "\(what) must be a number")
    }
    return number
  }

  /// A list of numbers.
  static func numbers(_ value: Any, _ what: String) throws -> [Double] {
    guard let numbers = value as? [Double], numbers.allSatisfy(\.isFinite) else {
      throw FrameLines.Problem(message: "\(what) must be a list of numbers")
    }
    return numbers
  }

  /// Which of some words; the first where there is none.
  static func word(_ value: Any?, _ key: String, of words: [String]) throws -> Int {
    guard let value else { return 0 }
    guard let word = value as? String, let index = words.firstIndex(of: word) else {
      throw FrameLines.Problem(message: "\"\(key)\" must be one of \(words.joined(separator: ", "))")
    }
    return index
  }
}
