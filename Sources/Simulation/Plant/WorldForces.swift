public import RigidBody

/// A force on a point of a link and a moment on the link, for a time.
public struct LinkWrench: Sendable, Equatable {
  /// Name of the link.
  public var link: String
  /// The point, in the link's frame [m].
  public var point: Vector3
  /// The force, along the world's axes [N].
  public var force: Vector3
  /// The moment, along the world's axes [N.m].
  public var moment: Vector3
  /// Instant from which it acts [ns].
  public var start: Int64
  /// Time for which it acts [ns].
  public var duration: Int64

  /// A wrench; a force at the link's origin when nothing else is said.
  public init(
    link: String, point: Vector3 = .zero, force: Vector3, moment: Vector3 = .zero, start: Int64,
    duration: Int64
  ) {
    self.link = link
    self.point = point
    self.force = force
    self.moment = moment
    self.start = start
    self.duration = duration
  }

  /// The robot has no link of that name.
  public struct UnknownLink: Error, Sendable, Equatable {
    /// The name asked for.
    public let link: String
    /// Names that there are.
    public let links: [String]
  }
}

/// What acts on the links of a plant from outside, as one wrench a link.
struct WorldForces: ~Copyable {
  /// Six numbers a link, as `forwardDynamics` takes them.
  let wrenches: UnsafeMutablePointer<Double>
  private let linkCount: Int
  private var pushes: [(link: Int, push: LinkWrench)] = []

  init(links: Int) {
    linkCount = links
    wrenches = .allocate(capacity: max(6 * links, 1))
    wrenches.initialize(repeating: 0, count: max(6 * links, 1))
  }

  deinit { wrenches.deallocate() }

  /// Whether nothing will act.
  var isEmpty: Bool { pushes.isEmpty }

  mutating func add(_ push: LinkWrench, on link: Int) { pushes.append((link, push)) }

  /// Adds up what acts in the step that begins at an instant [ns].
  mutating func collect(
    _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>, from time: Int64,
    step: Int64
  ) {
    for index in 0..<(6 * linkCount) { wrenches[index] = 0 }
    forwardKinematics(m, w, q: q)
    for (link, push) in pushes {
      let share = WorldForces.share(push, from: time, step: step)
      if share == 0 { continue }
      let pose = linkPose(m, w, link: link)
      add(
        force: push.force * share, moment: push.moment * share, at: pose * push.point, on: link, posed: pose)
    }
    pushes.removeAll { $0.push.start + $0.push.duration <= time + step }
  }

  /// Part of a step in which a push acts.
  private static func share(_ push: LinkWrench, from time: Int64, step: Int64) -> Double {
    let begin = max(push.start, time)
    let end = min(push.start + push.duration, time + step)
    return end > begin ? Double(end - begin) / Double(step) : 0
  }

  /// Adds a force at a point, and a moment, of the world to a link's wrench.
  private func add(
    force: Vector3, moment: Vector3, at point: Vector3, on link: Int, posed pose: RigidTransform
  ) {
    let total = moment + (point - pose.translation).cross(force)
    let turn = pose.rotation.transposedTimes(total)
    let push = pose.rotation.transposedTimes(force)
    let wrench = wrenches + 6 * link
    wrench[0] += turn.x
    wrench[1] += turn.y
    wrench[2] += turn.z
    wrench[3] += push.x
    wrench[4] += push.y
    wrench[5] += push.z
  }
}

extension Plant {
  /// Lets a force and a moment act on a link for a time, beside all others that do; what is shorter than a step acts with
  /// its mean over the step. On a link that is fixed to the world they move nothing.
  ///
  /// - Parameter wrench: link, point, force and time.
  /// - Throws: that the robot has no such link.
  public mutating func setWrench(_ wrench: LinkWrench) throws(LinkWrench.UnknownLink) {
    guard let link = body.model.linkIndex(of: wrench.link) else {
      throw LinkWrench.UnknownLink(link: wrench.link, links: body.model.linkNames)
    }
    world.add(wrench, on: link)
  }
}
