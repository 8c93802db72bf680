extension FaultCatalogue {
  /// Faults of the host's process, clock and disk.
  static let outside: [FaultEntry] = [
    FaultEntry(
      .setpointNaN, .host, [.joint, .host], numbers: [40], "positions asked for are no numbers"),
    FaultEntry(
      .setpointFrozen, .host, [.host], numbers: [43], "the source of setpoints is gone: no fresh ones come"),
    FaultEntry(
      .setpointJumps, .host, [.joint, .host], FaultIntensity("angle", "rad", standard: 0.5, in: -100...100),
      numbers: [41, 42, 45], "positions asked for are off by this"),
    FaultEntry(
      .setpointHuge, .host, [.joint, .host], FaultIntensity("factor", standard: 1000, in: 1...1e12),
      numbers: [41, 46, 47], "position, velocity and torque asked for are this times the joint's limits"),
    FaultEntry(
      .wakesLate, .host, [.host], .time("longest delay", 0.0005), numbers: [22, 61],
      "the loop wakes late by a random time up to this"),
    FaultEntry(
      .late, .host, [.host], FaultIntensity("part of the period", standard: 1.5, in: 0...1000),
      numbers: [61, 62],
      "each cycle takes this part of the period from waking to sending"),
    FaultEntry(
      .hangs, .host, [.host], FaultIntensity("time", "s", standard: 0.05, in: 0...1000), .moment,
      numbers: [63, 64, 71], "the loop stands still for this time, as after SIGSTOP, and goes on"),
    FaultEntry(
      .killed, .host, [.host], nil, .moment, numbers: [67, 68, 70],
      "the loop is gone for good: nothing is sent any more, and time goes on for a second"),
    FaultEntry(
      .stops, .host, [.host], nil, .moment, numbers: [69], "termination is asked for, as by SIGTERM"),
    FaultEntry(
      .steps, .clock, [.clock], FaultIntensity("time", "s", standard: 3600, in: -1e6...1e6), .moment,
      numbers: [64],
      "the time of day is set by this; frames that wait then have stamps that are off, within the last cycle"),
    FaultEntry(
      .drifts, .clock, [.clock], FaultIntensity("rate", "ppm", standard: 500, in: -100_000...100_000),
      numbers: [79], "the host's clock runs fast by this against the drives and the world"),
    FaultEntry(
      .diskFull, .disk, [.disk], numbers: [72],
      "no room is left on the disk that is recorded to (ENOSPC); `disk full` is the same"),
    FaultEntry(
      .slow, .disk, [.disk], numbers: [72], "the disk that is recorded to takes nothing and says nothing"),
    FaultEntry(.fails, .disk, [.disk], numbers: [72], "the disk that is recorded to fails (EIO)"),
  ]

  /// Numbers of the fault table that no injection produces, and why.
  public static let notProduced: [(number: Int, reason: String)] = [
    (35, "every drive family here reports the encoder of its rotor alone, so that there is none to lose"),
    (44, "a loop has one source of setpoints, by its type; there is nobody to take it from"),
    (65, "locked memory and major faults are the kernel's: `sinew doctor` and `--realtime required` refuse"),
    (66, "a lock or an allocation in the cycle is found by `make proof`, which breaks the cycle on purpose"),
    (73, "a cut or corrupted recording is a file, not a run: tests of the reader cut one at every byte"),
    (74, "there is no telemetry server yet"),
    (75, "there is no telemetry server yet"),
    (76, "a bad description never reaches a run: tests of the reader; there is no reload"),
    (77, "there is no emergency-stop input yet; `all missing` is what it does to the drives"),
    (78, "there is no guardian process yet"),
  ]
}
