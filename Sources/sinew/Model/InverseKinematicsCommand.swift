import ArgumentParser
import Foundation
import RigidBody
import RobotDescription

extension ModelCommand {
  /// `sinew model ik`.
  struct InverseKinematicsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ik",
      abstract: "Find joint positions that bring a link to a pose, within joint limits.",
      discussion: """
        A pose is x, y, z [m] and a quaternion w, x, y, z in the world, or x, y, z
        alone, when the orientation is free. The joints between the root and the link
        move, or those between --from and the link, or those of --joints; all others
        stay where --seed-state says, which is also where the search begins. A state
        is the first of a file for sinew model eval.

        The outcome is solved; stalled, when the pose was not reached within the
        iterations; or singular, when where it came nearest the arm is stretched or
        has lost a direction in another way. The exit code is 1 unless all are solved.
        Manipulability is the product of the singular values of the Jacobian; the
        least of them counts an angular row as much as --length.

        EXAMPLES
          sinew model ik Robots/navigator/navigator.urdf --frame hand_L --from clavicle_L \\
            --pose 0.35,0.25,0.35,0.7071068,0,-0.7071068,0
          sinew model ik arm.urdf --fixed-base --frame tool --pose 0.4,0,0.3 --seed-state now.json --json
          sinew model ik arm.urdf --fixed-base --frame tool --poses poses.txt --json
        """)

    @OptionGroup var source: Source

    @Option(help: "The link that is to be brought to the pose.")
    var frame: String

    @Option(parsing: .unconditional, help: "Three or seven numbers, separated by commas.")
    var pose: String?

    @Option(help: "File of poses, one a line, numbers separated by commas or spaces.")
    var poses: String?

    @Option(help: "The joints beyond this link move.")
    var from: String?

    @Option(help: "The joints that move, separated by commas.")
    var joints: String?

    @Option(help: "State in which the search begins; all joints at zero without.")
    var seedState: String?

    @Option(help: "State whose positions the solution is to be near, where the pose leaves a choice.")
    var posture: String?

    @Option(help: "Most steps, over all starts.")
    var iterations = InverseKinematicsSettings().iterationLimit

    @Option(help: "Distance [m] and angle [rad] that count as reached.")
    var tolerance = InverseKinematicsSettings().distanceTolerance

    @Option(help: "Length that stands for one radian [m].")
    var length = InverseKinematicsSettings().length

    @Option(help: "Seed of the random starts that follow the first.")
    var seed: UInt64 = InverseKinematicsSettings().seed

    func validate() throws {
      if (pose == nil) == (poses == nil) { throw ValidationError("one of --pose and --poses is needed") }
      if from != nil && joints != nil { throw ValidationError("only one of --from and --joints can be used") }
      if iterations < 1 { throw ValidationError("--iterations is at least 1") }
      if !(tolerance > 0 && tolerance < .infinity) { throw ValidationError("--tolerance is above 0") }
      if !(length > 0 && length < .infinity) { throw ValidationError("--length is above 0") }
    }

    func run() throws {
      var isSolved = false
      do throws(Failure) {
        let (urdf, model) = try source.load()
        let chain = try LimbSelection(urdf: urdf, model: model, frame: frame, from: from, joints: joints)
        let targets: [PoseText]
        if let poses {
          targets = try PoseText.load(poses)
        } else {
          targets = [try PoseText.read(pose ?? "", at: "--pose")]
        }
        var settings = InverseKinematicsSettings()
        settings.iterationLimit = iterations
        (settings.distanceTolerance, settings.angleTolerance) = (tolerance, tolerance)
        settings.length = length
        settings.seed = seed
        let start = try state(seedState, model) ?? model.zeroPosition
        let wished = try state(posture, model)
        let search = try LimbSearch(
          chain: chain, targets: targets, settings: settings, start: start, posture: wished)
        print(source.json ? search.json.text : search.text, terminator: source.json ? "\n" : "")
        isSolved = search.solvedCount == targets.count
      } catch {
        throw error.report(json: source.json)
      }
      if !isSolved { throw ExitCode(Failure.checkFailed) }
    }

    /// Positions of the first state of a file.
    private func state(_ path: String?, _ model: Model) throws(Failure) -> [Double]? {
      guard let path else { return nil }
      guard let state = try EvaluationRequest.load(path, for: model).states.first else {
        throw Failure(
          kind: "states", location: path, message: "it has no state", fix: "give it one",
          code: Failure.badDescription)
      }
      return state.q
    }
  }
}
