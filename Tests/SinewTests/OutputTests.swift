import Foundation
import Testing

@testable import sinew

@Suite("Text and JSON output")
struct OutputTests {
  @Test("Keys keep their order and values read back exactly")
  func json() throws {
    let value: JSONValue = .object([
      ("schema", "sinew.test/1"), ("number", .number(0.1)), ("tiny", .number(1.5e-300)),
      ("count", .integer(.max)), ("text", .string("a\"b\\c\n\u{1}é😀")), ("list", .array([true, .null, 2])),
      ("nan", .number(.nan)), ("infinite", .number(-.infinity)), ("empty", .object([])),
    ])
    #expect(value.text.hasPrefix("{\"schema\": \"sinew.test/1\", \"number\": 0.1, "))
    let parsed = try #require(
      try JSONSerialization.jsonObject(with: Data(value.text.utf8)) as? [String: Any])
    #expect(parsed["tiny"] as? Double == 1.5e-300)
    #expect(parsed["count"] as? Int64 == .max)
    #expect(parsed["text"] as? String == "a\"b\\c\n\u{1}é😀")
    #expect(parsed["nan"] is NSNull && parsed["infinite"] is NSNull)
  }

  @Test("Columns line up, the first to the left and the others to the right")
  func table() {
    var table = TextTable(["joint", "rad", ""])
    table.append(["left_knee", "0.5", "ok"])
    table.append(["a", "-12.25", ""])
    #expect(table.text == "joint         rad\nleft_knee     0.5  ok\na          -12.25\n")
  }
}
