import ControlCycle
import JointControl

/// What moteus drives ask of their bus and of their neighbours on it.
extension DriveResolution {
  /// A moteus drive speaks CAN FD with bit rate switch and nothing else; nil where the file says otherwise.
  func isMoteusFlexible(_ isAsked: Located<Bool>?, on bus: BusEntry, joint: JointEntry) -> Bool? {
    if let isAsked, !isAsked.value {
      log.report(
        isAsked.location, "fd is false, but moteus drives speak CAN FD only",
        fix: "remove fd, or write fd: true")
      return nil
    }
    guard bus.isFlexibleDataRate else {
      log.report(
        joint.bus?.location ?? joint.name.location,
        "the moteus drive of '\(joint.name.value)' speaks CAN FD and bus '\(bus.name.value)' has no dbitrate",
        fix: "add dbitrate: 5000000 to the bus")
      return nil
    }
    return true
  }

  /// The host's own identifier, 0 when the file gives none; nil where it is none.
  func moteusHost(of entry: JointEntry) -> Located<Int>? {
    let host = entry.masterID ?? Located(value: 0, location: entry.name.location)
    if (0...Int(Moteus.highestID)).contains(host.value) { return host }
    log.report(
      host.location, "master_id \(host.value) is no moteus host id, which has 7 bits",
      fix: "remove master_id, which makes it 0, or write 0 to 127")
    return nil
  }

  /// A moteus drive takes any frame of CAN FD for its own whose lowest byte is its id, such as a Damiao command.
  func checkMoteusNeighbours(_ drives: [ResolvedDrive], bus: Int) {
    guard let moteus = drives.first(where: { $0.family == .moteus }),
      let other = drives.first(where: { $0.family != .moteus && $0.family != .robstride })
    else { return }
    log.report(
      other.entry.bus?.location ?? other.entry.name.location,
      "bus '\(file.buses[bus].name.value)' carries the moteus drive of '\(moteus.entry.name.value)', which may take "
        + "frames to the \(other.family) drive of '\(other.entry.name.value)' for its own",
      fix: "give moteus drives a bus of their own")
  }
}
