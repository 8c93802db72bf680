extension FaultCatalogue {
  /// Faults of whole buses, then of one node's frames.
  static let wire: [FaultEntry] = buses + nodes

  private static let buses: [FaultEntry] = [
    FaultEntry(
      .lost, .wire, [.bus], numbers: [1, 2, 3, 4, 5],
      "every frame takes its time on the bus and reaches nobody"),
    FaultEntry(
      .loses, .wire, [.bus], .probability(), numbers: [1, 2, 3, 5],
      "each frame, independently, reaches nobody"),
    FaultEntry(
      .delayed, .wire, [.bus], .time("delay", 0.001), numbers: [8], "each frame arrives late by this time"),
    FaultEntry(
      .jitters, .wire, [.bus], .time("longest delay", 0.001), numbers: [8, 22],
      "each frame arrives late by a random time up to this, in the order sent"),
    FaultEntry(
      .duplicates, .wire, [.bus], .probability(), numbers: [6],
      "a frame is sent and received a second time, as after an error in its last bit"),
    FaultEntry(
      .reorders, .wire, [.bus], .probability(), numbers: [7],
      "a frame is held back until the next one of its identifier has arrived, 20 ms at most"),
    FaultEntry(
      .corrupts, .wire, [.bus], .probability(), numbers: [10],
      "one random bit of the payload is wrong and the checksum does not show it"),
    FaultEntry(
      .truncates, .wire, [.bus], .probability(), numbers: [11], "the payload is one length too short"),
    FaultEntry(
      .strangers, .wire, [.bus], FaultIntensity("rate", "1/s", standard: 500, in: 0...100_000),
      numbers: [12], "a foreign node sends frames of an identifier that no drive takes or answers with"),
    FaultEntry(
      .babbles, .wire, [.bus], numbers: [14, 20],
      "a foreign node sends frame after frame, of the lowest priority"),
    FaultEntry(
      .syncLost, .wire, [.bus], .probability(), numbers: [21],
      "a CANopen SYNC, identifier 080h, reaches nobody"),
    FaultEntry(.warning, .wire, [.bus], numbers: [15], "the host's controller is error-warning"),
    FaultEntry(.passive, .wire, [.bus], numbers: [16], "the host's controller is error-passive"),
    FaultEntry(
      .busOff, .wire, [.bus], numbers: [17],
      "the host's controller takes itself off the bus; a restart works once it is over"),
    FaultEntry(
      .open, .wire, [.bus], numbers: [18],
      "nobody acknowledges: frames stay in the host's queue, nothing is heard, the controller is error-warning after"
        + " 1.5 ms and error-passive after 2 ms"),
    FaultEntry(
      .wrongBitRate, .wire, [.bus], numbers: [25],
      "no frame is valid to either side and the host's controller is bus-off after 4 ms"),
    FaultEntry(
      .unplugged, .wire, [.bus], numbers: [23],
      "the host's adapter is pulled, its queue is gone; a restart works once it is over"),
    FaultEntry(
      .swapped, .wire, [.bus], numbers: [24],
      "the host's connector is exchanged with that of the next bus of the robot, the last with the first"),
    FaultEntry(.full, .wire, [.bus], numbers: [19], "the host's queue refuses every frame"),
    FaultEntry(
      .overflows, .wire, [.bus], .probability(), numbers: [20],
      "a frame for the host finds no room in its receive queue, which the interface counts"),
  ]

  private static let nodes: [FaultEntry] = [
    FaultEntry(
      .answersLost, .wire, [.joint], .probability(1), numbers: [1, 2, 3, 4],
      "an answer of the drive is not sent"),
    FaultEntry(
      .commandsLost, .wire, [.joint], .probability(1), numbers: [5], "a frame for the drive does not reach it"
    ),
    FaultEntry(
      .answersLate, .wire, [.joint], .time("delay", 0.002), numbers: [8],
      "the drive answers late by this time"),
    FaultEntry(
      .answersFrozen, .wire, [.joint], numbers: [9],
      "the drive answers with the payload of its last answer of the same identifier before"),
    FaultEntry(
      .answersCorrupt, .wire, [.joint], .probability(1), numbers: [10],
      "one random bit of the answer's payload is wrong"),
    FaultEntry(
      .answersShort, .wire, [.joint], .probability(1), numbers: [11],
      "the answer's payload is one length too short"),
    FaultEntry(
      .twin, .wire, [.joint], numbers: [13],
      "a second node with the drive's identifier answers as well, with a shaft that stands still"),
  ]
}
