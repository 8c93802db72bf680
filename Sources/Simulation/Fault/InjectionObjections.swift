import ControlCycle
import JointControl

extension Injection {
  /// Why the fault would do nothing to its target in a robot, as a sentence; nil where it does something.
  ///
  /// Of several joints it is enough that one has the part that the fault is about.
  func objection(in robot: Robot) -> String? {
    switch target.place {
    case .buses(let buses): return first(of: buses) { objection(toBus: $0, in: robot) }
    case .joints(let joints):
      return first(of: joints) { joint in
        objection(toJoint: joint, in: robot).map { "joint '\(robot.joints[joint].name)' \($0)" }
      }
    case .link(let link):
      return robot.model.links[link].inertia == nil ? "link '\(target.name)' has no mass to push" : nil
    case .host, .clock, .disk: return nil
    }
  }

  private func first(of places: [Int], _ objection: (Int) -> String?) -> String? {
    let found = places.map(objection)
    return found.contains { $0 == nil } ? nil : found.first ?? "there is none in this robot"
  }

  private func objection(toBus bus: Int, in robot: Robot) -> String? {
    let drives = robot.joints.map(\.configuration.drive).filter { Int($0.bus) == bus }
    switch kind {
    case .syncLost where !drives.contains { $0.family == .canopen }:
      return "bus '\(robot.buses[bus].name)' has no CANopen drive, which a SYNC is for"
    case .swapped where robot.buses.count < 2: return "this robot has no second bus to exchange it with"
    default: return nil
    }
  }

  private func objection(toJoint joint: Int, in robot: Robot) -> String? {
    let drive = robot.joints[joint].configuration.drive
    switch (kind, drive.family) {
    case (.firmwareDiffers, .mit), (.firmwareDiffers, .myactuator), (.firmwareDiffers, .robstride),
      (.firmwareDiffers, .odrive05):
      return "has a drive of family \(drive.family), which says no version of its firmware"
    case (.scaleDiffers, .moteus), (.scaleDiffers, .odrive), (.scaleDiffers, .odrive05),
      (.scaleDiffers, .myactuator):
      return "has a drive of family \(drive.family), whose numbers have no full scale"
    default: return field.flatMap { JointCondition.objection(to: $0, of: joint, in: robot) }
    }
  }

  /// The field of a joint's condition that the fault is about.
  private var field: JointCondition.Field? {
    switch kind {
    case .torqueScale: .torqueScale
    case .phaseLoss: .lacksPhase
    case .commutationSlip: .commutationOffset
    case .extraHeat: .extraHeat
    case .ambient: .ambientRise
    case .friction: .frictionFactor
    case .stiffness: .stiffnessFactor
    case .backlash: .extraBacklash
    case .sheared: .isSheared
    case .blocked: .isBlocked
    case .pushed: .externalTorque
    case .payload: .extraMass
    case .encoderJumps, .encoderOffset, .encoderWraps: .encoderOffset
    case .encoderNoise: .encoderNoise
    case .encoderStuck: .encoderIsStuck
    case .sags, .surges: .supplyOffset
    default: nil
    }
  }
}
