/// The known name that a mistyped one most likely stands for; nil when none is near.
///
/// Near means a Levenshtein distance (insertions, deletions, substitutions of one character) of at most a third
/// of the longer name, ignoring case; failing that, the shortest name that contains the mistyped one.
package func nearestName(to name: String, among known: some Sequence<String>) -> String? {
  let wanted = Array(name.lowercased().unicodeScalars.prefix(64))
  var best: (distance: Int, name: String)?
  for candidate in known {
    let scalars = Array(candidate.lowercased().unicodeScalars.prefix(64))
    let distance = editDistance(wanted, scalars)
    guard distance <= max(1, max(wanted.count, scalars.count) / 3) else { continue }
    if best.map({ distance < $0.distance }) ?? true { best = (distance, candidate) }
  }
  if let best { return best.name }
  guard name.count >= 3 else { return nil }
  return known.filter { $0.contains(name) }.min { $0.count < $1.count }
}

/// The text of a fix for an unknown name: the nearest known one, or all of them when they are few.
public func suggestion(for name: String, among known: [String], what: String) -> String {
  if let nearest = nearestName(to: name, among: known) { return "did you mean '\(nearest)'?" }
  guard !known.isEmpty else { return "there is no \(what) to choose from" }
  let shown = known.prefix(8).joined(separator: ", ")
  return "use one of \(shown)" + (known.count > 8 ? " (and \(known.count - 8) more)" : "")
}

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var row = Array(0...b.count)
  for i in 0..<a.count {
    var diagonal = row[0]
    row[0] = i + 1
    for j in 0..<b.count {
      let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substitution, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
