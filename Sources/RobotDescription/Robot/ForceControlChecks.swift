import ControlCycle

/// What a description of CubeMars drives in force control is refused for, beyond other MIT drives.
extension DriveResolution {
  /// Their 29-bit identifiers read as RobStride's question for an identity, from hosts 1 to 8; and they name themselves.
  func checkForceNeighbours(_ drives: [ResolvedDrive], bus: Int) {
    for drive in drives where drive.model.dialect.isForce {
      guard let master = drive.entry.masterID else { continue }
      log.report(
        master.location, "\(drive.model.name) drives have no master_id: they answer with their own id",
        fix: "remove it")
    }
    guard let one = drives.first(where: { $0.model.dialect.isForce }),
      let other = drives.first(where: { $0.family == .robstride })
    else { return }
    log.report(
      one.entry.bus?.location ?? one.entry.name.location,
      "bus '\(file.buses[bus].name.value)' carries the \(one.model.name) of '\(one.entry.name.value)' and the RobStride drive of "
        + "'\(other.entry.name.value)', whose 29-bit identifiers overlap",
      fix: "give each family a bus of its own")
  }
}
