// An array that grows.
@_noLocks func violate(_ number: Int64) {
  var log = [number]
  log.append(number)
}
