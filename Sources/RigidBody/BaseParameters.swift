extension [BodyConstants] {
  /// The bodies with what lies on the axis of a turning joint counted with the parent; see `WaveConstants`.
  ///
  /// Mass m, first moment h and second moment l along the axis, which passes p in the direction a of the parent, are there
  /// a mass m, a first moment m p + h a and a second moment m p p^T + h (p a^T + a p^T) + l a a^T.
  var countedOnAxes: [BodyConstants] {
    var bodies = self
    var second = map { SecondMoment($0.inertia) }
    for i in indices.dropFirst().reversed() where !self[i].isPrismatic {
      let parent = Int(self[i].parent)
      let (m, h, l) = (bodies[i].mass, bodies[i].firstMoment.z, second[i].zz)
      let (a, p) = (self[i].rotation.columnZ, self[i].translation)
      bodies[parent].mass += m
      bodies[parent].firstMoment = bodies[parent].firstMoment + p * m + a * h
      second[parent].add(p, p, m)
      second[parent].add(p, a, h)
      second[parent].add(a, p, h)
      second[parent].add(a, a, l)
      bodies[i].mass = 0
      bodies[i].firstMoment.z = 0
      second[i].zz = 0
    }
    for i in indices {
      bodies[i].inertia = second[i].inertia
      bodies[i].subtreeMass = bodies[i].mass
    }
    for i in indices.dropFirst().reversed() {
      bodies[Int(self[i].parent)].subtreeMass += bodies[i].subtreeMass
    }
    return bodies
  }
}

/// Second moment of mass, the integral of r r^T dm [kg.m2].
private struct SecondMoment {
  var xx, xy, yy, xz, yz, zz: Double

  /// From the inertia: tr(I)/2 - I.
  init(_ i: SymmetricMatrix3) {
    let half = 0.5 * (i.xx + i.yy + i.zz)
    (xx, xy, yy, xz, yz, zz) = (half - i.xx, -i.xy, half - i.yy, -i.xz, -i.yz, half - i.zz)
  }

  /// Adds s a b^T; the sum of all that is added is symmetric.
  mutating func add(_ a: Vector3, _ b: Vector3, _ s: Double) {
    xx += s * a.x * b.x
    yy += s * a.y * b.y
    zz += s * a.z * b.z
    xy += s * 0.5 * (a.x * b.y + a.y * b.x)
    xz += s * 0.5 * (a.x * b.z + a.z * b.x)
    yz += s * 0.5 * (a.y * b.z + a.z * b.y)
  }

  /// tr(L) - L.
  var inertia: SymmetricMatrix3 {
    SymmetricMatrix3(xx: yy + zz, xy: -xy, xz: -xz, yy: xx + zz, yz: -yz, zz: xx + yy)
  }
}
