import CRealMath

/// A number for each of `width` bodies, worked on together: the lanes of one vector register.
///
/// Every operation is element by element and rounds like the scalar one, so a result does not depend on the width.
/// Memory is counted in records: a record of n lanes keeps component c of lane l at double c * width + l.
public protocol Lane: BitwiseCopyable {
  /// Where the lanes of a gathered record stand, in doubles from the start of the records.
  associatedtype Places: BitwiseCopyable
  /// Number of lanes.
  static var width: Int { get }
  /// The same number in every lane.
  init(_ value: Double)
  /// Sum.
  static func + (a: Self, b: Self) -> Self
  /// Difference.
  static func - (a: Self, b: Self) -> Self
  /// Product.
  static func * (a: Self, b: Self) -> Self
  /// Quotient.
  static func / (a: Self, b: Self) -> Self
  /// The opposite number.
  static prefix func - (a: Self) -> Self
  /// a * b + c; rounds once in a native build.
  static func madd(_ a: Self, _ b: Self, _ c: Self) -> Self
  /// c - a * b; rounds once in a native build.
  static func nmadd(_ a: Self, _ b: Self, _ c: Self) -> Self
  /// Places of the records in `slots` (one a lane), for records of `record` lanes.
  static func places(_ slots: UnsafePointer<Int32>, record: Int) -> Places
  /// Component `component` of the records at `places`.
  static func gather(_ memory: UnsafePointer<Double>, _ places: Places, _ component: Int) -> Self
  /// Writes each lane where its record says.
  func scatter(_ memory: UnsafeMutablePointer<Double>, _ slots: UnsafePointer<Int32>)
  /// Neighbouring numbers, wherever they stand.
  init(from memory: UnsafePointer<Double>)
  /// Writes the lanes as neighbours, wherever they stand.
  func write(to memory: UnsafeMutablePointer<Double>)
  /// Writes the first `count` lanes, at most all.
  func write(to memory: UnsafeMutablePointer<Double>, count: Int)
  /// Sine of an angle in the quadrant that the low bits of `k` count, from those of its rest.
  static func quadrantSine(_ sine: Self, _ cosine: Self, _ k: Self) -> Self
  /// Cosine of an angle in the quadrant that the low bits of `k` count, from those of its rest.
  static func quadrantCosine(_ sine: Self, _ cosine: Self, _ k: Self) -> Self
}

extension Lane {
  /// Double of component 0 in the record of a slot, for records of `record` lanes. A slot is wave * width + lane.
  @inlinable @inline(__always) public static func place(_ slot: Int32, record: Int) -> Int {
    let s = Int(slot)
    let lane = s & (width - 1)
    return (s - lane) * record + lane
  }
}

/// One number: a wave of width 1.
@frozen public struct Lane1: Lane {
  /// The number.
  public var value: Double
  /// Lanes of their values.
  @_transparent public init(value: Double) { self.value = value }
  /// The same number in every lane.
  @_transparent public init(_ value: Double) { self.value = value }
  /// Number of lanes.
  @inlinable public static var width: Int { @_transparent get { 1 } }
  /// Sum.
  @_transparent public static func + (a: Self, b: Self) -> Self { Lane1(value: a.value + b.value) }
  /// Difference.
  @_transparent public static func - (a: Self, b: Self) -> Self { Lane1(value: a.value - b.value) }
  /// Product.
  @_transparent public static func * (a: Self, b: Self) -> Self { Lane1(value: a.value * b.value) }
  /// Quotient.
  @_transparent public static func / (a: Self, b: Self) -> Self { Lane1(value: a.value / b.value) }
  /// The opposite number.
  @_transparent public static prefix func - (a: Self) -> Self { Lane1(value: -a.value) }
  /// a * b + c.
  @_transparent public static func madd(_ a: Self, _ b: Self, _ c: Self) -> Self {
    Lane1(value: real_madd1(a.value, b.value, c.value))
  }
  /// c - a * b.
  @_transparent public static func nmadd(_ a: Self, _ b: Self, _ c: Self) -> Self {
    Lane1(value: real_nmadd1(a.value, b.value, c.value))
  }
  /// Places of the records in `slots`.
  @inlinable @inline(__always)
  public static func places(_ slots: UnsafePointer<Int32>, record: Int) -> Int {
    place(slots[0], record: record)
  }
  /// Places of the records in `slots`.
  @inlinable @inline(__always)
  public static func gather(_ memory: UnsafePointer<Double>, _ places: Int, _ component: Int) -> Self {
    Lane1(value: memory[places &+ component])
  }
  /// Writes each lane where its entry says.
  @inlinable @inline(__always)
  public func scatter(_ memory: UnsafeMutablePointer<Double>, _ slots: UnsafePointer<Int32>) {
    memory[Int(slots[0])] = value
  }
  /// Neighbouring numbers, wherever they stand.
  @_transparent public init(from memory: UnsafePointer<Double>) { value = memory[0] }
  /// Writes the lanes as neighbours, wherever they stand.
  @_transparent public func write(to memory: UnsafeMutablePointer<Double>) { memory[0] = value }
  /// Writes the first `count` lanes, at most all.
  @inlinable @inline(__always)
  public func write(to memory: UnsafeMutablePointer<Double>, count: Int) {
    if count > 0 { memory[0] = value }
  }
  /// Sine of an angle in the quadrant that the low bits of `k` count.
  @_transparent public static func quadrantSine(_ sine: Self, _ cosine: Self, _ k: Self) -> Self {
    Lane1(value: real_quadrant_sine1(sine.value, cosine.value, k.value))
  }
  /// Cosine of an angle in the quadrant that the low bits of `k` count.
  @_transparent public static func quadrantCosine(_ sine: Self, _ cosine: Self, _ k: Self) -> Self {
    Lane1(value: real_quadrant_cosine1(sine.value, cosine.value, k.value))
  }
}

