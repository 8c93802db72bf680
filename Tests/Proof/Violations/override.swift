// A method that a subclass overrides with one that allocates: the base's own annotation says nothing about it.
class Filter {
  @_noLocks func update(_ number: Int64) -> Int64 { number }
}

final class LoggingFilter: Filter {
  @inline(never) override func update(_ number: Int64) -> Int64 { [number].reduce(0, &+) }
}

nonisolated(unsafe) let filter: Filter = LoggingFilter()

@_noLocks func violate(_ number: Int64) { _ = update(unsafe filter, number) }

@_noLocks func update(_ filter: Filter, _ number: Int64) -> Int64 { filter.update(number) }
