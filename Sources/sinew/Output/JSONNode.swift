import Foundation

/// A JSON document as it was read.
enum JSONNode: Decodable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONNode])
  case object([String: JSONNode])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONNode].self) {
      self = .array(value)
    } else if let value = try? container.decode([String: JSONNode].self) {
      self = .object(value)
    } else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a number is out of range, or it is nested too deeply")
    }
  }
}

extension JSONNode {
  /// Reads a file; `kind` is what failures are called, `help` where the format is described.
  static func load(_ path: String, kind: String, help: String) throws(Failure) -> JSONNode {
    func refusal(_ message: String, _ fix: String) -> Failure {
      Failure(kind: kind, location: path, message: message, fix: fix, code: Failure.badDescription)
    }
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
      throw refusal("the file cannot be read", "check the path and its permissions")
    }
    do { return try JSONDecoder().decode(JSONNode.self, from: data) } catch {
      throw refusal("the file is not JSON: \(reason(error))", "see \(help) for the format")
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard case DecodingError.dataCorrupted(let context)? = error as? DecodingError else { return "\(error)" }
    return context.underlyingError.map { "\($0)" } ?? context.debugDescription
  }
}
