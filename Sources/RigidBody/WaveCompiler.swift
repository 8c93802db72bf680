import LaneMath

/// Writes the tables and constants of a schedule into memory of its own.
///
/// Matrices over the joints are numbered by body: the base's six, then body i at base + i - 1. Without mimic joints that
/// is the order of velocities.
struct WaveCompiler {
  private let bodies: [BodyConstants]
  /// The bodies with the masses as `WaveConstants` counts them.
  private let counted: [BodyConstants]
  private let schedule: WaveSchedule
  private let base: Int

  /// The waves of a model whose base has `base` velocities (0 or 6); `width` nil chooses what is cheapest on this processor.
  static func compile(bodies: [BodyConstants], base: Int, width: LaneWidth?) -> (
    tree: WaveTree, slots: UnsafePointer<Int32>, order: [[Int]]
  ) {
    let compiler = WaveCompiler(
      bodies: bodies, counted: bodies.countedOnAxes, schedule: choose(bodies, width: width), base: base)
    return (
      compiler.tree(), copy(bodies.indices.map(compiler.slot)), Array(compiler.schedule.waves.dropFirst())
    )
  }

  private static func choose(_ bodies: [BodyConstants], width: LaneWidth?) -> WaveSchedule {
    let parents = bodies.map { Int($0.parent) }
    let slides = bodies.map { $0.isPrismatic }
    func schedule(_ width: LaneWidth) -> WaveSchedule {
      WaveSchedule(parents: parents, slides: slides, width: width.rawValue)
    }
    if let width { return schedule(width) }
    // A wave of several lanes costs about a fifth more than one of one lane.
    let single = schedule(.one)
    let wide = schedule(.ofProcessor)
    return wide.cost * 1.2 < single.cost ? wide : single
  }

  private func slot(_ body: Int) -> Int32 {
    let place = schedule.places[body]
    return Int32(place.wave * schedule.width + place.lane)
  }

  private func tree() -> WaveTree {
    let width = schedule.width
    let count = schedule.waves.count
    let nothing = Int32(count * width)
    var shapes: [WaveShape] = []
    var parents: [Int32] = []
    var children: [Int32] = []
    var isGathered = [Bool](repeating: false, count: count)
    for child in schedule.children[0] { isGathered[schedule.places[child].wave] = true }
    for wave in 0..<count {
      for lane in 0..<width {
        let body = schedule.waves[wave][lane]
        let above = wave == 0 ? 0 : Int32((wave - 1) * width + lane)
        // The base stands in every lane of wave 0.
        let parent = body > 0 ? Int(bodies[body].parent) : -1
        parents.append(parent < 0 ? above : (parent == 0 ? Int32(lane) : slot(parent)))
      }
      let carries = schedule.carries(wave)
      let first = children.count / width
      var rounds = 0
      if wave > 0 {
        let families = schedule.waves[wave].map {
          $0 < 0 ? [] : Array(schedule.children[$0].dropFirst(carries ? 1 : 0))
        }
        rounds = families.map { $0.count }.max() ?? 0
        for round in 0..<rounds {
          for family in families {
            children.append(round < family.count ? slot(family[round]) : nothing)
            if round < family.count { isGathered[schedule.places[family[round]].wave] = true }
          }
        }
      }
      shapes.append(
        WaveShape(
          isPrismatic: schedule.waves[wave].contains { $0 > 0 && bodies[$0].isPrismatic },
          descends: wave > 0 && schedule.descends(wave), carries: carries, isGathered: false,
          rounds: Int32(rounds), firstRound: Int32(first)))
    }
    for wave in 0..<count { shapes[wave].isGathered = isGathered[wave] }
    let columns = Columns(bodies: bodies, schedule: schedule, base: base)
    return WaveTree(
      count: count, width: width, shapes: copy(shapes), parents: copy(parents), children: copy(children),
      baseChildren: copy(schedule.children[0].map(slot)), baseChildCount: schedule.children[0].count,
      hasArmature: bodies.contains { $0.armature != 0 },
      bearsMass: counted.dropFirst().contains { $0.subtreeMass != 0 },
      constants: UnsafeRawPointer(constants()), columns: copy(columns.columns),
      columnCount: columns.columns.count,
      ancestors: copy(columns.ancestors), rows: copy(columns.rows), mirrors: copy(columns.mirrors))
  }

