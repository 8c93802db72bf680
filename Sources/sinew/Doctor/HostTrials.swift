import CServoBus
import Foundation
import JointControl

/// What the doctor finds out by trying; answers are 0 or a negative errno. Tests put in hosts of their own.
struct HostTrials {
  /// SCHED_FIFO on a thread that ends at once.
  var fifo: () -> Int32 = { onThread { servo_realtime_set_fifo(80) } }
  /// SCHED_DEADLINE, 100 us of each millisecond, on a thread that ends at once.
  var deadline: () -> Int32 = {
    onThread { servo_realtime_set_deadline(100_000, 1_000_000, 1_000_000) }
  }
  /// Locks all memory, and unlocks it.
  var lockMemory: () -> Int32 = {
    let answer = servo_realtime_lock_memory()
    if answer == 0 { _ = servo_realtime_unlock_memory() }
    return answer
  }
  /// Holds the idle latency at 0, and lets it go.
  var cpuLatency: () -> Int32 = {
    let descriptor = servo_realtime_hold_cpu_latency(0)
    servo_realtime_release_cpu_latency(descriptor)
    return min(descriptor, 0)
  }
  /// Opens a raw CAN socket.
  var canSocket: () -> Int32 = { servo_realtime_try_can() }
  /// What reading the clock costs [ns], the best of some rounds.
  var clockCost: () -> Int64 = {
    var best = Int64.max
    for _ in 0..<20 {
      let begin = servo_clock_now()
      for _ in 0..<100 { _ = servo_clock_now() }
      best = min(best, (servo_clock_now() - begin) / 101)
    }
    return best
  }
  /// The processors' time, twice, some time apart.
  var stolenPart: () -> Double = {
    let before = StolenTime.now()
    usleep(500_000)
    let now = StolenTime.now().part(since: before)
    // Half a second may miss what comes in bursts; since the start of the machine it does not.
    return max(now, StolenTime.now().part(since: StolenTime()))
  }
  /// What the controller behind a CAN interface tells; nil where there is none.
  var controller: (String) -> Controller? = { name in
    var link = servo_can_link()
    guard servo_can_link_read(name, &link) == 0, link.has_controller != 0 else { return nil }
    return Controller(
      state: BusHealth.State(rawValue: link.controller_state), bitRate: Int(link.bit_rate),
      restart_ms: Int(link.restart_ms), busOffs: Int(link.bus_offs))
  }
  /// What the process may ask for.
  var limits: () -> RealtimeLimits = RealtimeLimits.current

  /// A CAN controller as the kernel knows it.
  struct Controller {
    /// nil where it is stopped.
    var state: BusHealth.State?
    /// [bit/s]
    var bitRate: Int
    /// Time from bus-off to its automatic restart; 0 where it has none.
    var restart_ms: Int
    /// How often it went off the bus.
    var busOffs: Int
  }

  /// The text of an answer.
  static func reason(_ answer: Int32) -> String { String(cString: strerror(-answer)) }

  private static func onThread(_ request: @escaping () -> Int32) -> Int32 {
    var trial = ThreadTrial(request: request)
    let error = withUnsafeMutablePointer(to: &trial) { servo_thread_run(1 << 16, threadTrialMain, $0) }
    return error != 0 ? error : trial.answer
  }
}

private struct ThreadTrial {
  let request: () -> Int32
  var answer: Int32 = 0
}

/// At file scope and isolated to nothing, as a thread's entry has to be.
private func threadTrialMain(_ context: UnsafeMutableRawPointer?) {
  guard let trial = context?.assumingMemoryBound(to: ThreadTrial.self) else { return }
  trial.pointee.answer = trial.pointee.request()
}
