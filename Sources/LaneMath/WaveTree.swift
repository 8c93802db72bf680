// A wave is up to `width` bodies of different limbs, worked on in the lanes of one vector. Wave 0 is the base, in
// every lane. A slot is wave * width + lane; parents always stand in earlier waves.
//
// Sums over a body's children follow the tree, never the waves: own + first child + second child + ..., tallest child
// first. A child's share either is still in the registers (`carries`) or is gathered from memory (`rounds`); a lane
// that has no child in a round gathers the record of minus zeros behind the last wave, which adds nothing to any
// number. So the bits do not depend on the width.

/// How a wave hangs together with its neighbours.
@frozen public struct WaveShape: BitwiseCopyable {
  /// Whether the joints of this wave slide; a wave never mixes the two kinds.
  public var isPrismatic: Bool
  /// Whether each body's parent stands in its own lane of the previous wave.
  public var descends: Bool
  /// Whether each body's first child stands in its own lane of the next wave.
  public var carries: Bool
  /// Whether a parent gathers from this wave.
  public var isGathered: Bool
  /// Rounds of gathered children.
  public var rounds: Int32
  /// First of these rounds, in `WaveTree.children`.
  public var firstRound: Int32

  /// A shape of its parts.
  @_transparent public init(
    isPrismatic: Bool, descends: Bool, carries: Bool, isGathered: Bool, rounds: Int32, firstRound: Int32
  ) {
    self.isPrismatic = isPrismatic
    self.descends = descends
    self.carries = carries
    self.isGathered = isGathered
    self.rounds = rounds
    self.firstRound = firstRound
  }
}

/// The constants of the bodies in a wave. An idle lane has the identity, no mass and an armature of 1.
///
/// What lies on the axis of a turning joint moves as if it were part of the parent, and is counted there: such a body has
/// neither mass, nor a first moment along z, nor a second moment zz. Ten parameters become seven (the base parameters of
/// Khalil and Kleinfinger 1987), for the same motions, forces and energies of the whole.
@frozen public struct WaveConstants<L: Lane>: BitwiseCopyable {
  /// `parentFromJoint`: rotation, and translation [m].
  public var rotation: LaneMatrix<L>
  /// Translation [m].
  public var translation: LaneVector<L>
  /// Mass [kg], first moment [kg.m] and second moment of mass, the integral of r r^T dm [kg.m2].
  public var mass: L
  /// First moment of mass [kg.m].
  public var firstMoment: LaneVector<L>
  /// Second moment of mass, the integral of r r^T dm [kg.m2].
  public var secondMoment: LaneSymmetric<L>
  /// Rotational inertia about the origin [kg.m2].
  public var inertia: LaneSymmetric<L>
  /// Mass of the body and all its descendants [kg], as they are counted.
  public var subtreeMass: L
  /// Rotor inertia as felt at the joint [kg.m2 or kg].
  public var armature: L
}

/// Rotation and translation: a body's in its parent, or in the world.
@frozen public struct WavePlacement<L: Lane>: BitwiseCopyable {
  /// Rotation.
  public var rotation: LaneMatrix<L>
  /// Translation [m].
  public var translation: LaneVector<L>
  /// A placement of its parts.
  @_transparent public init(_ rotation: LaneMatrix<L>, _ translation: LaneVector<L>) {
    self.rotation = rotation
    self.translation = translation
  }
  /// A gathered placement.
  @inlinable @inline(__always) public init(gather memory: UnsafePointer<Double>, _ places: L.Places) {
    self.init(LaneMatrix(gather: memory, places, 0), LaneVector(gather: memory, places, 9))
  }
}

/// A spatial vector: angular, then linear part; moment, then force.
@frozen public struct WaveSpatial<L: Lane>: BitwiseCopyable {
  /// Angular part, or moment.
  public var angular: LaneVector<L>
  /// Linear part, or force.
  public var linear: LaneVector<L>
  /// A spatial vector of its parts.
  @_transparent public init(_ angular: LaneVector<L>, _ linear: LaneVector<L>) {
    self.angular = angular
    self.linear = linear
  }
  /// A gathered spatial vector.
  @inlinable @inline(__always) public init(gather memory: UnsafePointer<Double>, _ places: L.Places) {
    self.init(LaneVector(gather: memory, places, 0), LaneVector(gather: memory, places, 3))
  }
  /// Sum.
  @inlinable @inline(__always) public static func + (a: WaveSpatial, b: WaveSpatial) -> WaveSpatial {
    WaveSpatial(a.angular + b.angular, a.linear + b.linear)
  }
  /// Power: a motion's product with a force.
  @inlinable @inline(__always) public func dot(_ b: WaveSpatial) -> L {
    angular.dot(b.angular, plus: linear.dot(b.linear))
  }
}

