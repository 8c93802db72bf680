import ArgumentParser
import JointControl

/// Tuning from the terminal.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Experiments on joints, and gains from what they show; asks before a real robot moves.",
    discussion: """
      sinew tune EXPERIMENT ROBOT JOINT,JOINT... excites one joint after the other while the rest hold, inside an envelope: half of
      the joint's limits unless --share says otherwise, a travel of five degrees unless --travel does, no more torque, heat or
      tracking error than is given there. Whatever leaves it, a key that is let go, Ctrl-C and every fault end in damping and in
      drives that are off.
      The same command runs on a simulated and on a real robot.

      EXAMPLES
        sinew tune step Robots/rig elbow --pace fast
        sinew tune friction,inertia Robots/rig elbow,wrist --pace fast --out tuned
        sinew tune chirp my_robot Elbow_L --target real --out elbow
        sinew tune compare monday friday
      """,
    subcommands: [
      TuneExperimentCommand.self, TuneAutoCommand.self, TuneAllCommand.self, TuneWalkCommand.self,
      TuneSessionCommand.self, TuneCompareCommand.self,
    ],
    defaultSubcommand: TuneExperimentCommand.self)
}

/// One or more experiments on one or more joints.
struct TuneExperimentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiment",
    abstract: "Run experiments; what sinew tune does where no other word comes first.",
    discussion: """
      step        the reference jumps: rise, settling, overshoot
      chirp       rising frequency: frequency response, margins of the loop with the gains in use
      multisine   many frequencies at once, again and again: the same, quicker
      relay       Åström and Hägglund's relay: ultimate gain and period
      friction    there and back at even speeds: Coulomb, viscous and Stribeck friction
      breakaway   torque that rises until the joint moves
      inertia     torque back and forth: inertia
      gravity     poses from both sides: the weight's torque
      backlash    reversals at low torque: play
      delay       random torque: time until it is seen
      kt          the limb's weight against the torque that holds it: torque constant
      stiffness   slow torque against the joint's own stiffness: torsion and hysteresis

      Numbers that are not given suit the joint as it is described. Experiments of one call run in one go, joint by joint.
      --resume DIRECTORY does what is missing in its result.json, or ended early.

      Exit codes: 0 all came to their end, 1 one ended early or the robot stopped, 2 what cannot come out well, 3 host, bus or drive
      could not.
      """)

  @Argument(help: "Experiments, separated by commas; see below.")
  var experiment: String

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Argument(help: "Joints, separated by commas.")
  var joints: String

  @Option(help: "How much: torque [N.m]; of step, friction, gravity and kt the way [rad].")
  var amplitude: Double?

  @Option(name: .customLong("for"), help: "How long the excitation lasts [s].")
  var duration: Double?

  @Option(help: "Lowest and highest frequency, LOW,HIGH [Hz].")
  var band: String?

  @Option(help: "Speeds of friction, separated by commas [rad/s].")
  var speeds: String?

  @Option(help: "How often it is done again.")
  var repeats: Int?

  @Option(
    help: "Farthest from where it begins [rad]. (default: 0.087; of gravity and kt as far as the poses)")
  var travel: Double?

  @OptionGroup
  var call: TuneCallOptions

  func validate() throws {
    if let amplitude, !(amplitude > 0 && amplitude.isFinite) {
      throw ValidationError("--amplitude is above 0.")
    }
    if let travel, !(travel > 0 && travel.isFinite) { throw ValidationError("--travel is above 0.") }
    if let duration, !(duration > 0 && duration <= 600) {
      throw ValidationError("--for is above 0, at most 600.")
    }
    if let repeats, !(1...1000).contains(repeats) { throw ValidationError("--repeats is 1 to 1000.") }
  }

  func run() throws {
    try call.run(on: robot) { robot, run in
      try run().measure(plan(for: robot), task: experiment)
    }
  }

  /// Experiments in their order: joint by joint.
  private func plan(for robot: Robot) throws -> [Experiment] {
    let kinds = try experiment.split(separator: ",").map { try Experiment.Kind(option: String($0)) }
    let chosen = try robot.joints(named: joints)
    guard !kinds.isEmpty, !chosen.isEmpty else {
      throw TuneRun.usage("EXPERIMENT and JOINT", "are empty", "name an experiment and a joint")
    }
    let band = try band.map(Self.range)
    let speeds = try speeds.map { try Self.numbers($0, of: "--speeds") }
    return chosen.flatMap { joint in
      kinds.map { kind in
        var experiment = Experiment.usual(kind, joint: joint, of: robot, share: call.options.share)
        if let amplitude { experiment.amplitude = amplitude }
        if let travel { experiment.envelope.travel = travel }
        if let duration { experiment.duration = duration }
        if let repeats { experiment.repetitions = repeats }
        if let band { experiment.band = band }
        if let speeds { experiment.speeds = speeds }
        return experiment
      }
    }
  }

  private static func range(_ text: String) throws -> ClosedRange<Double> {
    let numbers = try numbers(text, of: "--band")
    guard numbers.count == 2, numbers[0] > 0, numbers[0] < numbers[1] else {
      throw TuneRun.usage("--band \(text)", "is no range", "give LOW,HIGH in Hz, such as 0.5,50")
    }
    return numbers[0]...numbers[1]
  }

  private static func numbers(_ text: String, of option: String) throws -> [Double] {
    try text.split(separator: ",").map { word in
      guard let number = Double(word), number > 0, number.isFinite else {
        throw TuneRun.usage(
          "\(option) \(text)", "'\(word)' is no number above 0", "give numbers separated by commas")
      }
      return number
    }
  }
}

extension Experiment.Kind {
  /// An experiment by its name.
  init(option name: String) throws {
    guard let kind = Self(rawValue: name) else {
      throw TuneRun.usage(
        "experiment '\(name)'", "there is no such experiment",
        suggestion(for: name, among: Self.allCases.map(\.rawValue), what: "experiment"))
    }
    self = kind
  }
}

extension Robot {
  /// Indices of joints by their names, separated by commas.
  func joints(named names: String) throws -> [Int] {
    var indices: [Int] = []
    for name in names.split(separator: ",") {
      let index = try index(ofJoint: String(name))
      if !indices.contains(index) { indices.append(index) }
    }
    return indices
  }
}
