import CRealMath
import JointControl
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

/// What acts on the links of a plant from outside, as one wrench a link: ground, gantry, pushes.
struct WorldForces: ~Copyable {
  /// Six numbers a link, as `forwardDynamics` takes them.
  let wrenches: UnsafeMutablePointer<Double>
  private let linkCount: Int
  private var pushes: [(link: Int, wrench: LinkWrench)] = []
  private let ground: Ground?
  /// Height of the ground [m].
  private(set) var height = 0.0
  /// The link whose pose is the base's, and what holds it.
  private let base: Int
  private(set) var gantry: GantryState?
  /// Points against the ground, and one entry a patch: its link and where its points begin and end.
  private var points: [GroundContact] = []
  private var patches: [(link: Int, points: Range<Int>)] = []

  /// What stands around a robot.
  ///
  /// - Parameters:
  ///   - model: the model that is integrated.
  ///   - data: its workspace.
  ///   - position: where the robot starts.
  ///   - surroundings: what holds it and what is below.
  ///   - contacts: where it touches the ground.
  init(
    _ model: Model, _ data: ModelData, position: UnsafePointer<Double>, _ surroundings: Surroundings,
    contacts: [ContactPatch]
  ) {
    linkCount = model.linkNames.count
    wrenches = .allocate(capacity: max(6 * linkCount, 1))
    wrenches.initialize(repeating: 0, count: max(6 * linkCount, 1))
    ground = surroundings.ground
    base = model.rootLink
    let (m, w) = (model.kernel, data.workspace)
    forwardKinematics(m, w, q: position)
    var lowest = Double.infinity
    for patch in contacts where surroundings.ground != nil {
      guard let link = model.linkIndex(of: patch.link) else { continue }
      let pose = linkPose(m, w, link: link)
      let begin = points.count
      for point in patch.points {
        lowest = min(lowest, (pose * point).z)
        points.append(GroundContact(point: point))
      }
      patches.append((link, begin..<points.count))
    }
    let below = (lowest < .infinity ? lowest : 0) - (surroundings.gantry?.clearance ?? 0)
    height = surroundings.ground?.height ?? below
    gantry = surroundings.gantry.map {
      GantryState(
        $0, above: linkPose(m, w, link: model.rootLink) * $0.point,
        weight: real_sqrt(model.gravity.squaredLength) * model.mass)
    }
  }

  deinit { wrenches.deallocate() }

  /// Whether nothing will act.
  var isEmpty: Bool { pushes.isEmpty && points.isEmpty && gantry == nil }

  mutating func add(_ wrench: LinkWrench, on link: Int) { pushes.append((link, wrench)) }

  mutating func letGo() { gantry = nil }

  mutating func lowerGantry(by way: Double, from time: Int64, over duration: Int64) {
    gantry?.lower(by: way, from: time, over: duration)
  }

  /// Adds up what acts in the step that begins at an instant [ns].
  mutating func collect(
    _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>, from time: Int64,
    step: Int64
  ) {
    for index in 0..<(6 * linkCount) { wrenches[index] = 0 }
    velocityKinematics(m, w, q: q, v: v)
    if let ground { touch(ground, m, w, step: Double(step) * 1e-9) }
    if gantry != nil { hang(m, w, from: time, step: step) }
    if pushes.isEmpty { return }
    for (link, wrench) in pushes {
      let share = WorldForces.share(wrench, from: time, step: step)
      if share == 0 { continue }
      let pose = linkPose(m, w, link: link)
      add(
        force: wrench.force * share, moment: wrench.moment * share, at: pose * wrench.point, on: link,
        posed: pose)
    }
    pushes.removeAll { $0.wrench.start + $0.wrench.duration <= time + step }
  }

  private mutating func touch(_ ground: Ground, _ m: ModelKernel, _ w: Workspace, step: Double) {
    for (link, range) in patches {
      let pose = linkPose(m, w, link: link)
      let motion = linkVelocity(m, w, link: link)
      for index in range {
        let place = pose * points[index].point
        let velocity = motion.linear + motion.angular.cross(place - pose.translation)
        let force = points[index].advance(
          place, velocity: velocity, height: height, ground: ground, step: step)
        if force.z > 0 { add(force: force, moment: .zero, at: place, on: link, posed: pose) }
      }
    }
  }

  private mutating func hang(_ m: ModelKernel, _ w: Workspace, from time: Int64, step: Int64) {
    guard var state = gantry else { return }
    let pose = linkPose(m, w, link: base)
    let motion = linkVelocity(m, w, link: base)
    let place = pose * state.gantry.point
    let velocity = motion.linear + motion.angular.cross(place - pose.translation)
    let (force, moment) = state.advance(
      point: place, velocity: velocity, up: pose.rotation.columnZ, spin: motion.angular, from: time,
      step: step)
    gantry = state
    add(force: force, moment: moment, at: place, on: base, posed: pose)
  }

  /// Force of the ground on a link over the last step, along the world's axes [N].
  func groundForce(onLink link: Int) -> Vector3 {
    var sum = Vector3.zero
    for patch in patches where patch.link == link {
      for index in patch.points { sum += points[index].force }
    }
    return sum
  }

  /// Energy that the ground has stored, after `forwardKinematics` [J].
  func storedEnergy(_ m: ModelKernel, _ w: Workspace) -> Double {
    guard let ground else { return 0 }
    var energy = 0.0
    for (link, range) in patches {
      let pose = linkPose(m, w, link: link)
      for index in range {
        energy += points[index].storedEnergy(depth: height - (pose * points[index].point).z, ground)
      }
    }
    return energy
  }

  /// Part of a step in which a push acts.
  private static func share(_ wrench: LinkWrench, from time: Int64, step: Int64) -> Double {
    let begin = max(wrench.start, time)
    let end = min(wrench.start + wrench.duration, time + step)
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