/// Two numbers: a wave of width 2, one register of SSE2 or NEON.
@frozen public struct Lane2: Lane {
  /// Places of two records.
  @frozen public struct Places: BitwiseCopyable {
    /// First doubles of the records.
    public var a: Int, b: Int
    /// Places in the order of the lanes.
    @_transparent public init(_ a: Int, _ b: Int) {
      self.a = a
      self.b = b
    }
  }
  /// The numbers.
  public var value: SIMD2<Double>
  /// Lanes of their values.
  @_transparent public init(value: SIMD2<Double>) { self.value = value }
  /// The same number in every lane.
  @_transparent public init(_ value: Double) { self.value = SIMD2(value, value) }
  /// Number of lanes.
  @inlinable public static var width: Int { @_transparent get { 2 } }
  /// Sum.
  @_transparent public static func + (a: Self, b: Self) -> Self { Lane2(value: real_add2(a.value, b.value)) }
  /// Difference.
  @_transparent public static func - (a: Self, b: Self) -> Self { Lane2(value: real_sub2(a.value, b.value)) }
  /// Product.
  @_transparent public static func * (a: Self, b: Self) -> Self { Lane2(value: real_mul2(a.value, b.value)) }
  /// Quotient.
  @_transparent public static func / (a: Self, b: Self) -> Self { Lane2(value: real_div2(a.value, b.value)) }
  /// The opposite number.
  @_transparent public static prefix func - (a: Self) -> Self { Lane2(value: real_neg2(a.value)) }
  /// a * b + c.
  @_transparent public static func madd(_ a: Self, _ b: Self, _ c: Self) -> Self {
    Lane2(value: real_madd2(a.value, b.value, c.value))
  }
  /// c - a * b.
  @_transparent public static func nmadd(_ a: Self, _ b: Self, _ c: Self) -> Self {
    Lane2(value: real_nmadd2(a.value, b.value, c.value))
  }
  /// Places of the records in `slots`.
  @inlinable @inline(__always)
  public static func places(_ slots: UnsafePointer<Int32>, record: Int) -> Places {
    Places(place(slots[0], record: record), place(slots[1], record: record))
  }
  /// Places of the records in `slots`.
  @inlinable @inline(__always)
  public static func gather(_ memory: UnsafePointer<Double>, _ places: Places, _ component: Int) -> Self {
    let c = component &* 2
    return Lane2(value: SIMD2(memory[places.a &+ c], memory[places.b &+ c]))
  }
  /// Writes each lane where its entry says.
  @inlinable @inline(__always)
  public func scatter(_ memory: UnsafeMutablePointer<Double>, _ slots: UnsafePointer<Int32>) {
    memory[Int(slots[0])] = value.x
    memory[Int(slots[1])] = value.y
  }
  /// Neighbouring numbers, wherever they stand.
  @_transparent public init(from memory: UnsafePointer<Double>) { value = real_load2(memory) }
  /// Writes the lanes as neighbours, wherever they stand.
  @_transparent public func write(to memory: UnsafeMutablePointer<Double>) { real_store2(memory, value) }
  /// Writes the first `count` lanes, at most all.
  @inlinable @inline(__always)
  public func write(to memory: UnsafeMutablePointer<Double>, count: Int) {
    if count > 0 { memory[0] = value.x }
    if count > 1 { memory[1] = value.y }
  }
  /// Sine of an angle in the quadrant that the low bits of `k` count.
  @_transparent public static func quadrantSine(_ sine: Self, _ cosine: Self, _ k: Self) -> Self {
    Lane2(value: real_quadrant_sine2(sine.value, cosine.value, k.value))
  }
  /// Cosine of an angle in the quadrant that the low bits of `k` count.
  @_transparent public static func quadrantCosine(_ sine: Self, _ cosine: Self, _ k: Self) -> Self {
    Lane2(value: real_quadrant_cosine2(sine.value, cosine.value, k.value))
  }
}

