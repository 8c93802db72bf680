// A line of text for the terminal.
@_noLocks func violate(_ number: Int64) {
  print("cycle \(number)")
}
