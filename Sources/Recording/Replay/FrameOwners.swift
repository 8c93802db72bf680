import ControlCycle
import JointControl

extension Robot {
  /// The joint that each frame of a cycle commands or asks, in the order of sending; nil for frames to all drives of a family.
  func frameOwners(inCycle number: Int64) -> [Int?] {
    var owners: [Int?] = []
    for joint in joints.indices {
      owners.append(joint)
      let drive = joints[joint].configuration.drive
      var questions = FrameBuffer(capacity: 8)
      DriveCodec.ask(drive, cycle: number, into: &questions)
      owners += [Int?](repeating: joint, count: questions.count)
      guard drive.endsGroup else { continue }
      var group = FrameBuffer(capacity: 8)
      DriveCodec.endGroup(drive, cycle: number, into: &group)
      owners += [Int?](repeating: nil, count: group.count)
    }
    return owners
  }
}
