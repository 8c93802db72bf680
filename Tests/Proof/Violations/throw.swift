// An error that is thrown, of any type.
struct OutOfRange: Error {}

func check(_ number: Int64) throws -> Int64 {
  if number < 0 { throw OutOfRange() }
  return number
}

@_noLocks func violate(_ number: Int64) {
  _ = try? check(number)
}
