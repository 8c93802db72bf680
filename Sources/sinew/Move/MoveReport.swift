import Foundation
import JointControl

/// What `sinew move --dry-run` prints.
struct MoveReport {
  let program: MoveProgram
  let robot: Robot
  let preview: MovePreview
  /// What came of the lines of a stream; nil without one.
  var targets: TargetFeed.Outcome?

  /// The step that would be refused, if any.
  var failure: Failure? { Failure(preview.records, of: program, robot: robot) }

  /// The report for people.
  var table: String {
    var out = "\(robot.name): \(program.name) from home, \(RunReport.fixed(preview.duration, 3)) s\n\n"
    var rows = TextTable(["joint", "from rad", "to rad", "rad/s", "rad/s^2", "rad/s^3", "comes up to"])
    for (joint, figures) in zip(robot.joints, preview.joints) where figures.moves {
      rows.append([
        joint.name, RunReport.fixed(joint.home, 4), RunReport.fixed(figures.end, 4),
        RunReport.fixed(figures.velocity, 3), RunReport.fixed(figures.acceleration, 2),
        RunReport.fixed(figures.jerk, 1), figures.touched.map(\.rawValue).joined(separator: ", "),
      ])
    }
    out += preview.joints.contains(where: \.moves) ? rows.text : "no joint moves\n"
    for (index, record) in preview.records.enumerated() {
      out += record.text(number: index + 1, verb: program.steps[index].verb.word, robot: robot)
    }
    if let targets { out += targets.text }
    return out
  }

  /// The report for machines.
  var json: JSONValue {
    let moving = zip(robot.joints, preview.joints).filter { $0.1.moves }
    let members: [(String, JSONValue)] = [
      ("schema", "sinew.move/1"), ("robot", .string(robot.name)), ("verb", .string(program.name)),
      ("duration_s", .number(preview.duration)),
      (
        "joints",
        .object(
          moving.map { joint, figures in
            (
              joint.name,
              .object([
                ("start_rad", .number(joint.home)), ("end_rad", .number(figures.end)),
                ("min_position_rad", .number(figures.minPosition)),
                ("max_position_rad", .number(figures.maxPosition)),
                ("velocity_peak_rad_s", .number(figures.velocity)),
                ("acceleration_peak_rad_s2", .number(figures.acceleration)),
                ("jerk_peak_rad_s3", .number(figures.jerk)),
                ("limits_touched", .array(figures.touched.map { .string($0.rawValue) })),
              ])
            )
          })
      ),
      (
        "steps",
        .array(
          preview.records.enumerated().map { index, record in
            record.json(verb: program.steps[index].verb.word, robot: robot)
          })
      ),
    ]
    return .object(members + (targets.map { [("targets", $0.json)] } ?? []))
  }

  /// Writes the positions and velocities of the joints that move as a picture.
  func draw(to path: String) throws(Failure) {
    let moving = robot.joints.indices.filter { preview.joints[$0].moves }
    func series(_ values: [[Double]]) -> [LinePlot.Series] {
      moving.map { joint in
        LinePlot.Series(
          title: robot.joints[joint].name, points: zip(preview.times, values[joint]).map { (x: $0, y: $1) })
      }
    }
    let plot = LinePlot(
      title: "\(robot.name), \(program.name): velocity", x: LinePlot.Axis(title: "time", unit: "s"),
      y: LinePlot.Axis(title: "velocity", unit: "rad/s"), series: series(preview.velocities),
      marks: preview.records.enumerated().filter { $0.offset > 0 }.map {
        LinePlot.Mark(at: $0.element.begin, title: program.steps[$0.offset].verb.word)
      })
    do { try plot.svg(isFile: true).write(toFile: path, atomically: true, encoding: .utf8) } catch {
      throw Failure(
        kind: "file", location: path, message: "it cannot be written", fix: "choose a place that can",
        code: Failure.hostFault)
    }
  }
}
