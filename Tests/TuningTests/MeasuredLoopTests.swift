import Numerics
import TestSupport
import Testing
import Tuning

/// A joint without friction behind a drive that closes its loop every 250 us, and answers once a millisecond.
///
/// The drive answers a command with what it measured before it takes it. Its current follows with a lag of first order, its velocity is that of
/// a filter; the loop is known by its own equation.
private struct ClosedDrive {
  var inertia = 0.08
  var viscous = 0.1
  var stiffness = 150.0
  var damping = 5.0
  var quantum = 3.8e-4
  /// Part of a step after which a command comes in.
  var arrival = 0.6
  /// Torque that is reported over the one that is given.
  var reported = 1.0

  private static let step = 250e-6
  private static let current = Double.exp(-2 * .pi * 1000 * step)
  private static let filter = Double.exp(-2 * .pi * 400 * step)

  /// What a chirp makes of it.
  func record(_ excitation: [Double]) -> JointRecord? {
    let (step, pole) = (Self.step, Self.filter)
    let (positionGain, velocityGain) = (1 - pole * pole, (1 - pole) * (1 - pole) / step)
    var (position, velocity, torque, tracked, speed, command) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    var rows = (positions: [0.0], velocities: [0.0], torques: [0.0])
    for asked in excitation {
      for part in 0..<4 {
        if part == 1 { command = asked }
        let error = position - tracked - step * speed
        tracked += step * speed + positionGain * error
        speed += velocityGain * error
        let wanted = command - stiffness * position - damping * speed
        torque = wanted + Self.current * (torque - wanted)
        velocity += step * (torque - viscous * velocity) / inertia
        let before = position
        position += step * velocity
        if part == 0 {
          let seen = before + arrival * (position - before)
          rows.positions.append((seen / quantum).rounded() * quantum)
          rows.velocities.append(speed)
          rows.torques.append(reported * torque)
        }
      }
    }
    let count = excitation.count
    let (positions, velocities) = (Array(rows.positions.prefix(count)), Array(rows.velocities.prefix(count)))
    let times = (0..<count).map { 1e-3 * Double($0) }
    let applied = (0..<count).map {
      excitation[$0] - stiffness * positions[$0] - damping * velocities[$0]
    }
    return JointRecord(
      period: 1e-3, times: times, positions: positions, velocities: velocities,
      torques: Array(rows.torques.prefix(count)), appliedTorques: applied,
      commandedPositions: times.map { _ in 0 }, excitations: excitation, parts: times.map { _ in 0 })
  }

  /// The open loop of gains by the equations above.
  func loop(_ stiffness: Double, _ damping: Double, at frequency: Double) -> Complex<Double> {
    let step = Self.step
    let z = Complex(length: 1, phase: frequency * step)
    let one = Complex(1.0)
    let current = Complex(1 - Self.current) / (one - Complex(Self.current) / z)
    let velocity = Complex(step / inertia) / (z - one + Complex(step * viscous / inertia))
    let position = Complex(step) * z * velocity / (z - one)
    let pole = Complex(Self.filter)
    let filter =
      Complex((1 - Self.filter) * (1 - Self.filter) / step) * z * (z - one) / ((z - pole) * (z - pole))
    return current * position * (Complex(stiffness) + Complex(damping) * filter)
  }

  /// Its margins.
  func margins(_ stiffness: Double, _ damping: Double) -> LoopMargins {
    LoopMargins(
      of: FrequencyResponse(at: FrequencyResponse.logarithmic(from: 5, to: 5000, count: 4000)) {
        loop(stiffness, damping, at: $0)
      })
  }

  var drive: MeasuredLoop.Drive {
    MeasuredLoop.Drive(stiffness: stiffness, damping: damping, period: Self.step)
  }

  /// A chirp of 2 to 150 Hz.
  static func chirp(_ amplitude: Double, seconds: Double = 10) -> [Double] {
    let count = Int(1000 * seconds)
    let growth = Double.exp(Double.log(75) / Double(count))
    var (frequency, turns) = (2.0, 0.0)
    return (0..<count).map { index in
      let edge = min(1, 4e-3 * Double(min(index, count - index)))
      defer {
        turns += 1e-3 * frequency
        frequency *= growth
      }
      return amplitude * edge * Double.sin(2 * .pi * turns)
    }
  }
}

/// Loops as they are measured: what the drive's reports make of them, and where a margin is none.
@Suite("Measured loops") struct MeasuredLoopTests {
  private static let swept = 2 * Double.pi * 2...2 * Double.pi * 150

