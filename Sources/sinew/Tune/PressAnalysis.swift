import JointControl
import RigidBody
import Tuning

/// Experiments that press, turn back, or hold a weight: breakaway, backlash, stiffness, relay, gravity, torque constant.
extension ExperimentAnalysis {
  /// Torque at which the joint begins to move.
  var breakaway: Shown {
    guard let found = BreakawayResult(record, step: joint.measuredQuantum) else {
      return Self.nothing(
        "breakaway_nm", "break-away friction", "N.m", because: "the joint never moved; use a larger amplitude"
      )
    }
    var shown = Shown()
    shown.figures = [
      TuneFigure("breakaway_nm", "break-away friction", "N.m", found.friction),
      TuneFigure("offset_nm", "the same both ways", "N.m", found.offset),
    ]
    shown.curves = [torqueOverPosition]
    return shown
  }

  /// Play of the reducer.
  var backlash: Shown {
    guard let found = BacklashResult(record, step: joint.measuredQuantum) else {
      return Self.nothing(
        "backlash_rad", "play", "rad", because: "no two stretches of torque; let it last longer")
    }
    var shown = Shown()
    shown.figures = [
      TuneFigure("backlash_rad", "play", "rad", found.backlash),
      TuneFigure("reversals", "reversals", Double(found.reversalCount), ""),
    ]
    shown.curves = [torqueOverPosition]
    return shown
  }

  /// Stiffness against a joint whose output is held.
  var stiffness: Shown {
    guard let found = StiffnessResult(record, step: joint.measuredQuantum) else {
      return Self.nothing(
        "torsion_nm_rad", "torsional stiffness", "N.m/rad",
        because: "no torque both ways; use a larger amplitude")
    }
    var shown = Shown()
    shown.figures = [
      TuneFigure("torsion_nm_rad", "torsional stiffness, output held", "N.m/rad", found.stiffness),
      TuneFigure("hysteresis_rad", "hysteresis", "rad", found.hysteresis),
      TuneFigure("lost_motion_rad", "lost motion", "rad", found.lostMotion),
      TuneFigure("residual_rad", "not explained", found.residual, "rad"),
    ]
    shown.curves = [torqueOverPosition]
    return shown
  }

  /// Ultimate gain and period, read off the oscillation as it was measured.
  var relay: Shown {
    var settings = RelayExperiment.Settings(amplitude: experiment.amplitude)
    settings.centre = record.positions.first ?? 0
    settings.hysteresis = Self.relaySteps * joint.measuredQuantum
    settings.duration = .greatestFiniteMagnitude
    settings.tolerance = 0.1
    var relay = RelayExperiment(settings)
    // Before the first torque the joint stands.
    let first = record.excitations.firstIndex { $0 != 0 } ?? record.count
    for row in first..<record.count where relay.isRunning {
      _ = relay.update(record.positions[row], period: record.period)
    }
    guard case .done(let point) = relay.phase else {
      return Self.nothing(
        "ultimate_gain_nm_rad", "ultimate gain", "N.m/rad",
        because: "no four periods alike; use a larger amplitude, or let it last longer")
    }
    return Shown(figures: [
      TuneFigure(
        "ultimate_gain_nm_rad", "ultimate gain", point.gain, "N.m/rad",
        reason: "of a stiffness beside the joint's damping, by the describing function"),
      TuneFigure("ultimate_period_s", "ultimate period", point.period, "s"),
      TuneFigure("oscillation_rad", "amplitude of the oscillation", point.amplitude, "rad"),
      TuneFigure("asymmetry", "longer on one side by", point.asymmetry, ""),
    ])
  }

  /// Steps of the measured position that the excitation's relay has for hysteresis.
  private static let relaySteps = 4.0

  /// Torque of the weight over the pose.
  var gravity: Shown {
    guard let fit = GravityFit(record) else {
      return Self.nothing(
        "gravity_sine_nm", "weight along the sine", "N.m", because: "fewer than three poses from both sides")
    }
    var shown = Shown()
    shown.figures = [
      TuneFigure("gravity_sine_nm", "weight along the sine", "N.m", fit.sine),
      TuneFigure("gravity_cosine_nm", "weight along the cosine", "N.m", fit.cosine),
      TuneFigure("offset_nm", "no weight's", "N.m", fit.offset),
      TuneFigure("residual_nm", "not explained", fit.residual, "N.m"),
    ]
    let (low, high) = (fit.poses.first?.position ?? 0, fit.poses.last?.position ?? 1)
    let places = (0...60).map { low + (high - low) * Double($0) / 60 }
    let poses = fit.poses.map(\.position)
    shown.curves = [
      Self.curve(
        "weight", "torque of the weight", ("position", "rad"), ("torque", "N.m"),
        [
          TuneCurve.Series(title: "measured", x: poses, y: fit.poses.map(\.torque)),
          TuneCurve.Series(
            title: "fitted", x: places, y: places.map { fit.torque(at: $0) }, isReference: true),
          TuneCurve.Series(title: "by the model", x: places, y: places.map(weight), isReference: true),
        ])
    ]
    return shown
  }

  /// What the drive's torques are worth.
  var torqueConstant: Shown {
    guard let found = TorqueConstantResult(record, weight: weight) else {
      return Self.nothing(
        "torque_constant", "true torque over reported", "", because: "fewer than three poses from both sides")
    }
    return Shown(figures: [
      TuneFigure("torque_constant", "true torque over reported", "", found.scale),
      TuneFigure("offset_nm", "reported without load", "N.m", found.offset),
      TuneFigure("poses", "poses", Double(found.poseCount), ""),
    ])
  }

  /// Torque that holds the limb at a position by the model, the other joints at home [rad, N.m].
  private func weight(_ position: Double) -> Double {
    let data = ModelData(robot.model)
    var pose = [Double](repeating: 0, count: robot.model.positionCount)
    for other in robot.joints { pose[other.configuration.velocityIndex] = other.home }
    pose[joint.configuration.velocityIndex] = position
    return RigidBody.gravity(robot.model, data, q: pose)[joint.configuration.velocityIndex]
  }
}

extension RelayExperiment {
  /// Whether it still looks at positions.
  fileprivate var isRunning: Bool { if case .running = phase { true } else { false } }
}
