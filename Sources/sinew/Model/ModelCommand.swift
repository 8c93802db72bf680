import ArgumentParser
import Foundation
import RigidBody
import RobotDescription

/// A URDF's kinematics and dynamics, without a robot around it.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Show a URDF's tree, evaluate it, find joint positions for a pose, or let a robot's body go.",
    discussion: """
      EXAMPLES
        sinew model info Robots/navigator/navigator.urdf
        sinew model eval Robots/navigator/navigator.urdf --states states.json --json
        sinew model ik Robots/navigator/navigator.urdf --frame hand_L --from clavicle_L --pose 0.35,0.25,0.35
        sinew model roll Robots/navigator --for 1
      """,
    subcommands: [Info.self, Eval.self, InverseKinematicsCommand.self, Roll.self])

  /// What the commands of a URDF read.
  struct Source: ParsableArguments {
    @Argument(help: ArgumentHelp("The robot's URDF file.", valueName: "urdf"))
    var path: String

    @Flag(help: "Fix the root link to the world; without, it moves freely.")
    var fixedBase = false

    @Flag(help: "Print one JSON object instead of tables.")
    var json = false

    func load() throws(Failure) -> (urdf: URDF, model: Model) {
      do throws(DescriptionError) {
        let urdf = try URDF.load(path)
        return (urdf, try urdf.model(base: fixedBase ? .fixed : .floating))
      } catch {
        throw Failure(error)
      }
    }
  }

  /// `sinew model info`.
  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a URDF's joints, limits, mass and tree.",
      discussion: """
        EXAMPLES
          sinew model info Robots/navigator/navigator.urdf
          sinew model info navigator.urdf --json
        """)

    @OptionGroup var source: Source

    func run() throws {
      do throws(Failure) {
        let (urdf, model) = try source.load()
        let info = ModelInfo(urdf: urdf, model: model)
        print(source.json ? info.json.text : info.text, terminator: source.json ? "\n" : "")
      } catch {
        throw error.report(json: source.json)
      }
    }
  }

  /// `sinew model eval`.
  struct Eval: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Evaluate kinematics and dynamics at the states of a JSON file.",
      discussion: """
        A state holds joint values by name, and the base's pose and motion; what
        is missing is zero. Angles in rad, torques in N.m, the base's velocity and
        acceleration in its own axes, quaternions w first:

          {"frames": ["left_foot"],
           "states": [{
             "q": {"left_knee": 0.4}, "v": {"left_knee": 1.0},
             "a": {}, "tau": {"left_knee": 5},
             "base": {"position": [0, 0, 0.9], "quaternion": [1, 0, 0, 0]},
             "base_velocity": {"angular": [0, 0, 0], "linear": [0.1, 0, 0]}}]}

        For each state: link poses, centre of mass, torques against gravity, bias
        torques, inverse dynamics of a, forward dynamics of tau, the mass matrix,
        and the Jacobian of each frame (world axes, angular rows first). "tau" may
        hold the moment and force on the base as six numbers under "base". A planar
        joint has x, y and angle in "q" and angular, linear x, linear y elsewhere; a
        floating joint position and quaternion, and three angular and three linear
        numbers in its own axes. "wrenches": {"hand": [0, 0, 0, 0, 0, -10]} holds
        moments and forces on links, along their axes: it adds inverse and forward
        dynamics with them.

        EXAMPLES
          sinew model eval navigator.urdf --states states.json --json
          sinew model eval arm.urdf --states states.json --fixed-base
        """)

    @OptionGroup var source: Source

    @Option(help: "JSON file with the states.")
    var states: String

    @Flag(help: "With --json, add derivatives, Coriolis and inverse mass matrix, momentum map, energies.")
    var derivatives = false

    func run() throws {
      do throws(Failure) {
        let (_, model) = try source.load()
        let request = try EvaluationRequest.load(states, for: model)
        let evaluation = ModelEvaluation(model: model)
        if source.json {
          print(evaluation.json(request, derivatives: derivatives).text)
        } else {
          print(evaluation.text(request), terminator: "")
        }
      } catch {
        throw error.report(json: source.json)
      }
    }
  }
}