/// Four numbers: a wave of width 4, one register of AVX2.
@frozen public struct Lane4: Lane {
  /// Places of four records.
  @frozen public struct Places: BitwiseCopyable {
    /// First doubles of the records.
    public var a: Int, b: Int, c: Int, d: Int
    /// Places in the order of the lanes.
    @_transparent public init(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
      self.a = a
      self.b = b
      self.c = c
      self.d = d
    }
  }
  /// The numbers.
  public var value: SIMD4<Double>
  /// Lanes of their values.
  @_transparent public init(value: SIMD4<Double>) { self.value = value }
  /// The same number in every lane.
  @_transparent public init(_ value: Double) { self.value = SIMD4(value, value, value, value) }
  /// Number of lanes.
  @inlinable public static var width: Int { @_transparent get { 4 } }
  /// Sum.
  @_transparent public static func + (a: Self, b: Self) -> Self { Lane4(value: real_add4(a.value, b.value)) }
  /// Difference.
  @_transparent public static func - (a: Self, b: Self) -> Self { Lane4(value: real_sub4(a.value, b.value)) }
  /// Product.
  @_transparent public static func * (a: Self, b: Self) -> Self { Lane4(value: real_mul4(a.value, b.value)) }
  /// Quotient.
  @_transparent public static func / (a: Self, b: Self) -> Self { Lane4(value: real_div4(a.value, b.value)) }
  /// The opposite number.
  @_transparent public static prefix func - (a: Self) -> Self { Lane4(value: real_neg4(a.value)) }
  /// a * b + c.
  @_transparent public static func madd(_ a: Self, _ b: Self, _ c: Self) -> Self {
    Lane4(value: real_madd4(a.value, b.value, c.value))
  }
  /// c - a * b.
  @_transparent public static func nmadd(_ a: Self, _ b: Self, _ c: Self) -> Self {
    Lane4(value: real_nmadd4(a.value, b.value, c.value))
  }
  /// Places of the records in `slots`.
  @inlinable @inline(__always)
  public static func places(_ slots: UnsafePointer<Int32>, record: Int) -> Places {
    Places(
      place(slots[0], record: record), place(slots[1], record: record),
      place(slots[2], record: record), place(slots[3], record: record))
  }
  /// Places of the records in `slots`.
  @inlinable @inline(__always)
  public static func gather(_ memory: UnsafePointer<Double>, _ places: Places, _ component: Int) -> Self {
    let c = component &* 4
    return Lane4(
      value: SIMD4(
        memory[places.a &+ c], memory[places.b &+ c], memory[places.c &+ c], memory[places.d &+ c]))
  }
  /// Writes each lane where its entry says.
  @inlinable @inline(__always)
  public func scatter(_ memory: UnsafeMutablePointer<Double>, _ slots: UnsafePointer<Int32>) {
    memory[Int(slots[0])] = value.x
    memory[Int(slots[1])] = value.y
    memory[Int(slots[2])] = value.z
    memory[Int(slots[3])] = value.w
  }
  /// Neighbouring numbers, wherever they stand.
  @_transparent public init(from memory: UnsafePointer<Double>) { value = real_load4(memory) }
  /// Writes the lanes as neighbours, wherever they stand.
  @_transparent public func write(to memory: UnsafeMutablePointer<Double>) { real_store4(memory, value) }
  /// Writes the first `count` lanes, at most all.
  @inlinable @inline(__always)
  public func write(to memory: UnsafeMutablePointer<Double>, count: Int) {
    if count > 0 { memory[0] = value.x }
    if count > 1 { memory[1] = value.y }
    if count > 2 { memory[2] = value.z }
    if count > 3 { memory[3] = value.w }
  }
  /// Sine of an angle in the quadrant that the low bits of `k` count.
  @_transparent public static func quadrantSine(_ sine: Self, _ cosine: Self, _ k: Self) -> Self {
    Lane4(value: real_quadrant_sine4(sine.value, cosine.value, k.value))
  }
  /// Cosine of an angle in the quadrant that the low bits of `k` count.
  @_transparent public static func quadrantCosine(_ sine: Self, _ cosine: Self, _ k: Self) -> Self {
    Lane4(value: real_quadrant_cosine4(sine.value, cosine.value, k.value))
  }
}
