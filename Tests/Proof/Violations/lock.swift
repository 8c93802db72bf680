import Synchronization

// A lock that another thread may hold.
@_noLocks func violate(_ number: Int64) {
  let shared = Mutex(number)
  shared.withLock { $0 &+= 1 }
}
