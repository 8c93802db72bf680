/// What the wave kernels write; raw, because the width is chosen at run time. Arrays of doubles are in slot order.
@frozen public struct WaveMemory: BitwiseCopyable {
  /// One `WaveConstants` a wave: the tree's, or this workspace's own copy where some of them depend on the positions.
  public var constants: UnsafeRawPointer
  /// Joint positions [rad or m], their sines and cosines, rates, accelerations and forces.
  public var positions: UnsafeMutablePointer<Double>
  /// Sines of the positions.
  public var sines: UnsafeMutablePointer<Double>
  /// Sines of the positions.
  public var cosines: UnsafeMutablePointer<Double>
  /// Joint rates.
  public var rates: UnsafeMutablePointer<Double>
  /// Joint accelerations.
  public var accelerations: UnsafeMutablePointer<Double>
  /// Joint forces [N.m or N].
  public var forces: UnsafeMutablePointer<Double>
  /// `WavePlacement` a wave: `parentFromBody`.
  public var placements: UnsafeMutableRawPointer
  /// `WavePlacement` a wave: `worldFromBody` less the base's position; `baseFromBody` in `massMatrix`.
  public var poses: UnsafeMutableRawPointer
  /// Motions: up to 12 lanes a wave.
  public var motions: UnsafeMutableRawPointer
  /// `WaveSpatial` a wave: forces, joint screws, columns of the mass matrix.
  public var wrenches: UnsafeMutableRawPointer
  /// Joint screws.
  public var screws: UnsafeMutableRawPointer
  /// Columns of the mass matrix.
  public var columns: UnsafeMutableRawPointer
  /// What articulated bodies keep: 12 lanes a wave.
  public var articulations: UnsafeMutableRawPointer
  /// Joint screws with their rates, and what composite bodies answer to them: 18 and 21 lanes a wave.
  public var trios: UnsafeMutableRawPointer
  /// See `trios`.
  public var reactions: UnsafeMutableRawPointer
  /// Shares for parents, by lanes a record: 3, 6, 9 and 27. Behind the last wave stands a record of minus zeros.
  public var shares3: UnsafeMutableRawPointer
  /// Shares of more lanes a record.
  public var shares6: UnsafeMutableRawPointer
  /// Shares of more lanes a record.
  public var shares9: UnsafeMutableRawPointer
  /// Shares of more lanes a record.
  public var shares27: UnsafeMutableRawPointer

  /// Doubles that a workspace needs for `count` waves of `width` lanes.
  public static func size(count: Int, width: Int) -> Int {
    6 * padded(count * width) + (12 + 12 + 12 + 6 + 6 + 6 + 12 + 18 + 21) * count * width
      + (3 + 6 + 9 + 27) * (count + 1) * width
  }

  /// Joint arrays are worked on four at a time.
  private static func padded(_ n: Int) -> Int { (n + 3) & ~3 }

  /// Divides `memory`, zeroed doubles aligned to 32 bytes, `size` of them.
  public init(
    _ memory: UnsafeMutablePointer<Double>, count: Int, width: Int, constants: UnsafeRawPointer
  ) {
    self.constants = constants
    var next = memory
    func take(_ n: Int) -> UnsafeMutablePointer<Double> {
      defer { next += n }
      return next
    }
    func records(_ lanes: Int) -> UnsafeMutableRawPointer {
      UnsafeMutableRawPointer(take(lanes * count * width))
    }
    func shares(_ lanes: Int) -> UnsafeMutableRawPointer {
      let start = take(lanes * (count + 1) * width)
      for i in (lanes * count * width)..<(lanes * (count + 1) * width) { start[i] = -0.0 }
      return UnsafeMutableRawPointer(start)
    }
    let n = Self.padded(count * width)
    positions = take(n)
    sines = take(n)
    cosines = take(n)
    rates = take(n)
    accelerations = take(n)
    forces = take(n)
    // Every part is a multiple of `width` doubles long, and the joint arrays of 4, so lanes stand aligned.
    placements = records(12)
    poses = records(12)
    motions = records(12)
    wrenches = records(6)
    screws = records(6)
    columns = records(6)
    articulations = records(12)
    trios = records(18)
    reactions = records(21)
    shares3 = shares(3)
    shares6 = shares(6)
    shares9 = shares(9)
    shares27 = shares(27)
  }
}

/// The waves of a model and of a workspace, typed by the width of their lanes.
@frozen public struct Waves<L: Lane>: BitwiseCopyable {
  /// The model's part.
  public let tree: WaveTree
  /// The workspace's part.
  public let memory: WaveMemory