  /// Constants in lanes: component c of lane l at double c * width + l of its wave's record.
  private func constants() -> UnsafeMutablePointer<Double> {
    let width = schedule.width
    let components = MemoryLayout<WaveConstants<Lane1>>.stride / MemoryLayout<Double>.stride
    // Whole cache lines, as `WaveTree.constantCount` says.
    let memory = allocate(Double.self, (components * schedule.waves.count * width + 7) & ~7)
    var next = memory
    for wave in schedule.waves {
      for (lane, body) in wave.enumerated() {
        let values = body < 0 ? Self.idle : Self.components(of: counted[body])
        for (c, value) in values.enumerated() { next[c * width + lane] = value }
      }
      next += components * width
    }
    // The base is read in every lane.
    for c in 0..<components {
      for lane in 1..<max(width, 2) where lane < width { memory[c * width + lane] = memory[c * width] }
    }
    return memory
  }

  private static let idle: [Double] = {
    var values = [Double](repeating: 0, count: 30)
    for c in [0, 4, 8, 29] { values[c] = 1 }
    return values
  }()

  /// In the order of `WaveConstants`. Adding zero turns a minus zero into zero.
  private static func components(of body: BodyConstants) -> [Double] {
    let r = body.rotation
    let t = body.translation
    let h = body.firstMoment
    let i = body.inertia
    // Second moment from the inertia: tr(I)/2 - I.
    let half = 0.5 * (i.xx + i.yy + i.zz)
    let values = [
      r.xx, r.xy, r.xz, r.yx, r.yy, r.yz, r.zx, r.zy, r.zz, t.x, t.y, t.z, body.mass, h.x, h.y, h.z,
      half - i.xx, -i.xy, half - i.yy, -i.xz, -i.yz, half - i.zz, i.xx, i.xy, i.yy, i.xz, i.yz, i.zz,
      body.subtreeMass, body.armature,
    ]
    return values.map { $0 + 0 }
  }
}

/// The pairs of bodies and ancestors, wave by wave, for matrices over the joints.
private struct Columns {
  var columns: [WaveColumn] = []
  var ancestors: [Int32] = []
  var rows: [Int32] = []
  var mirrors: [Int32] = []

  init(bodies: [BodyConstants], schedule: WaveSchedule, base: Int) {
    let order = base + bodies.count - 1
    let width = schedule.width
    let behind = Int32(order * order)
    for wave in schedule.waves.indices.dropFirst() {
      var current = schedule.waves[wave]
      while current.contains(where: { $0 > 0 }) {
        var direct: Int32?
        for lane in 0..<width where current[lane] > 0 {
          let place = schedule.places[current[lane]]
          let here = place.lane == lane ? Int32(place.wave) : -1
          direct = direct == nil || direct == here ? here : -1
        }
        columns.append(WaveColumn(wave: Int32(wave), direct: direct ?? -1))
        for lane in 0..<width {
          let above = current[lane]
          if above > 0 {
            let row = Int32(base + above - 1)
            let column = Int32(base + schedule.waves[wave][lane] - 1)
            let place = schedule.places[above]
            ancestors.append(Int32(place.wave * width + place.lane))
            rows.append(row * Int32(order) + column)
            mirrors.append(column * Int32(order) + row)
            current[lane] = Int(bodies[above].parent)
          } else {
            ancestors.append(0)
            rows.append(behind)
            mirrors.append(behind)
          }
        }
      }
    }
  }
}

/// Memory that lives as long as the model.
private func allocate<T: BitwiseCopyable>(_: T.Type, _ count: Int) -> UnsafeMutablePointer<T> {
  let size = max(count, 1) * MemoryLayout<T>.stride
  let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
  memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  return memory.bindMemory(to: T.self, capacity: max(count, 1))
}

func copy<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T> {
  let memory = allocate(T.self, values.count)
  for (i, value) in values.enumerated() { memory[i] = value }
  return UnsafePointer(memory)
}

extension WaveTree {
  /// Frees what `WaveCompiler` allocated.
  func deallocate() {
    shapes.deallocate()
    parents.deallocate()
    children.deallocate()
    baseChildren.deallocate()
    constants.deallocate()
    columns.deallocate()
    ancestors.deallocate()
    rows.deallocate()
    mirrors.deallocate()
  }
}
