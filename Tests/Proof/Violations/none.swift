// Nothing wrong: every layer must let this pass, or it would catch anything.
@_noLocks func violate(_ number: Int64) {
  var squares = InlineArray<8, Int64>(repeating: 0)
  for index in 0..<8 { squares[index] = number &* Int64(index) }
}
