internal import Glibc
import Synchronization

/// Watches the adapters of a robot's buses on a thread of its own, at ordinary priority.
///
/// The loop learns from its sockets that a bus is gone, and nothing of what happens here reaches its thread: who wants to know
/// asks for `outcome`, which takes a lock.
public final class HotplugThread: Sendable {
  /// What has happened.
  public struct Outcome: Sendable {
    /// Whose word is listened to; nil where nothing can be.
    public var group: AdapterWatch.Group?
    /// Why not.
    public var refusal: AdapterWatchError?
    /// The buses on interfaces of the kernel, with their adapters.
    public var adapters: BusAdapters
    /// What happened to them, the first `mostNotices` of it.
    public var notices: [BusAdapters.Notice] = []
    /// How much more happened.
    public var furtherNotices = 0
  }

  /// Notices that are kept: a plug with a loose contact makes any number.
  public static let mostNotices = 64

  private let state: Mutex<Outcome>
  private let isStopped = Atomic<Bool>(false)
  private let thread: Mutex<pthread_t?>
  private let say: @Sendable (BusAdapters.Notice) -> Void

  /// Starts to watch. Libudev that is missing is told by `outcome` and is no error: a robot runs without.
  ///
  /// - Parameters:
  ///   - buses: the robot's buses; those on interfaces of the kernel are watched.
  ///   - group: whom to listen to.
  ///   - say: is called on the thread with each notice as it comes.
  public init(
    _ buses: [BusConfiguration], group: AdapterWatch.Group = .usual,
    say: @escaping @Sendable (BusAdapters.Notice) -> Void
  ) {
    self.say = say
    var watch: AdapterWatch?
    var refusal: AdapterWatchError?
    // Before the adapters are looked at, so that nothing happens in between unseen.
    do throws(AdapterWatchError) { watch = try AdapterWatch(group) } catch { refusal = error }
    state = Mutex(Outcome(group: watch?.group, refusal: refusal, adapters: BusAdapters(buses, on: .read())))
    thread = Mutex(nil)
    guard let watch else { return }
    start(watch)
  }

  /// What has happened so far.
  public var outcome: Outcome { state.withLock { $0 } }

  /// Ends watching, waits for the thread, and gives what happened.
  public func stop() -> Outcome {
    isStopped.store(true, ordering: .releasing)
    thread.withLock { running in
      if let thread = running { pthread_join(thread, nil) }
      running = nil
    }
    return outcome
  }

  private func start(_ watch: AdapterWatch) {
    let launch = Unmanaged.passRetained(HotplugLaunch(thread: self, watch: watch))
    var started = pthread_t()
    let error = pthread_create(&started, nil, hotplugThreadMain, launch.toOpaque())
    guard error == 0 else {
      launch.release()
      return state.withLock {
        $0.group = nil
        $0.refusal = AdapterWatchError(code: error)
      }
    }
    let handle = started
    thread.withLock { $0 = handle }
  }

  fileprivate func follow(_ watch: AdapterWatch) {
    while !isStopped.load(ordering: .acquiring) {
      for event in watch.next(milliseconds: 50) {
        let notices = state.withLock { $0.take(event) }
        for notice in notices { say(notice) }
      }
    }
  }
}

extension HotplugThread.Outcome {
  fileprivate mutating func take(_ event: AdapterEvent) -> [BusAdapters.Notice] {
    let new = adapters.take(event)
    let kept = new.prefix(HotplugThread.mostNotices - notices.count)
    notices += kept
    furtherNotices += new.count - kept.count
    return new
  }
}

/// What the thread's entry needs.
private final class HotplugLaunch {
  let thread: HotplugThread
  let watch: AdapterWatch

  init(thread: HotplugThread, watch: AdapterWatch) {
    self.thread = thread
    self.watch = watch
  }
}

/// The thread's entry, at file scope and isolated to nothing.
private func hotplugThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  let launch = Unmanaged<HotplugLaunch>.fromOpaque(context).takeRetainedValue()
  launch.thread.follow(launch.watch)
  return nil
}