  /// Types the waves; the tree must be of `L`'s width.
  @_transparent public init(_ tree: WaveTree, _ memory: WaveMemory) {
    self.tree = tree
    self.memory = memory
  }

  @inlinable @inline(__always) func lanes(_ p: UnsafeMutablePointer<Double>) -> UnsafeMutablePointer<L> {
    UnsafeMutableRawPointer(p).assumingMemoryBound(to: L.self)
  }
  /// Number of waves.
  @inlinable public var count: Int { @inline(__always) get { tree.count } }
  /// Shapes.
  @inlinable public var shapes: UnsafePointer<WaveShape> { @inline(__always) get { tree.shapes } }
  /// Constants.
  @inlinable public var constants: UnsafePointer<WaveConstants<L>> {
    @inline(__always) get { memory.constants.assumingMemoryBound(to: WaveConstants<L>.self) }
  }
  /// Joint positions.
  @inlinable public var positions: UnsafeMutablePointer<L> {
    @inline(__always) get { lanes(memory.positions) }
  }
  /// Their sines.
  @inlinable public var sines: UnsafeMutablePointer<L> { @inline(__always) get { lanes(memory.sines) } }
  /// Their cosines.
  @inlinable public var cosines: UnsafeMutablePointer<L> { @inline(__always) get { lanes(memory.cosines) } }
  /// Joint rates.
  @inlinable public var rates: UnsafeMutablePointer<L> { @inline(__always) get { lanes(memory.rates) } }
  /// Joint accelerations.
  @inlinable public var accelerations: UnsafeMutablePointer<L> {
    @inline(__always) get { lanes(memory.accelerations) }
  }
  /// Joint forces.
  @inlinable public var forces: UnsafeMutablePointer<L> { @inline(__always) get { lanes(memory.forces) } }
  /// `parentFromBody`.
  @inlinable public var placements: UnsafeMutablePointer<WavePlacement<L>> {
    @inline(__always) get { memory.placements.assumingMemoryBound(to: WavePlacement<L>.self) }
  }
  /// `worldFromBody` less the base's position.
  @inlinable public var poses: UnsafeMutablePointer<WavePlacement<L>> {
    @inline(__always) get { memory.poses.assumingMemoryBound(to: WavePlacement<L>.self) }
  }
  /// Wrenches.
  @inlinable public var wrenches: UnsafeMutablePointer<WaveSpatial<L>> {
    @inline(__always) get { memory.wrenches.assumingMemoryBound(to: WaveSpatial<L>.self) }
  }
  /// Joint screws.
  @inlinable public var screws: UnsafeMutablePointer<WaveSpatial<L>> {
    @inline(__always) get { memory.screws.assumingMemoryBound(to: WaveSpatial<L>.self) }
  }
  /// Columns of the mass matrix.
  @inlinable public var columns: UnsafeMutablePointer<WaveSpatial<L>> {
    @inline(__always) get { memory.columns.assumingMemoryBound(to: WaveSpatial<L>.self) }
  }

  /// `parentFromBody` of a turning joint.
  @inlinable @inline(__always) public func turnedRotation(_ i: Int) -> LaneMatrix<L> {
    constants[i].rotation.turned(sine: sines[i], cosine: cosines[i])
  }
  /// Where the bodies of wave `i` stand in their parents; sliding joints have left it in the placements.
  @inlinable @inline(__always) public func offset(_ i: Int) -> LaneVector<L> {
    shapes[i].isPrismatic ? placements[i].translation : constants[i].translation
  }

  /// Places of the parents of wave `i`, for records of `record` lanes.
  @inlinable @inline(__always) public func parentPlaces(_ i: Int, record: Int) -> L.Places {
    L.places(tree.parents + i &* L.width, record: record)
  }
  /// Places of the children of round `k` of wave `i`, for records of `record` lanes.
  @inlinable @inline(__always)
  public func childPlaces(_ shape: WaveShape, _ k: Int32, record: Int) -> L.Places {
    L.places(tree.children + Int(shape.firstRound &+ k) &* L.width, record: record)
  }
  /// First double of the record of the base's child `k`, for records of `record` lanes.
  @inlinable @inline(__always) public func baseChildPlace(_ k: Int, record: Int) -> Int {
    L.place(tree.baseChildren[k], record: record)
  }
}

/// Records as the doubles that gathers read.
@inlinable @inline(__always) public func doubles(_ p: UnsafeMutableRawPointer) -> UnsafePointer<Double> {
  UnsafePointer(p.assumingMemoryBound(to: Double.self))
}
