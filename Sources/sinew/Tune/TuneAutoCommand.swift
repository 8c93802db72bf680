import ArgumentParser
import Foundation
import JointControl
import Tuning

/// What is wanted of gains, on the command line.
struct WantedOptions: ParsableArguments {
  @Option(help: "Bandwidth that is wanted [Hz]. (default: the highest that keeps every limit)")
  var bandwidth: Double?

  @Option(help: "Least phase margin, with --bandwidth [deg]. (default: 48)")
  var phaseMargin: Double?

  @Option(help: "Stiffness that is wanted in place of a bandwidth [N.m/rad].")
  var stiffness: Double?

  @Option(help: "Damping ratio, with --stiffness. (default: 0.7)")
  var dampingRatio: Double?

  func validate() throws {
    let numbers = [
      ("--bandwidth", bandwidth), ("--phase-margin", phaseMargin), ("--stiffness", stiffness),
      ("--damping-ratio", dampingRatio),
    ]
    for (name, value) in numbers {
      if let value, !(value > 0 && value.isFinite) { throw ValidationError("\(name) is above 0.") }
    }
    if bandwidth != nil && stiffness != nil {
      throw ValidationError("--bandwidth and --stiffness are two ways to say one thing: give one of them.")
    }
    if phaseMargin != nil && bandwidth == nil {
      throw ValidationError("--phase-margin goes with --bandwidth.")
    }
    if let phaseMargin, phaseMargin >= 90 { throw ValidationError("--phase-margin is below 90.") }
    if dampingRatio != nil && stiffness == nil {
      throw ValidationError("--damping-ratio goes with --stiffness.")
    }
  }

  /// What the library is asked for.
  var wanted: GainDesign.Wanted {
    if let bandwidth { return .bandwidth(bandwidth, phaseMargin: phaseMargin.map { $0 * .pi / 180 }) }
    if let stiffness { return .damping(stiffness: stiffness, ratio: dampingRatio ?? 0.7) }
    return .stiffest
  }
}

/// From experiments to gains.
struct TuneAutoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "auto",
    abstract: "Identify joints, design gains for them, and try those on the twin.",
    discussion: """
      Joint by joint: friction, inertia, chirp, delay and step; what they show, with what they cannot tell apart; gains for the
      wanted bandwidth or stiffness on the joint as it was identified, with the loop's real period and delay; margins of the
      measured frequency response with these gains, at least 45 deg and 6 dB; and a step with them on the twin, the robot
      simulated with the joint as it was identified. What passes is printed as a patch of robot.yaml.

      --apply goes on: the robot's joint is taken to the new gains along a ramp of 0.3 s at the cycle's boundary, and the step is repeated.
      Where it comes to its end within overshoot and torque, and rises as it did on the twin, the gains are kept as the robot's trial
      (gains.trial.json): sinew run --gains trial uses them, sinew gains diff shows and sinew gains save makes them those of
      robot.yaml, sinew gains revert drops them. Where it does not, nothing is kept. No drive's flash is written by any of this.

      Exit codes: 0 gains for every joint, 1 a joint has none or an experiment ended early, 2 what cannot come out well, 3 host, bus
      or drive could not.

      EXAMPLES
        sinew tune auto Robots/rig elbow --pace fast --out tuned
        sinew tune auto Robots/rig elbow,wrist --bandwidth 5 --phase-margin 60 --pace fast
        sinew tune auto Robots/rig wrist --apply --pace fast --out tuned
        sinew tune auto my_robot Elbow_L --stiffness 150 --damping-ratio 0.8 --target real --out elbow
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Argument(help: "Joints, separated by commas.")
  var joints: String

  @OptionGroup(title: "Gains")
  var gains: WantedOptions

  @Flag(
    help:
      "Try the gains on the robot, and keep them as its trial where its step comes out well. Goes with --out."
  )
  var apply = false

  @OptionGroup
  var call: TuneCallOptions

  func validate() throws {
    if apply && call.options.out == nil && call.resume == nil {
      throw ValidationError("--apply goes with --out: what gains rest on is kept.")
    }
  }

  func run() throws {
    try call.run(on: robot) { robot, run in
      try TuneAuto(run: run(), wanted: gains.wanted, applies: apply).tune(
        robot.joints(named: joints), task: "auto")
    }
  }
}
