public import ControlCycle
public import RigidBody

extension CartesianLaw {
  /// A law that holds a link's frame of a robot by some of its joints, for `ControlLoop.run(from:applying:recording:)`.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - link: name of the link that carries the frame.
  ///   - linkFromFrame: pose of the frame in the link.
  ///   - joints: names of the joints that hold it, from the root on; the others keep their laws.
  ///   - gains: stiffness and damping; a `delay` of zero is taken for one and a half periods, what a loop has whose frames of a
  ///     cycle answer the commands of the one before.
  ///   - data: memory to compute in, of the robot's model; it must outlive the law.
  /// - Throws: what is wrong with link or joints.
  public init(
    robot: Robot, link: String, linkFromFrame: RigidTransform = .identity, joints: [String],
    gains: CartesianImpedance.Gains, data: ModelData
  ) throws(CartesianLawError) {
    guard let index = robot.model.linkIndex(of: link) else {
      throw .unknownLink(link, links: robot.model.linkNames)
    }
    for joint in joints where !robot.joints.contains(where: { $0.name == joint }) {
      throw .notDriven(joint: joint, robot: robot.name)
    }
    let space: OperationalSpace
    do throws(ChainError) {
      space = try OperationalSpace(robot.model, link: index, linkFromFrame: linkFromFrame, joints: joints)
    } catch { throw .chain(error) }
    var gains = gains
    if gains.delay == 0 { gains.delay = 1.5e-9 * Double(robot.period) }
    let impedance = CartesianImpedance(
      gains, space: space, model: robot.model.kernel, workspace: data.workspace)
    guard let law = CartesianLaw(impedance, joints: robot.joints.map(\.configuration)) else {
      throw .notDriven(joint: joints.joined(separator: ", "), robot: robot.name)
    }
    self = law
  }
}

/// Why a frame cannot be held.
public enum CartesianLawError: Error, Sendable, Equatable {
  /// There is no link of this name.
  case unknownLink(String, links: [String])
  /// The robot does not drive this joint.
  case notDriven(joint: String, robot: String)
  /// The joints do not make a chain that moves the link.
  case chain(ChainError)
}

extension CartesianLawError: CustomStringConvertible {
  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .unknownLink(let link, let links):
      "there is no link '\(link)'; \(suggestion(for: link, among: links, what: "link"))"
    case .notDriven(let joint, let robot):
      "\(robot) does not drive '\(joint)'; name joints that have a drive"
    case .chain(let error): error.description
    }
  }
}
