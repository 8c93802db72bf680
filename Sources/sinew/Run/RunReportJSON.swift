import ControlCycle
import Foundation
import JointControl
import Recording

extension RunReport {
  /// The report for machines.
  var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("schema", "sinew.run/1"), ("robot", .string(robot)), ("motion", motion.map(JSONValue.string) ?? .null),
      ("target", .string(target.rawValue)),
      ("seed", target == .sim ? .integer(Int64(bitPattern: seed)) : .null), ("pace", .string(pace.rawValue)),
      ("outcome", .string(outcome)), ("cycles", .integer(cycles)), ("armed_time_s", .number(armedTime)),
      ("bring_up_time_s", .number(Double(bringUpTime) * 1e-9)),
      ("deadline_misses", .integer(missed)),
      ("skipped_cycles", .integer(skipped)), ("dropped_frames", .integer(Int64(lost.droppedFrames))),
      ("unknown_frames", .integer(lost.unknownFrames)), ("rejected_samples", .integer(lost.rejectedSamples)),
    ]
    members += busy.members(prefix: "cycle_")
    members += skew.members(prefix: "sample_skew_")
    members += stages[Stage.wakeUp.rawValue].times.members(prefix: "wake_lateness_")
    members.append(
      (
        "stages",
        .object(
          stages.map {
            (
              $0.stage.name,
              .object(
                $0.times.members(prefix: "") + [
                  ("budget_ns", .integer($0.budget)), ("over_budget_cycles", .integer($0.overBudget)),
                ])
            )
          })
      ))
    if pace != .fast { members.append(("realtime", realtime.json)) }
    members.append(
      ("worst_sample_age_cycles", .integer(Int64(joints.map(\.figures.worstAge).max() ?? 0))))
    members.append(("joints", .object(joints.map { ($0.name, Self.json(of: $0)) })))
    members.append(("buses", .object(buses.map { ($0.name, Self.json(of: $0)) })))
    members.append(("isolated_joints", .array(isolated.map(JSONValue.string))))
    members.append(("recoveries", .array(recoveries.map(\.json))))
    if let port { members.append(("port", port.json)) }
    members += moveMembers
    if let collision { members.append(("collision", collision.json)) }
    if let hotplug { members.append(("hotplug", hotplug.json)) }
    if let recording, let cycles = recording.cycles {
      members.append(
        (
          "recording",
          .object([
            ("file", .string(recordingPath ?? "")), ("cycles", .integer(Int64(cycles))),
            ("lost_cycles", .integer(Int64(recording.lostCycles))),
            ("bytes", .integer(Int64(clamping: recording.bytes))),
            ("cpu_time_ns", .integer(recording.processorTime)),
          ])
        ))
    }
    if let file = recording?.faultFile { members.append(("fault_file", .string(file))) }
    if let fault {
      members.append(
        (
          "fault",
          .object([
            ("kind", .string(fault.kindName)), ("cycle", .integer(fault.fault.cycle)),
            ("drive_code", .integer(Int64(fault.fault.drive.code))),
            ("buses", .array(fault.buses.map(JSONValue.string))),
            ("joints", .array(fault.joints.map(JSONValue.string))),
            ("message", .string(fault.description)),
            ("last_cycles", .array(fault.history.map { Self.json(of: $0, fault: fault, joints: joints) })),
          ])
        ))
    }
    return .object(members)
  }

  /// The affected joints in one of the cycles before a fault.
  private static func json(of snapshot: CycleSnapshot, fault: ControlFault, joints: [Joint]) -> JSONValue {
    let affected = joints.indices.filter { fault.fault.joints.contains($0) }
    return .object([
      ("cycle", .integer(snapshot.record.cycle.number)),
      ("lateness_ns", .integer(snapshot.record.lateness)),
      (
        "joints",
        .object(
          affected.map { index in
            let (state, command) = (snapshot.joints[index].state, snapshot.joints[index].command)
            return (
              joints[index].name,
              .object([
                ("position_rad", .number(state.position)), ("velocity_rad_s", .number(state.velocity)),
                ("torque_nm", .number(state.torque)), ("age_cycles", .integer(Int64(state.age))),
                ("commanded_position_rad", .number(command.position)),
                ("commanded_velocity_rad_s", .number(command.velocity)),
                ("feedforward_torque_nm", .number(command.torque)),
              ])
            )
          })
      ),
    ])
  }

  private static func json(of bus: Bus) -> JSONValue {
    let members: [(String, JSONValue)] = [
      ("load", bus.load.map(JSONValue.number) ?? .null), ("worst_case_load", .number(bus.worstCase)),
      ("occupancy", .number(bus.occupancy)), ("occupancy_below_plan", .number(bus.worstCase - bus.occupancy)),
      ("late_answers", .integer(bus.lateAnswers)), ("warning_cycles", .integer(bus.figures.warning)),
      ("passive_cycles", .integer(bus.figures.passive)), ("lost_cycles", .integer(bus.figures.lost)),
      ("refused_commands", .integer(bus.figures.refused)),
      ("overflowed_frames", .integer(bus.figures.overflowed)),
      ("given_up", bus.givenUp.map { .string(ControlFault.name(of: $0)) } ?? .null),
    ]
    return .object(members + (bus.traffic?.members ?? []))
  }

  private static func json(of joint: Joint) -> JSONValue {
    let figures = joint.figures
    let identity = joint.identity
    func word(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
    return .object([
      (
        "drive",
        .object([
          ("vendor", word(identity?.vendor)), ("model", word(identity?.model)),
          ("firmware", word(identity?.firmware)), ("serial", word(identity?.serial)),
        ])
      ),
      ("tracking_rms_rad", .number(figures.rms)), ("tracking_peak_rad", .number(figures.peak)),
      ("torque_peak_nm", .number(figures.peakTorque)), ("torque_limit_nm", .number(joint.limits.torque)),
      ("velocity_peak_rad_s", .number(figures.peakVelocity)),
      ("position_min_rad", figures.count > 0 ? .number(figures.minPosition) : .null),
      ("position_max_rad", figures.count > 0 ? .number(figures.maxPosition) : .null),
      ("saturated_cycles", .integer(figures.saturated)), ("limited_cycles", .integer(figures.limited)),
      ("limit_violated", .boolean(joint.violatesLimit)),
      ("worst_sample_age_cycles", .integer(Int64(figures.worstAge))),
      ("late_answers", .integer(figures.late)),
    ])
  }
}
