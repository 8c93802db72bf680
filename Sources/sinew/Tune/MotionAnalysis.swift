import Foundation
import JointControl
import Tuning

/// Experiments whose motion is looked at: friction, inertia, delay.
extension ExperimentAnalysis {
  /// Friction by speed.
  var friction: Shown {
    guard let map = FrictionMap(record) else {
      return Self.nothing(
        "coulomb_nm", "Coulomb friction", "N.m",
        because: "no two speeds both ways; give lower ones with --speeds, or a longer way with --amplitude")
    }
    var shown = Shown()
    shown.figures = [
      TuneFigure("coulomb_nm", "Coulomb friction", "N.m", map.coulomb),
      TuneFigure("viscous_nms_rad", "viscous friction", "N.m.s/rad", map.viscous),
      TuneFigure("stribeck_nm", "more than that at small speeds", "N.m", map.stribeck),
      TuneFigure("stribeck_speed_rad_s", "gone at about", "rad/s", map.stribeckVelocity),
      TuneFigure("load_friction", "friction of a load, as a part of it", "", map.loadShare),
      TuneFigure("offset_nm", "the same both ways", "N.m", map.offset),
      TuneFigure("residual_nm", "not explained", map.residual, "N.m"),
    ]
    let fastest = map.points.map(\.velocity.magnitude).max() ?? 1
    let speeds = (1...60).map { Double($0) / 60 * fastest }
    func fitted(_ speed: Double) -> Double {
      let slow = map.stribeckVelocity.value
      let part = slow > 0 ? exp(-pow(speed / slow, 2)) : 0
      return map.coulomb.value + map.stribeck.value * part + map.viscous.value * speed
    }
    shown.curves = [
      Self.curve(
        "friction_map", "friction over speed", ("speed", "rad/s"), ("torque without weight", "N.m"),
        [
          TuneCurve.Series(title: "measured", x: map.points.map(\.velocity), y: map.points.map(\.torque)),
          TuneCurve.Series(
            title: "fitted", x: speeds.reversed().map { -$0 } + [.nan] + speeds,
            y: speeds.reversed().map { -fitted($0) } + [.nan] + speeds.map(fitted), isReference: true),
        ])
    ]
    return shown
  }

  /// What moves the joint, where the record has acceleration.
  var inertia: Shown {
    guard let fit = MotionFit(record, step: step) else {
      return Self.nothing(
        "inertia_kgm2", "inertia", "kg.m^2", because: "the joint hardly moved; use a larger amplitude")
    }
    return Shown(figures: [
      TuneFigure("inertia_kgm2", "inertia", "kg.m^2", fit.inertia),
      TuneFigure("viscous_nms_rad", "viscous friction", "N.m.s/rad", fit.viscous),
      TuneFigure("coulomb_nm", "Coulomb friction", "N.m", fit.coulomb),
      TuneFigure("delay_s", "delay of the host's loop", "s", fit.delay),
      TuneFigure("velocity_lag_s", "velocity later than position", "s", fit.velocityLag),
      TuneFigure("residual_nm", "not explained", fit.residual, "N.m"),
    ])
  }

  /// Time until a torque is seen.
  var delay: Shown {
    guard let found = DelayEstimate(record, step: step) else {
      return Self.nothing(
        "delay_s", "delay of the host's loop", "s", because: "the joint hardly moved; use a larger amplitude")
    }
    return Shown(figures: [
      TuneFigure("delay_s", "delay of the host's loop", "s", found.delay),
      TuneFigure("correlated_delay_s", "the same by correlation", found.correlated, "s"),
      TuneFigure("correlation", "highest correlation", found.correlation, ""),
      TuneFigure("velocity_lag_s", "velocity later than position", "s", found.velocityLag),
    ])
  }

  /// Smallest difference of measured positions [rad]; nil where none is known.
  private var step: Double? { joint.measuredQuantum > 0 ? joint.measuredQuantum : nil }
}
