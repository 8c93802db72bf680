#!/usr/bin/env python3
"""Negative control: removes one safety check at a time and sees the tests fail.

Works on a copy of the tree, builds once, then applies each edit below, rebuilds and runs the tests named beside it.
A mutant that survives is a check that no test needs. Ends with `N passed, N failed`.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

CORE = "Sources/ControlCycle/"
SAFETY = CORE + "Safety/SafetyMonitor.swift"
STATES = "SafetyTests|ArmingTests"
CYCLE = CORE + "ControlCycle.swift"
DEADLINES = CORE + "Safety/DeadlineWindow.swift"
LIMITER = CORE + "Safety/MotionLimiter.swift"
TRIAL = "Sources/JointControl/BringUp/WatchdogTrial.swift"
TRIALS = "WatchdogTrialTests"
HAZARDS = "HazardTests"
BUSES = CORE + "Bus/BusWatch.swift"
REACTIONS = "BusReactionTests"
RECOVERY = "Sources/JointControl/Recovery/"
BACK = "BusLossTests|RecoveryTests"
BUDGET = "Sources/JointControl/Bus/CollectBudget.swift"
SHIM = "Firmware-Interfaces/CServoBus/"
LAW = CORE + "Law/"
EXPERIMENT = "Sources/JointControl/Experiment/"
ENVELOPE = EXPERIMENT + "ExperimentGuard.swift"
SEQUENCE = EXPERIMENT + "ExperimentSource.swift"
ENDS = "ExperimentEndTests"
LAWS = "LawPropertyTests|PIDTests"
# What is removed, file, text, replacement, test filter.
MUTANTS = [
    ("drive fault", SAFETY, "if sample.mode.isFault || !faults.isEmpty {", "if false {", STATES),
    ("drive off by itself", SAFETY, "} else if !safety.isSwitchingOn && !sample.mode.isEnabled {", "} else if false {",
     STATES),
    ("measured position", SAFETY, "safety.trip(.positionLimit, joint: joint, cycle: cycle.number)", "", STATES),
    ("overspeed", SAFETY, "if magnitude(sample.state.velocity) > thresholds.overspeedFactor * limits.velocity {",
     "if false {", STATES),
    ("staleness", SAFETY, "safety.trip(.sampleLost, joint: joint, cycle: cycle.number)", "", STATES),
    ("loss whatever the policy", SAFETY, "policy.reaction.isStop || age >= StalenessPolicy.lossAge",
     "policy.reaction.isStop", STATES),
    ("command watchdog", SAFETY, "if safety.state.isArmed && silence > 3 * thresholds.commandTimeout {",
     "if false {", STATES),
    ("freeze of stale setpoints", SAFETY, "safety.isFrozen = silence > thresholds.commandTimeout",
     "safety.isFrozen = false", STATES),
    ("non-finite setpoints", SAFETY, "if safety.state.isArmed && safety.nonFinite + 1 >= thresholds.nonFiniteLimit {",
     "if false {", STATES),
    ("arming timeout", SAFETY, "> thresholds.armingTimeout {", "> 1e9 {", STATES),
    ("arming waits for drives", SAFETY, "areOn = false", "areOn = true", STATES),
    ("ramp of gains", CYCLE, "let grown = activations[joint] + period / thresholds.rampTime", "let grown = 1.0",
     STATES),
    ("fading of gains", CYCLE, "activations[joint] = clamp(activations[joint] - period / time, 0, 1)",
     "_ = time\n        activations[joint] = 0", STATES),
    ("motion begins where the joint is", CYCLE, "if activations[joint] == 0 { rest(joint) }", "", STATES),
    ("watch while stopping", "Sources/ControlCycle/Safety/SafetyState.swift",
     "case .arming, .armed, .stopping: true\n      case .disarmed, .fault: false",
     "case .arming, .armed: true\n      case .disarmed, .stopping, .fault: false", STATES),
    ("reset after a drive's fault", SAFETY, "if fault.kind.isHostSide { fault = Fault() }", "fault = Fault()",
     STATES),
    ("age of skipped cycles", CYCLE, "lastCycle < 0 || skipped < 1 ? 1", "true ? 1", STATES),
    ("slowing after missed deadlines", DEADLINES, "safety.isSlowed = misses > thresholds.missLimit",
     "safety.isSlowed = false", "DeadlineTests"),
    ("stop after missed deadlines", DEADLINES,
     "misses > 2 &* thresholds.missLimit || cycle.missed > thresholds.gapLimit",
     "cycle.missed > thresholds.gapLimit", "DeadlineTests"),
    ("stop after a gap", DEADLINES, "misses > 2 &* thresholds.missLimit || cycle.missed > thresholds.gapLimit",
     "misses > 2 &* thresholds.missLimit", "DeadlineTests"),
    ("misses before arming are forgotten", SAFETY, "      deadlines = DeadlineWindow()\n", "", "DeadlineTests"),
    ("a loop that was away is no fault of the drives", SAFETY, "cycle.missed > 0 && age <= elapsed", "false",
     "DeadlineTests"),
    ("latched fault refuses arming", SAFETY, "if fault.isLatched || !isolated.isEmpty { return }",
     "if !isolated.isEmpty { return }", STATES),
    ("relax only at rest", SAFETY, "isRelaxed = isAtRest", "isRelaxed = true", STATES),
    ("jump of a sample", CORE + "Estimator.swift", "if magnitude(state.position - sample.state.position) > reach {",
     "if magnitude(state.position - sample.state.position) > 1e9 * reach {", STATES),
    ("position limit of motion", LIMITER, "velocity = clamp(velocity, -below, above)", "_ = (below, above)",
     "MotionLimiterTests"),
    ("velocity limit of motion", LIMITER, "velocity = clamp(velocity, -limits.velocity, limits.velocity)\n    let change",
     "let change", "MotionLimiterTests"),
    ("acceleration limit of motion", LIMITER, "let change = limits.acceleration * period\n    velocity = clamp",
     "let change = 1e9 * limits.acceleration\n    velocity = clamp", "MotionLimiterTests"),
    ("approach without overshoot", LIMITER, "let closing = brakingSpeed(magnitude(lead), limits.acceleration, period)",
     "let closing = magnitude(lead) / period",
     "MotionLimiterTests"),
    ("a frame's own bus", CORE + "Drive/DriveCodec.swift", "guard frame.bus == drive.bus else { return false }", "",
     "FrameOwnersTests|DriveCodecTests"),
    ("every identifier of a drive is in the table", CORE + "Drive/FrameOwnersStorage.swift",
     "return standard((0..<32).map { id << 5 | $0 })", "return standard([id << 5 | 1])", "FrameOwnersTests"),
    ("the first joint that answers", CORE + "Drive/FrameOwnersStorage.swift", "for (joint, drive) in drives.enumerated() {",
     "for (joint, drive) in drives.enumerated().reversed() {", "FrameOwnersTests"),
    ("layout of a cycle's answer", "Firmware-Interfaces/CServoWire/include/moteus_cycle_wire.h",
     "      data[21] != MOTEUS_REGISTER_TEMPERATURE) {", "      false) {", "MoteusCycleFrameTests"),
    ("gains that steps change", "Sources/RobotDescription/Robot/FullScaleChecks.swift",
     "guard change > Self.gainTolerance else { return }", "guard change > 1e9 else { return }", "GainStepTests"),
    ("silence after which a drive must have let go", TRIAL, "[false, true].map {", "[false].map {", TRIALS),
    ("silence that a drive must bear", TRIAL, "[false, true].map {", "[true].map {", TRIALS),
    ("what a drive says after a silence", TRIAL, "return .failed(\"still", "_ = (\"still", TRIALS),
    ("silence of CANopen's heartbeat", "Sources/JointControl/BringUp/CANopenSteps.swift",
     "return [on] + silences + after", "return [on] + after", TRIALS),
    ("one heartbeat for all drives", TRIAL, "|| steps[other].count - progress[other].step <= left", "|| left > 0",
     TRIALS),
    ("a drive that failed is switched off", "Sources/JointControl/BringUp/BringUp.swift",
     "farewells == Self.farewells", "true", TRIALS),
    ("no register read in the loop", CYCLE, "transmit.append(request(.disable, of: joint))",
     "transmit.append(request(lastCycle % 64 == 0 ? .readParameter(9) : .disable, of: joint))", HAZARDS),
    ("faults cleared by bring-up alone", CYCLE, "transmit.append(request(.disable, of: joint))",
     "transmit.append(request(.clearFault, of: joint))", HAZARDS),
    ("command that reads as an action", "Firmware-Interfaces/CServoWire/include/damiao_wire.h",
     "    --command.damping;\n", "", HAZARDS),
    ("zero torque before an ODrive is enabled", CYCLE, "== (interval > 1 ? 1 : 0)", "== 0", HAZARDS),
    ("a Damiao without an identifier", CORE + "Drive/Damiao.swift", "index == Register.driveID) && value == 0",
     "index == Register.driveID) && false", HAZARDS),
    ("torque limit", CORE + "Safety/TorqueLimiter.swift", "let allowed = clamp(total, -limit, limit)",
     "let allowed = total", "TorqueLimiterTests"),
    ("watchdogs of the twins", "Sources/Simulation/Drive/DriveFirmware.swift",
     "halves != 0 && 2 * (time - lastCommand) >= timeout * halves", "false", "KillTests"),
    ("the gateway's frames keep their instants", "Sources/Simulation/RobotGateway.swift",
     "_ = robot.wait(until: frame.time - origin)", "_ = robot.wait(until: woken)", "GatewayTests"),
    ("lost bus", BUSES, "if watch.state.isLost { return .busLost }", "", REACTIONS),
    ("queue that is full", BUSES, "if Int32(watch.refusals) >= thresholds.refusalLimit { return .busQueueFull }", "",
     REACTIONS),
    ("error-passive for too long", BUSES,
     "if Double(watch.passive) * period > thresholds.passiveTime { return .busPassive }", "", REACTIONS),
    ("frozen feedback", SAFETY, "sample.repeats >= thresholds.repeatLimit", "false", "FeedbackTests"),
    ("feedback that stands still at rest", CYCLE, "if !mustChange(joint) { samples[joint].repeats = 0 }", "", "FeedbackTests"),
    ("pressing with all the torque there is", SAFETY, "magnitude(state.torque) < thresholds.frozenEffort * joints[joint].limits.torque",
     "true", "FeedbackTests"),
    ("pressing on something rigid", CORE + "Estimator.swift", "|| state.torque != sample.state.torque", "", "FeedbackTests"),
    ("two drives with one identifier", SAFETY, "sample.surplus >= thresholds.surplusLimit", "false", "FeedbackTests"),
    ("a late answer after a gap", CORE + "Estimator.swift", "surplus = surplus > -4 ? surplus &- 1 : -4", "", "FeedbackTests"),
    ("flooded bus", BUSES, "if Int32(watch.overloads) >= thresholds.overloadLimit { return .busOverloaded }", "",
     REACTIONS),
    ("nobody acknowledges", BUSES, "Int32(watch.silence) >= thresholds.silenceLimit", "watch.silence == .max", REACTIONS),
    ("slowing by an error-passive bus", CYCLE,
     "if derated.contains(joint) { limits.velocity *= thresholds.passiveFactor }", "", REACTIONS),
    ("isolated joints stay off", CYCLE, "|| safety.state.isFault || safety.isolated.contains(joint) {",
     "|| safety.state.isFault {", REACTIONS),
    ("no arming without a limb", SAFETY, "if fault.isLatched || !isolated.isEmpty { return }",
     "if fault.isLatched { return }", STATES + "|" + REACTIONS),
    ("recover from disarmed alone", SAFETY, "case (.recover, .disarmed):\n      fault", "case (.recover, _):\n      fault",
     REACTIONS),
    ("buses are inputs that are recorded", "Sources/Recording/Cycle/RecordedCycle.swift",
     "frames.note(", "_ = (frames.count,", "RecoveryReplayTests"),
    ("purging before the restart", "Sources/Simulation/SimulatedRecovery.swift", "    buses[wire(ofPort: bus)].purgeHost()\n", "", BACK),
    ("a drive that was swapped", RECOVERY + "Recovery.swift", "if let was, was != now {", "if let was, was != now, was.isEmpty {",
     BACK),
    ("bound of a recovery's stage", RECOVERY + "BusRecovery.swift",
     "if time - since > stage.bound { return fail(at: time) }", "", "BusRecoveryTests"),
    ("an adapter under another's name is refused", "Sources/JointControl/Adapter/AdapterSelector.swift",
     "if found.name == name { return nil }", "if !found.name.isEmpty { return nil }", "AdapterIdentityTests"),
    ("walls before position limits", LAW + "LimitWall.swift",
     "if position > highest { return reach(position - highest, side: -1) }", "", "LimitWallTests"),
    ("the bound of a change of law", LAW + "LawBlend.swift", "let share = torque <= most ? 1 : most / torque",
     "let share = torque <= 1e9 * most ? 1 : most / torque", "LawSwitchingTests"),
    ("a law that the drive cannot follow", LAW + "LawBlend.swift",
     "guard !choice.law.follows || joints[joint].drive.mode.takesTorque else { return false }", "", "LawSwitchingTests"),
    ("what stops follows no other law", LAW + "LawBlend.swift", "return isFree ? laws[joint].choice : LawChoice(.impedance)",
     "return isFree || true ? laws[joint].choice : LawChoice(.impedance)", "LawSwitchingTests|LimitWallTests"),
    ("a collision stops", "Sources/JointControl/Motion/MotionPlayer.swift", "guard let found else { return }\n    collision",
     "guard let found, found.torque.isNaN else { return }\n    collision", "CollisionTests"),
    ("a velocity stops before a position limit", "Sources/JointControl/Motion/MoveStreams.swift", "streaming.blocked |= escaping",
     "streaming.blocked |= escaping & 0", "MoveStreamTests"),
    ("a serial number of two adapters is refused", "Sources/JointControl/Adapter/AdapterSelector.swift",
     "if meant.count > 1 {", "if false {", "AdapterIdentityTests"),
    ("what comes back is compared with what was there", "Sources/JointControl/Adapter/BusAdapters.swift",
     "let isSame = adapter.isSame(as: bus.adapter)", "let isSame = true", "HotplugTests"),
    ("what the others need is kept back from a bus that babbles", BUDGET, "left - reserved)", "left)", "CollectBudgetTests"),
    ("the share of a bus", BUDGET, "return min(shares[bus], left - reserved)", "return left - reserved", "CollectBudgetTests"),
    ("no bus is always last", BUDGET, "next = first + 1 < count ? first + 1 : 0", "next = 0", "CollectBudgetTests"),
    ("the budget of all buses", BUDGET, "mutating func note(taken: Int) { left -= taken }",
     "mutating func note(taken: Int) {}", "CollectBudgetTests"),
    ("what one call does not take is not lost", SHIM + "interface.c", "} else if (interface->held_count < SERVO_HELD_FRAMES) {",
     "} else if (0) {", "OpenBusTests"),
    ("what was left keeps its instant", SHIM + "interface.c", "if (!is_cut && interface->floor_ns < begun_ns)",
     "if (interface->floor_ns < begun_ns)", "OpenBusTests"),
    ("the least delay of a controller's stamp counts", SHIM + "servo_clock_filter.c",
     "filter->offset_ns = earlier(plus(filter->offset_ns, drift), difference);",
     "filter->offset_ns = difference + 0 * drift;", "ClockFilterTests"),
    ("a controller's clock may drift", SHIM + "servo_clock_filter.c", "earlier(plus(filter->offset_ns, drift), difference)",
     "earlier(plus(filter->offset_ns, 0 * drift), difference)", "ClockFilterTests"),
    ("a controller's clock that was set back", SHIM + "servo_clock_filter.c",
     "delay < 0 || kernel - filter->near_ns > SERVO_CLOCK_PATIENCE", "delay < 0", "ClockFilterTests"),
    ("a frame confirms itself alone", SHIM + "servo_confirmation.c", "|| !is_same(&sent->frame, frame)) continue;",
     "&& !is_same(&sent->frame, frame)) continue;", "ConfirmationTests"),
    ("a frame that never came back is counted", SHIM + "servo_confirmation.c",
     "now_ns - sent->frame.time_ns >= confirmation->within_ns) count_late",
     "now_ns - sent->frame.time_ns >= INT64_MAX) count_late", "ConfirmationTests"),
    ("a late answer is a cycle's distance from the others", "Sources/JointControl/Loop/RunStatistics.swift",
     "newest = max(newest, time)", "newest = oldest", "SampleSkewTests"),
    ("own datagrams are dropped", "Firmware-Interfaces/CServoBus/multicast_socket.c",
     "if (is_own(interface, &incoming->senders[i])) {", "if (0 && is_own(interface, &incoming->senders[i])) {", "OpenBusTests"),
    ("saturation of a law", LAW + "LawOutput.swift", "value = clamp(asked + offset, -bound, bound)",
     "value = raw + offset", LAWS),
    ("no step where gains change", LAW + "LawOutput.swift", "offset = clamp(value, -bound, bound) - asked", "offset = 0",
     LAWS),
    ("back-calculation", LAW + "PID.swift", "if gains.integral > 0 { step -= share * excess }", "_ = (share, excess)",
     "PIDTests"),
    ("clamping", LAW + "PID.swift", "if excess * step > 0 { step = 0 }", "_ = excess", "PIDTests"),
    ("the integral takes up a change", LAW + "PID.swift", "clamp(state.integral + difference, -mostUsable, mostUsable)",
     "clamp(state.integral + 0 * difference, -mostUsable, mostUsable)", "PIDTests"),
    ("gains outside the bound are refused", "Sources/RobotDescription/Robot/GainChecks.swift",
     "if isInside { return false }", "if true { return false }", "GainBoundDescriptionTests"),
    ("delay counts in the bound", LAW + "GainBound.swift", "[Double](repeating: 0, count: delay)\n      polynomial[delay + 1] += beta + kappa\n      polynomial[delay + 2]",
     "[]\n      polynomial[1] += beta + kappa\n      polynomial[2]", "GainBoundTests"),
    ("a collision stays until it is acknowledged", LAW + "MomentumObserver.swift", "if !state.collided.isEmpty {",
     "if !state.touched.isEmpty {", "ObserverTests"),
    ("friction is never over-compensated", LAW + "FrictionCompensation.swift", "smaller(gains.share, 1)", "gains.share",
     "FrictionCompensationTests"),
    ("travel of an experiment", ENVELOPE, "if let start, (state.position - start).magnitude > envelope.travel {",
     "if false, let start, start > 0 {", ENDS),
    ("positions of an envelope", ENVELOPE, "if !envelope.positions.contains(state.position) {", "if false {", ENDS),
    ("speed of an experiment", ENVELOPE, "if state.velocity.magnitude > envelope.velocity {", "if false {", ENDS),
    ("torque of an experiment", ENVELOPE, "if state.torque.magnitude > envelope.torque {", "if false {", ENDS),
    ("torque that was cut down", ENVELOPE, "if start != nil && control.torqueLimited.contains(joint) {", "if false {", ENDS),
    ("tracking error of an experiment", ENVELOPE, "if start != nil && error.magnitude > envelope.trackingError {",
     "if start != nil && error.magnitude > 1e9 {", ENDS),
    ("temperature in an experiment", ENVELOPE, "if temperature > envelope.temperature {", "if false {", ENDS),
    ("no excitation on old samples", ENVELOPE, "if control.stale.contains(joint) {", "if false {", ENDS),
    ("a bus that was given up in an experiment", ENVELOPE, "if control.safety.isolated.contains(joint) {", "if false {", ENDS),
    ("torque limit below an experiment", ENVELOPE, "configuration.limits.torque = min(configuration.limits.torque, envelopes.map(\\.torque).max() ?? 0)",
     "", "ExperimentProofTests|ExperimentEndTests"),
    ("velocity limit below an experiment", ENVELOPE, "configuration.limits.velocity, envelopes.map(\\.velocity).max() ?? 0)",
     "configuration.limits.velocity, 1e9)", "ExperimentProofTests|ExperimentEndTests"),
    ("position limits below an experiment", ENVELOPE, "configuration.limits.maxPosition = min(configuration.limits.maxPosition, high)",
     "_ = high", "ExperimentProofTests|ExperimentEndTests"),
    ("a key that is let go", SEQUENCE, "if watch.isReleased { reason = .released }", "", ENDS),
    ("nothing before the key", SEQUENCE, "elapsed >= Self.readTime && watch.hasBegun", "elapsed >= Self.readTime", ENDS),
    ("a request to stop an experiment", SEQUENCE, "if isStopRequested { reason = .stopped }", "", ENDS),
    ("a fault ends an experiment", SEQUENCE,
     "if control.safety.fault.isLatched { reason = .fault(control.safety.fault.kind) }", "", ENDS),
    ("a joint outside is not switched on", SEQUENCE,
     "if sample.exists && !guards[index].envelope.positions.contains(sample.state.position) {", "if false {", ENDS),
    ("nothing after an abort", SEQUENCE, "      enter(.stopping, cycle)\n    }\n  }\n\n  // MARK: - Phases",
     "      current += 1\n      enter(current < experiments.count ? .settling : .stopping, cycle)\n    }\n  }\n\n  // MARK: - Phases", ENDS),
    ("damping before the drives go off", SEQUENCE, "if isAtRest && elapsed > 0 { enter(.relaxing, cycle) }",
     "if isAtRest && elapsed > 0 { enter(.finished, cycle) }", ENDS),
    ("gains go back as the robot stops", EXPERIMENT + "GainRamp.swift", "share = share - step < 1e-9 ? 0 : share - step", "",
     "GainRampTests"),
]


def build_and_test(tree, test_filter):
    build = subprocess.run(["swift", "build", "--build-tests"], cwd=tree, capture_output=True, text=True)
    if build.returncode != 0:
        return None, build.stdout[-2000:] + build.stderr[-2000:]
    test = subprocess.run(["swift", "test", "--skip-build", "--filter", test_filter], cwd=tree, capture_output=True)
    return test.returncode == 0, ""


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="sinew-mutants-") as folder:
        tree = pathlib.Path(folder) / "tree"
        files = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout
        for name in files.splitlines():
            if (root / name).exists():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, tree / name)
        for test_filter in sorted({mutant[4] for mutant in MUTANTS}):
            clean, text = build_and_test(tree, test_filter)
            if not clean:
                print(f"{test_filter} fails without any mutant\n{text}")
                print("0 passed, 1 failed")
                return 1
        for name, path, old, new, test_filter in MUTANTS:
            source = (tree / path).read_text()
            if source.count(old) != 1:
                print(f"MISSING   {name}: the text to remove stands {source.count(old)} times in {path}")
                failed += 1
                continue
            (tree / path).write_text(source.replace(old, new))
            survived, text = build_and_test(tree, test_filter)
            (tree / path).write_text(source)
            if survived is None:
                print(f"NO BUILD  {name}\n{text}")
            else:
                print(f"{'SURVIVED' if survived else 'killed  '}  {name}", flush=True)
            passed += survived is False
            failed += survived is not False
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
