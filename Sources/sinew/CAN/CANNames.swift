import ArgumentParser
import Foundation
import JointControl

/// Names that stay with the adapters.
struct CANNames: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "names",
    abstract: "Make files for udev that give a robot's adapters the names its buses use.",
    discussion: """
      The kernel names CAN interfaces in the order in which they are found. One .link file of systemd a bus gives the
      adapter that the bus means its interface's name, whichever is plugged in first: by the serial number in robot.yaml's
      adapter, or its path; without, by the serial number of what has that name now, or its path where two adapters have one
      serial number. Channels of one adapter need a rule beside them, which is written as well.

      Without --write the files are printed. They count from the next time an adapter is plugged in.

      EXAMPLES
        sinew can names my_robot
        sudo sinew can names my_robot --write /
        sinew can names my_robot --write build/rootfs
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Option(
    help: ArgumentHelp(
      "Write the files below this root: / for this host, another folder for an image.", valueName: "root"))
  var write: String?

  @Flag(help: "Print one JSON object instead of the files.")
  var json = false

  func run() throws {
    do {
      let robot = try loadRobot(at: robot)
      let made = LinkFiles(robot: robot.name, buses: robot.buses, host: .read())
      if !made.problems.isEmpty {
        throw Failure(problems: made.problems, code: Failure.hostFault)
      }
      if let write { try Self.write(made.files, below: write) }
      if json {
        print(
          JSONValue.object([
            ("schema", "sinew.can.names/1"), ("written", .boolean(write != nil)),
            ("files", .object(made.files.map { ($0.path, .string($0.text)) })),
            ("warnings", .array(made.warnings.map(JSONValue.string))),
          ]).text)
        return
      }
      for warning in made.warnings { printError("warning: \(warning)") }
      for file in made.files {
        print(write.map { "wrote \(Self.place(file, below: $0))" } ?? "## \(file.path)\n\(file.text)")
      }
      if write == "/" && !made.files.isEmpty {
        print("type: sudo udevadm control --reload, and plug the adapters in again")
      }
    } catch let failure as Failure { throw failure.report(json: json) }
  }

  private static func place(_ file: LinkFiles.File, below root: String) -> String {
    (root.hasSuffix("/") ? String(root.dropLast()) : root) + file.path
  }

  /// Writes the files; one of that name that somebody else wrote is left alone, and then nothing is written.
  private static func write(_ files: [LinkFiles.File], below root: String) throws {
    for file in files {
      let path = place(file, below: root)
      guard let there = FileManager.default.contents(atPath: path) else { continue }
      guard there.starts(with: Data(LinkFiles.mark.utf8)) else {
        throw Failure(
          kind: "can", location: path, message: "is there, and not by sinew can names",
          fix: "see what it is for, and move it away", code: Failure.hostFault)
      }
    }
    for file in files {
      let path = place(file, below: root)
      do {
        try FileManager.default.createDirectory(
          atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(file.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      } catch {
        throw Failure(
          kind: "can", location: path, message: "cannot be written: \(error.localizedDescription)",
          fix: root == "/" ? "type the same with sudo" : "see to the folder's rights", code: Failure.hostFault
        )
      }
    }
  }
}
