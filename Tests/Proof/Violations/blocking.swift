import Glibc

// A call that waits.
@_noLocks func violate(_ number: Int64) {
  usleep(UInt32(truncatingIfNeeded: number))
}
