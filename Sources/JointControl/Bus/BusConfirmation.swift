internal import CServoBus

/// What came back of the frames that were sent on a bus whose description says `confirm: true`.
///
/// The kernel gives a frame back when its controller has sent it and another node has acknowledged it; a virtual interface
/// gives it back at once. A drive's answer says more, but a frame that was never on the wire has none.
public struct BusConfirmation: BitwiseCopyable, Sendable, Equatable {
  /// Frames that came back.
  public var confirmed: Int64
  /// Frames that had not come back when the next cycle looked; they may have come later.
  public var unconfirmed: Int64
  /// The most of them in one cycle.
  public var mostUnconfirmed: Int64
  /// Frames that have not come back so far.
  public var outstanding: Int64
  /// From the call that sent a frame to its instant on the wire, half of all [ns].
  public var latencyMedian: Int64
  /// 99 of 100 took no longer [ns].
  public var latency99: Int64
  /// The longest [ns].
  public var latencyMax: Int64

  /// That of an open interface; nil where nothing comes back.
  init?(of interface: OpaquePointer) {
    var told = servo_confirmation_counts()
    guard servo_interface_get_confirmation(interface, &told) == 0 else { return nil }
    confirmed = told.confirmed
    unconfirmed = told.unconfirmed
    mostUnconfirmed = told.most_unconfirmed
    outstanding = told.outstanding
    latencyMedian = told.latency_p50_ns
    latency99 = told.latency_p99_ns
    latencyMax = told.latency_max_ns
  }
}