/// First and second moments of mass.
@frozen public struct WaveMoments<L: Lane>: BitwiseCopyable {
  /// First moment [kg.m].
  public var first: LaneVector<L>
  /// Second moment [kg.m2].
  public var second: LaneSymmetric<L>
  /// Moments of their parts.
  @_transparent public init(_ first: LaneVector<L>, _ second: LaneSymmetric<L>) {
    self.first = first
    self.second = second
  }
  /// Gathered moments.
  @inlinable @inline(__always) public init(gather memory: UnsafePointer<Double>, _ places: L.Places) {
    self.init(LaneVector(gather: memory, places, 0), LaneSymmetric(gather: memory, places, 3))
  }
  /// Moments about the base's origin, along the base's axes, of a body behind a turning joint, without mass and moments on
  /// its axis; see `WaveConstants`. With x, y and z its axes and r its origin, H = H_x x + H_y y and
  ///
  ///     L = x a^T + a x^T + y b^T + b y^T,  a = L_xx / 2 x + L_xy y + L_xz z + H_x r,  b = L_yy / 2 y + L_yz z + H_y r
  @inlinable @inline(__always)
  public init(turning c: UnsafePointer<WaveConstants<L>>, _ pose: WavePlacement<L>) {
    let (hx, hy) = (c.pointee.firstMoment.x, c.pointee.firstMoment.y)
    let s = c.pointee.secondMoment
    let (x, y, z) = (pose.rotation.columnX, pose.rotation.columnY, pose.rotation.columnZ)
    let r = pose.translation
    let half = L(0.5)
    let a = x.scaled(half * s.xx, plus: y.scaled(s.xy, plus: z.scaled(s.xz, plus: r.scaled(hx))))
    let b = y.scaled(half * s.yy, plus: z.scaled(s.yz, plus: r.scaled(hy)))
    let xx = L.madd(x.x, a.x, y.x * b.x)
    let yy = L.madd(x.y, a.y, y.y * b.y)
    let zz = L.madd(x.z, a.z, y.z * b.z)
    self.init(
      x.scaled(hx, plus: y.scaled(hy)),
      LaneSymmetric(
        xx: xx + xx, xy: L.madd(x.x, a.y, L.madd(x.y, a.x, L.madd(y.x, b.y, y.y * b.x))), yy: yy + yy,
        xz: L.madd(x.x, a.z, L.madd(x.z, a.x, L.madd(y.x, b.z, y.z * b.x))),
        yz: L.madd(x.y, a.z, L.madd(x.z, a.y, L.madd(y.y, b.z, y.z * b.y))), zz: zz + zz))
  }
  /// Sum.
  @inlinable @inline(__always) public static func + (a: WaveMoments, b: WaveMoments) -> WaveMoments {
    WaveMoments(a.first + b.first, a.second + b.second)
  }
}

/// The waves of a model; raw, because the width is chosen at run time.
@frozen public struct WaveTree: BitwiseCopyable {
  /// Number of waves, the base included.
  public var count: Int
  /// Lanes of a wave: 1, 2 or 4.
  public var width: Int
  /// One shape a wave.
  public var shapes: UnsafePointer<WaveShape>
  /// Slot of each lane's parent, `width` a wave.
  public var parents: UnsafePointer<Int32>
  /// Slots of gathered children, `width` a round.
  public var children: UnsafePointer<Int32>
  /// Slots of the base's children in the order of the tree.
  public var baseChildren: UnsafePointer<Int32>
  /// Number of the base's children.
  public var baseChildCount: Int
  /// Whether a joint has an armature.
  public var hasArmature: Bool
  /// Whether a body beside the base has mass, as it is counted: only where joints slide.
  public var bearsMass: Bool
  /// One `WaveConstants` a wave.
  public var constants: UnsafeRawPointer
  /// One round a wave and level above it, `width` entries a round; see `WaveColumn`.
  public var columns: UnsafePointer<WaveColumn>
  /// Number of columns.
  public var columnCount: Int
  /// Slots of ancestors; see `WaveColumn`.
  public var ancestors: UnsafePointer<Int32>
  /// Places of elements; see `WaveColumn`.
  public var rows: UnsafePointer<Int32>
  /// Places of the mirrored elements; see `WaveColumn`.
  public var mirrors: UnsafePointer<Int32>

  /// A tree of its parts.
  @_transparent public init(
    count: Int, width: Int, shapes: UnsafePointer<WaveShape>, parents: UnsafePointer<Int32>,
    children: UnsafePointer<Int32>, baseChildren: UnsafePointer<Int32>, baseChildCount: Int,
    hasArmature: Bool, bearsMass: Bool, constants: UnsafeRawPointer, columns: UnsafePointer<WaveColumn>,
    columnCount: Int,
    ancestors: UnsafePointer<Int32>, rows: UnsafePointer<Int32>, mirrors: UnsafePointer<Int32>
  ) {
    self.count = count
    self.width = width
    self.shapes = shapes
    self.parents = parents
    self.children = children
    self.baseChildren = baseChildren
    self.baseChildCount = baseChildCount
    self.hasArmature = hasArmature
    self.bearsMass = bearsMass
    self.constants = constants
    self.columns = columns
    self.columnCount = columnCount
    self.ancestors = ancestors
    self.rows = rows
    self.mirrors = mirrors
  }
}

extension WaveTree {
  /// Doubles of the constants, in whole cache lines.
  public var constantCount: Int {
    let record = MemoryLayout<WaveConstants<Lane1>>.stride / MemoryLayout<Double>.stride
    return (record * count * width + 7) & ~7
  }
}

/// A pair of a wave and one of its ancestors: where elements of a matrix over the joints come from.
///
/// Entry k of `ancestors`, `rows` and `mirrors` belongs to column k / width: slot of the ancestor, and where the
/// elements (ancestor, body) and (body, ancestor) stand in a row-major matrix. A lane without an ancestor at that
/// level writes behind the matrix.
@frozen public struct WaveColumn: BitwiseCopyable {
  /// The wave of the bodies.
  public var wave: Int32
  /// The wave of all ancestors when they stand in their bodies' lanes; -1 when they must be gathered.
  public var direct: Int32
  /// A pair of its parts.
  @_transparent public init(wave: Int32, direct: Int32) {
    self.wave = wave
    self.direct = direct
  }
}
