import ArgumentParser
import RobotDescription

/// What an electronic data sheet says of a CANopen device, as `robot.yaml` takes it.
struct EDSCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eds",
    abstract: "Read the EDS or DCF of a CANopen device and list its objects.",
    discussion: """
      Numbers are those of a node: $NODEID in the file is --node. A value that is no number of its type is shown as it
      is written. What is wrong with the file is reported with its line.

      EXAMPLES
        sinew eds Firmware-Interfaces/Protocols/sinew_402.eds
        sinew eds drive.dcf --node 5 --json
      """)

  @Argument(help: "The EDS or DCF file.")
  var file: String

  @Option(help: ArgumentHelp("Node id, from 1 to 127.", valueName: "number"))
  var node: UInt8 = 1

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    guard (1...127).contains(node) else { throw ValidationError("--node takes a node id from 1 to 127.") }
  }

  func run() throws {
    do {
      let sheet: DataSheet
      do { sheet = try DataSheet.load(file) } catch { throw Failure(error) }
      print(json ? document(sheet).text : table(sheet), terminator: json ? "\n" : "")
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  private func table(_ sheet: DataSheet) -> String {
    var table = TextTable(["object", "bits", "access", "map", "default", "value", "name"])
    for entry in sheet.sorted {
      table.append([
        Self.hexadecimal(entry.index, 4) + (entry.subindex == 0 ? "" : ":\(entry.subindex)"),
        entry.bits.map { "\($0)" } ?? "", entry.access, entry.isMappable ? "yes" : "",
        entry.defaultValue ?? "", entry.parameterValue ?? "", entry.name,
      ])
    }
    return table.text
  }

  private func document(_ sheet: DataSheet) -> JSONValue {
    func value(_ text: String?, of entry: DataSheet.Entry) -> JSONValue {
      guard let text else { return .null }
      return entry.pattern(text, node: node).map { .integer(Int64($0)) } ?? .string(text)
    }
    return .object([
      ("schema", "sinew.eds/1"), ("file", .string(file)), ("node", .integer(Int64(node))),
      (
        "objects",
        .array(
          sheet.sorted.map { entry in
            .object([
              ("index", .integer(Int64(entry.index))), ("subindex", .integer(Int64(entry.subindex))),
              ("name", .string(entry.name)), ("data_type", .integer(Int64(entry.dataType))),
              ("bits", entry.bits.map { .integer(Int64($0)) } ?? .null), ("access", .string(entry.access)),
              ("mappable", .boolean(entry.isMappable)), ("default", value(entry.defaultValue, of: entry)),
              ("value", value(entry.parameterValue, of: entry)), ("line", .integer(Int64(entry.line))),
            ])
          })
      ),
    ])
  }

  private static func hexadecimal(_ value: UInt16, _ digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