  @Test(
    "Margins of random drives that close their loop are those of their equations, within 1 deg and 0.2 dB")
  func drives() throws {
    var random = SeededGenerator(seed: 71)
    for _ in 0..<6 {
      var joint = ClosedDrive()
      joint.inertia *= Double.random(in: 0.3...3, using: &random)
      let rate = 2 * Double.pi * Double.random(in: 5...12, using: &random)
      joint.stiffness = joint.inertia * rate * rate
      joint.damping = 1.4 * joint.inertia * rate
      joint.arrival = Double.random(in: 0.05...1, using: &random)
      let amplitude = 0.03 * joint.stiffness
      let record = try #require(joint.record(ClosedDrive.chirp(amplitude)))
      let measured = try #require(
        MeasuredLoop(record, averaging: .swept(Self.swept), drive: joint.drive))
      for (stiffer, damper) in [(1.0, 1.0), (2, 1.6), (0.6, 0.7)] {
        let (stiffness, damping) = (stiffer * joint.stiffness, damper * joint.damping)
        let found = try #require(measured.margins(stiffness: stiffness, damping: damping).phase)
        let truth = try #require(joint.margins(stiffness, damping).phase)
        #expect((found.value - truth.value).magnitude * 180 / .pi < 1, "\(joint) \(found) \(truth)")
        #expect((20 * Double.log10(found.frequency / truth.frequency)).magnitude < 0.2)
      }
    }
  }

  @Test("A drive's law is found: rows to the answer, its lateness, and what its reports are worth")
  func law() throws {
    for scale in [0.9, 1, 1.1] {
      var joint = ClosedDrive()
      joint.reported = scale
      let record = try #require(joint.record(ClosedDrive.chirp(6)))
      let law = try #require(
        MeasuredLoop(record, averaging: .swept(Self.swept), drive: joint.drive)?.law)
      #expect(law.rows == 2)
      #expect((law.scale / scale - 1).magnitude < 0.02, "\(law)")
      // A first-order lag of 1 kHz in steps, and the part of a step after which it is asked.
      let late = 250e-6 * (0.6 + 0.2079 / 0.7921)
      #expect((law.positionDelay - late).magnitude < 60e-6, "\(law)")
    }
  }

  @Test("Reports as they come in, a torque of the command before, are off by more than a degree")
  func uncorrected() throws {
    let joint = ClosedDrive()
    let record = try #require(joint.record(ClosedDrive.chirp(4)))
    let responses = try #require(
      FrequencyResponse.swept(
        input: record.excitations, outputs: [record.positions, record.velocities, record.torques],
        period: 1e-3, range: Self.swept))
    let (position, speed) = (responses[0].divided(by: responses[2]), responses[1].divided(by: responses[2]))
    let loop = FrequencyResponse(
      zip(position.points, speed.points).map {
        FrequencyResponse.Point(
          frequency: $0.frequency,
          value: Complex(joint.stiffness) * $0.value + Complex(joint.damping) * $1.value,
          coherence: $0.coherence)
      })
    let truth = try #require(joint.margins(joint.stiffness, joint.damping).phase)
    let found = try #require(LoopMargins(measured: loop, coherence: 0.95).phase)
    #expect((found.value - truth.value).magnitude * 180 / .pi > 1)
  }

  @Test("A record whose torque is not that of the gains has no loop, and one that is too short has none")
  func refused() throws {
    let joint = ClosedDrive()
    var record = try #require(joint.record(ClosedDrive.chirp(4)))
    var drive = joint.drive
    drive.stiffness *= 3
    drive.damping = 0
    #expect(MeasuredLoop(record, averaging: .swept(Self.swept), drive: drive) == nil)
    record.torques = record.torques.map { _ in 0 }
    #expect(MeasuredLoop(record, averaging: .swept(Self.swept), drive: joint.drive) == nil)
    let short = record.rows(0..<50)
    #expect(MeasuredLoop(short, averaging: .swept(Self.swept), drive: nil) == nil)
  }

  /// 40 / (s (1 + s / 30)) late by a little, with a coherence by frequency.
  private static func loop(_ coherence: (Double) -> Double, scatter: Double = 0) -> FrequencyResponse {
    var random = SeededGenerator(seed: 5)
    return FrequencyResponse(
      FrequencyResponse.logarithmic(from: 5, to: 400, count: 120).map { frequency in
        let s = Complex(0, frequency)
        let late = Complex(length: 1, phase: -0.004 * frequency)
        let noise = Complex(
          length: 1, phase: scatter > 0 ? Double.random(in: -scatter...scatter, using: &random) : 0)
        return FrequencyResponse.Point(
          frequency: frequency,
          value: Complex(40) / (s * (Complex(1) + s / Complex(30))) * late * noise,
          coherence: coherence(frequency))
      })
  }

  @Test("A margin is read within a run of trusted points, and never across a gap")
  func gaps() throws {
    let exact = LoopMargins(of: Self.loop { _ in 1 })
    let whole = LoopMargins(measured: Self.loop { _ in 0.99 }, coherence: 0.95)
    let (phase, gain) = (try #require(exact.phase), try #require(exact.gain))
    #expect((try #require(whole.phase).value - phase.value).magnitude * 180 / .pi < 0.3)
    #expect((20 * Double.log10(try #require(whole.gain).value / gain.value)).magnitude < 0.1)
    // Untrusted about half a turn: a line across it would say something.
    let holed = Self.loop { (0.9 * gain.frequency...1.02 * gain.frequency).contains($0) ? 0.24 : 0.97 }
    #expect(LoopMargins(of: holed.trusted(0.95)).gain != nil)
    #expect(LoopMargins(measured: holed, coherence: 0.95).gain == nil)
    #expect(LoopMargins(measured: holed, coherence: 0.95).phase != nil)
    let early = Self.loop { $0 < 1.02 * phase.frequency ? 0.97 : 0.5 }
    #expect(LoopMargins(measured: early, coherence: 0.95).phase == nil)
  }

  @Test("Points that scatter are read together, and not where they scatter too much")
  func scatter() throws {
    let exact = try #require(LoopMargins(of: Self.loop { _ in 1 }).phase)
    let noisy = Self.loop({ _ in 0.97 }, scatter: 0.05)
    let read = try #require(LoopMargins(measured: noisy, coherence: 0.95).phase)
    #expect((read.value - exact.value).magnitude * 180 / .pi < 1)
    #expect(LoopMargins(measured: Self.loop({ _ in 0.97 }, scatter: 0.5), coherence: 0.95).phase == nil)
  }
}
