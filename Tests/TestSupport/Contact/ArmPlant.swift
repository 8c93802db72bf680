public import RigidBody

/// Something that the hand meets: a spring and a damper at one of its points, passive whatever they do.
public struct Contact: Sendable {
  /// The point, in the hand's frame [m].
  public var point = Vector3.zero
  /// Where the spring's other end is at time zero [m].
  public var place = Vector3.zero
  /// How fast that moves [m/s].
  public var velocity = Vector3.zero
  /// The direction in which a wall presses; nil where the hand is gripped, in all directions.
  public var normal: Vector3?
  /// Stiffness [N/m].
  public var stiffness = 0.0
  /// Damping [N.s/m].
  public var damping = 0.0

  /// No contact.
  public init() {}

  /// Force on the hand where its point is at `position` with `speed`.
  func force(position: Vector3, speed: Vector3, at time: Double) -> Vector3 {
    let apart = position - place - velocity * time
    let rate = speed - velocity
    guard let normal else { return -(apart * stiffness + rate * damping) }
    let depth = -apart.dot(normal)
    let push = depth > 0 ? stiffness * depth - damping * rate.dot(normal) : 0
    return normal * (push > 0 ? push : 0)
  }
}

/// The exact rigid body of an arm under held torques, what its hand meets, and the energy that the hand gives to that.
///
/// Runge-Kutta of fourth order; the energy is integrated with the motion.
public final class ArmPlant {
  /// The model.
  public let model: Model
  /// Positions, velocities [rad, rad/s].
  public private(set) var q: [Double]
  /// Velocities [rad/s].
  public private(set) var v: [Double]
  /// Energy given at the contact [J].
  public private(set) var given = 0.0
  /// Time [s].
  public private(set) var time = 0.0
  /// What the hand meets.
  public var contact = Contact()
  /// A moment and a force at the hand's origin, along world axes [N.m, N].
  public var push = (moment: Vector3.zero, force: Vector3.zero)
  private let data: ModelData
  private let link: Int
  private let linkFromHand: RigidTransform
  private var wrenches: [Double]

  /// An arm at rest.
  public init(_ model: Model, hand: String, linkFromHand: RigidTransform, at q: [Double]) {
    precondition(q.count == model.velocityCount)
    self.model = model
    data = ModelData(model)
    link = model.linkIndex(of: hand) ?? 0
    self.linkFromHand = linkFromHand
    self.q = q
    v = q.map { _ in 0 }
    wrenches = [Double](repeating: 0, count: 6 * model.linkNames.count)
  }

  /// Sets the motion.
  public func place(q: [Double], v: [Double]) { (self.q, self.v) = (q, v) }

  /// Kinetic energy [J].
  public var kineticEnergy: Double { RigidBody.kineticEnergy(model, data, q: q, v: v) }

  /// Pose of the hand.
  public var hand: RigidTransform {
    forwardKinematics(model, data, q: q)[link] * linkFromHand
  }

  /// One step of `duration` under `torques`, in `parts`.
  public func advance(_ torques: [Double], over duration: Double, parts: Int = 4) {
    let h = duration / Double(parts)
    for _ in 0..<parts {
      let a = slope(q, v, torques, time)
      let b = slope(moved(q, v, h / 2), moved(v, a.rates, h / 2), torques, time + h / 2)
      let c = slope(
        moved(q, moved(v, a.rates, h / 2), h / 2), moved(v, b.rates, h / 2), torques, time + h / 2)
      let d = slope(moved(q, moved(v, b.rates, h / 2), h), moved(v, c.rates, h), torques, time + h)
      for i in q.indices {
        q[i] += h * v[i] + h * h / 6 * (a.rates[i] + b.rates[i] + c.rates[i])
        v[i] += h / 6 * (a.rates[i] + 2 * b.rates[i] + 2 * c.rates[i] + d.rates[i])
      }
      given += h / 6 * (a.power + 2 * b.power + 2 * c.power + d.power)
      time += h
    }
  }

  private func moved(_ x: [Double], _ rate: [Double], _ h: Double) -> [Double] {
    var next = x
    for i in x.indices { next[i] += h * rate[i] }
    return next
  }

  /// Accelerations, and the power given at the contact.
  private func slope(_ q: [Double], _ v: [Double], _ torques: [Double], _ time: Double) -> (
    rates: [Double], power: Double
  ) {
    let (m, w) = (model.kernel, data.workspace)
    velocityKinematics(m, w, q: q, v: v)
    let worldFromLink = linkPose(m, w, link: link)
    let motion = linkVelocity(m, w, link: link)
    let origin = worldFromLink * linkFromHand.translation
    let place = worldFromLink * (linkFromHand * contact.point)
    let speed = motion.linear + motion.angular.cross(place - worldFromLink.translation)
    let force = contact.force(position: place, speed: speed, at: time)
    let moment =
      push.moment + (place - worldFromLink.translation).cross(force)
      + (origin - worldFromLink.translation).cross(push.force)
    let total = force + push.force
    for i in 0..<3 { wrenches[6 * link + i] = component(worldFromLink.rotation.transposedTimes(moment), i) }
    for i in 0..<3 {
      wrenches[6 * link + 3 + i] = component(worldFromLink.rotation.transposedTimes(total), i)
    }
    var rates = [Double](repeating: 0, count: v.count)
    forwardDynamics(m, w, q: q, v: v, tau: torques, wrenches: wrenches, into: &rates)
    return (rates, -force.dot(speed))
  }

  private func component(_ vector: Vector3, _ index: Int) -> Double {
    index == 0 ? vector.x : (index == 1 ? vector.y : vector.z)
  }
}
