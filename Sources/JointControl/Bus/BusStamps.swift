internal import CServoBus

/// Who stamped the frames that came on an interface of the kernel.
public struct BusStamps: BitwiseCopyable, Sendable, Equatable {
  /// What the instants of frames rest on.
  public enum Source: BitwiseCopyable, Sendable {
    /// The controller's own clock, carried over to the kernel's.
    case hardware
    /// The kernel, when its driver handed the frame over.
    case kernel
    /// Both, by turns.
    case mixed
    /// No frame has come.
    case none

    /// As reports write it.
    public var name: String {
      switch self {
      case .hardware: "hardware"
      case .kernel: "kernel"
      case .mixed: "mixed"
      case .none: "none"
      }
    }
  }

  /// Whether the controller offers stamps.
  public var isHardwareOffered: Bool
  /// Frames that the controller stamped.
  public var hardware: Int64
  /// Frames that the kernel alone stamped, or nobody.
  public var others: Int64
  /// How much later the kernel's stamp of a frame was than the controller's, at most [ns].
  public var latest: Int64
  /// How often the controller's clock was set, or lost.
  public var restarts: Int64

  /// What the instants rest on.
  public var source: Source {
    if hardware > 0 { return others > 0 ? .mixed : .hardware }
    return others > 0 ? .kernel : .none
  }

  /// Those of an open interface; nil where no CAN interface of the kernel is behind it.
  init?(of interface: OpaquePointer) {
    var told = servo_can_stamps()
    guard servo_interface_get_stamps(interface, &told) == 0 else { return nil }
    isHardwareOffered = told.is_hardware_offered != 0
    hardware = told.hardware
    others = told.kernel + told.neither
    latest = told.latest_ns
    restarts = told.restarts
  }
}
