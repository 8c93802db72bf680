import Foundation
import JointControl

@testable import Simulation

/// Actuators made in code, for tests that need one part and not a profile.
enum SampleActuators {
  /// A motor of the size of a knee's, below saturation.
  static var motor: MotorModel {
    MotorModel(
      resistance: 0.195, inductance: 0.1375e-3, torqueConstant: 0.2, polePairs: 21, rotorInertia: 2.5e-4,
      peakCurrent: 43, currentBandwidth: 1000, supplyVoltage: 48)
  }

  /// An actuator with a reducer and a friction.
  static func model(
    _ reducer: ReducerModel, motor: MotorModel = SampleActuators.motor,
    friction: FrictionModel = FrictionModel(coulomb: 0)
  ) -> ActuatorModel {
    ActuatorModel(
      name: "sample", motor: motor, reducer: reducer, friction: friction,
      motorEncoder: EncoderModel(counts: 16384), peakTorque: 1000)
  }

  /// A linear spring between rotor and joint: the two-mass plant.
  static func spring(_ stiffness: Double, ratio: Double = 1, damping: Double = 0) -> ReducerModel {
    var reducer = ReducerModel(ratio: ratio)
    reducer.stiffness = (stiffness, stiffness, stiffness)
    reducer.damping = damping
    return reducer
  }

  /// HFUC-32-100 as its catalogue prints it: T1 29, T2 108 N.m, K1 6.7e4, K2 1.1e5, K3 1.2e5 N.m/rad.
  static var strainWave: StrainWave {
    StrainWave(
      ratio: 100, stiffness: (6.7e4, 1.1e5, 1.2e5), firstTorque: 29, secondTorque: 108, hysteresisLoss: 0,
      accuracy: 0, waveGeneratorInertia: 1.72e-4, efficiency: 1, ratchetTorque: .infinity)
  }
}

/// Amplitude of a line in samples over whole periods.
func lineAmplitude(_ samples: [Double], periods: Double) -> Double {
  var (real, imaginary) = (0.0, 0.0)
  for (index, sample) in samples.enumerated() {
    let angle = 2 * Double.pi * periods * Double(index) / Double(samples.count)
    real += sample * cos(angle)
    imaginary += sample * sin(angle)
  }
  return 2 * (real * real + imaginary * imaginary).squareRoot() / Double(samples.count)
}
