import Foundation
import RobotDescription
import Testing

/// The published schemas and the reader accept the same keys and require the same ones.
@Suite struct SchemaTests {
  private func schema(_ name: String) throws -> [String: Any] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: root.appendingPathComponent("Robots/\(name)"))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func compare(_ file: String, _ mappings: [DescriptionKeys]) throws {
    let schema = try schema(file)
    #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    var definitions = try #require(schema["$defs"] as? [String: [String: Any]])
    let root = try #require(mappings.first).name
    definitions[root] = schema
    #expect(Set(definitions.keys) == Set(mappings.map(\.name)))
    for mapping in mappings {
      let definition = try #require(definitions[mapping.name])
      let properties = try #require(definition["properties"] as? [String: [String: Any]])
      #expect(Set(properties.keys) == Set(mapping.all), "keys of \(mapping.name)")
      #expect(
        Set(definition["required"] as? [String] ?? []) == Set(mapping.required), "required of \(mapping.name)"
      )
      #expect(definition["additionalProperties"] as? Bool == false, "\(mapping.name) accepts unknown keys")
      for (key, property) in properties {
        let text = property["description"] as? String ?? ""
        #expect(property["$ref"] != nil || !text.isEmpty, "\(mapping.name).\(key) has no description")
      }
    }
  }

  @Test func robotSchemaHasTheReadersKeys() throws {
    try compare("robot.schema.json", DescriptionKeys.robotFile)
  }

  @Test func actuatorSchemaHasTheReadersKeys() throws {
    try compare("actuator.schema.json", DescriptionKeys.actuatorFile)
  }

  @Test func motionSchemaHasTheReadersKeys() throws {
    try compare("motion.schema.json", DescriptionKeys.motionFile)
  }

  @Test func programSchemaHasTheReadersKeys() throws {
    try compare("program.schema.json", DescriptionKeys.programFile)
  }

  @Test func scenarioSchemaHasTheReadersKeys() throws {
    try compare("scenario.schema.json", DescriptionKeys.scenarioFile)
  }
}
