import JointControl
import Recording
import RigidBody

extension MoveCommand {
  /// The motion of path, from home.
  func path(_ robot: Robot) throws(Failure) -> Motion {
    var poses = [robot.joints.map(\.home)]
    for text in (via ?? "").split(separator: ";", omittingEmptySubsequences: false) {
      let named = try targets(String(text), of: robot)
      poses.append(zip(named, poses[poses.count - 1]).map { $0 ?? $1 })
    }
    return Motion(
      "path", through: poses, limits: robot.joints.map(\.configuration.limits), speed: speed,
      riseTime: riseTime, effort: PathEffort(robot, speed: speed))
  }

  /// The way of a trajectory, as fast as the limits allow.
  func retimed(_ motion: Motion, _ robot: Robot) -> Motion {
    Motion(
      retiming: motion, limits: robot.joints.map(\.configuration.limits), speed: speed, riseTime: riseTime,
      effort: PathEffort(robot, speed: speed))
  }

  /// The link of --link and the joints that move it.
  func limb(_ robot: Robot) throws(Failure) -> (link: Int, chain: [Int]) {
    let name = link ?? ""
    guard let index = robot.model.linkIndex(of: name) else {
      throw refusal(
        "--link", "the robot has no link '\(name)'",
        suggestion(for: name, among: robot.model.linkNames, what: "link"))
    }
    let base = from ?? robot.model.linkNames[0]
    guard let chain = robot.chain(from: base, to: name), !chain.isEmpty else {
      throw refusal(
        "--from", "link '\(base)' does not carry '\(name)' by driven joints",
        "name a link nearer to the root, such as the one that the limb begins at")
    }
    return (index, chain)
  }

  /// The motion of movel, from home.
  func linear(_ robot: Robot) throws(Failure) -> Motion {
    let (index, chain) = try limb(robot)
    let home = robot.joints.map(\.home)
    let pose = robot.pose(ofLink: index, at: home)
    var way: [Vector3] = []
    for text in (by ?? points ?? "").split(separator: ";", omittingEmptySubsequences: false) {
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else {
        throw refusal(by == nil ? "--points" : "--by", "'\(text)' is not x,y,z", "write 0,0,0.1 [m]")
      }
      let point = Vector3(x: try number(parts[0]), y: try number(parts[1]), z: try number(parts[2]))
      way.append(by == nil ? point : (way.last ?? pose.translation) + point)
    }
    guard let orientation = LineOrientation(orientation) else {
      throw refusal("--orientation", "'\(orientation)' is no orientation", "write \(LineOrientation.grammar)")
    }
    var pace = LinearMotion.Pace()
    pace.velocity = velocity
    do throws(LinearMotionError) {
      let planned = try LinearMotion(
        "movel", robot: robot, link: index, chain: chain, from: home,
        along: LinearPath(from: pose, through: way, orientation: orientation.end, blend: blend),
        goal: orientation.goal, pace: pace, speed: speed, riseTime: riseTime)
      return planned.motion
    } catch { throw refusal("movel", error.message, error.fix) }
  }

  /// The motion that an MCAP file holds.
  func recordedMotion(_ path: String, for robot: Robot) throws(Failure) -> Motion {
    do { return try openRecording(path).motion(for: robot, topic: topic) } catch let error as RecordingError {
      throw Failure(error, code: Failure.badDescription)
    } catch let failure as Failure {
      throw failure
    } catch { throw refusal(path, "\(error)", "name a recording") }
  }

  func refusal(_ place: String, _ message: String, _ fix: String) -> Failure {
    Failure(kind: "move", location: place, message: message, fix: fix, code: Failure.badDescription)
  }
}
