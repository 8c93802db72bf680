import CRealMath

/// Mass, centre of mass and rotational inertia of a rigid body.
public struct SpatialInertia: BitwiseCopyable, Sendable, Equatable {
  /// Mass [kg].
  public var mass: Double
  /// Centre of mass in the link frame [m].
  public var centreOfMass: Vector3
  /// Rotational inertia about the centre of mass, along the axes of the link [kg.m2].
  public var rotational: SymmetricMatrix3

  /// An inertia of its parts, in the link frame.
  @inlinable @_noLocks public init(mass: Double, centreOfMass: Vector3, rotational: SymmetricMatrix3) {
    self.mass = mass
    self.centreOfMass = centreOfMass
    self.rotational = rotational
  }

  /// First moment of mass, m c [kg.m].
  @inlinable public var firstMoment: Vector3 { @_noLocks get { centreOfMass * mass } }

  /// Rotational inertia about the origin of the frame [kg.m2]: the parallel-axis theorem.
  @inlinable public var rotationalAboutOrigin: SymmetricMatrix3 {
    @_noLocks get {
      var inertia = rotational
      inertia += .parallelAxis(centreOfMass, centreOfMass * (0.5 * mass))
      return inertia
    }
  }

  /// The same inertia in frame a, given in frame b.
  @inlinable @_noLocks public func moved(by aFromB: RigidTransform) -> SpatialInertia {
    SpatialInertia(
      mass: mass, centreOfMass: aFromB * centreOfMass,
      rotational: rotational.rotated(by: aFromB.rotation))
  }
}

extension SymmetricMatrix3 {
  /// Eigenvalues in ascending order; for a rotational inertia, the principal moments.
  ///
  /// Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5); ten sweeps are more than a 3 x 3
  /// matrix needs. Used at set-up only.
  public var eigenvalues: Vector3 {
    var a = (xx, yy, zz)
    var off = (xy, xz, yz)
    for _ in 0..<10 {
      rotate(&a.0, &a.1, &off.0, &off.1, &off.2)
      rotate(&a.0, &a.2, &off.1, &off.0, &off.2)
      rotate(&a.1, &a.2, &off.2, &off.0, &off.1)
    }
    let low = a.0 < a.1 ? a.0 : a.1
    let high = a.0 < a.1 ? a.1 : a.0
    if a.2 < low { return Vector3(x: a.2, y: low, z: high) }
    if a.2 < high { return Vector3(x: low, y: a.2, z: high) }
    return Vector3(x: low, y: high, z: a.2)
  }

  /// Makes the element `pq` zero; `pr` and `qr` are the elements of the two rows towards the third axis.
  private func rotate(
    _ pp: inout Double, _ qq: inout Double, _ pq: inout Double, _ pr: inout Double, _ qr: inout Double
  ) {
    if pq == 0 { return }
    let theta = (qq - pp) / (2 * pq)
    let magnitude = theta < 0 ? -theta : theta
    let root = 1 / (magnitude + real_sqrt(theta * theta + 1))
    let tangent = theta < 0 ? -root : root
    let cosine = 1 / real_sqrt(tangent * tangent + 1)
    let sine = tangent * cosine
    pp -= tangent * pq
    qq += tangent * pq
    pq = 0
    let oldPR = pr
    pr = cosine * oldPR - sine * qr
    qr = sine * oldPR + cosine * qr
  }
}
