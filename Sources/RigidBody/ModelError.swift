/// Why links and joints do not make a model; names the link or joint and says what to do.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the mistake is about.
  public enum Subject: Sendable, Equatable {
    /// A link, by name.
    case link(String)
    /// A joint, by name.
    case joint(String)
    /// The tree as a whole.
    case model
  }

  /// The mistake.
  public enum Reason: Sendable, Equatable {
    /// There is no link at all.
    case noLinks
    /// Two links, or two joints, share this name.
    case duplicateName
    /// A joint names a link that is not there.
    case unknownLink(String)
    /// A link is the child of two joints.
    case severalParents(String, String)
    /// These links have no parent; one tree has one root.
    case severalRoots([String])
    /// Going up from this link never ends.
    case cycle
    /// A number is infinite or not a number; the associated value says which.
    case notFinite(String)
    /// The rotation of the origin is not a rotation matrix.
    case notARotation
    /// The axis has length zero.
    case zeroAxis
    /// The armature is negative [kg.m2].
    case negativeArmature(Double)
    /// The mass is negative [kg].
    case negativeMass(Double)
    /// A principal moment is negative [kg.m2].
    case notPositiveDefinite(Double)
    /// The largest principal moment exceeds the sum of the other two [kg.m2].
    case triangleInequality(Double, Double, Double)
    /// The joint moves neither mass nor armature: no torque has a finite acceleration.
    case movesNoMass
    /// A floating base without mass.
    case masslessBase
    /// A planar or floating joint has an armature, which belongs to one axis.
    case armatureNeedsOneCoordinate
    /// A mimic joint follows a joint that is not there.
    case unknownMimicSource(String)
    /// A joint that does not move along one coordinate follows, or is followed.
    case mimicNeedsOneCoordinate(String)
    /// Following the joints followed never ends.
    case mimicCycle
  }

  /// What the mistake is about.
  public let subject: Subject
  /// The mistake.
  public let reason: Reason

  /// A mistake of its parts.
  public init(_ subject: Subject, _ reason: Reason) {
    self.subject = subject
    self.reason = reason
  }

  /// What is wrong, in one clause.
  public var message: String {
    switch reason {
    case .noLinks: "the model has no links"
    case .duplicateName: "the name is used twice"
    case .unknownLink(let name): "link '\(name)' does not exist"
    case .severalParents(let first, let second): "two joints, '\(first)' and '\(second)', move this link"
    case .severalRoots(let roots): "several links have no parent: \(roots.joined(separator: ", "))"
    case .cycle: "the link is its own ancestor"
    case .notFinite(let field): "\(field) is not a finite number"
    case .notARotation: "the origin's rotation is not a rotation matrix"
    case .zeroAxis: "the axis has length zero"
    case .negativeArmature(let value): "the armature is negative: \(value)"
    case .negativeMass(let value): "the mass is negative: \(value) kg"
    case .notPositiveDefinite(let value): "the inertia has a negative principal moment: \(value) kg.m2"
    case .triangleInequality(let a, let b, let c):
      "no body has these principal moments: \(c) exceeds \(a) + \(b) kg.m2"
    case .movesNoMass: "the joint moves neither mass nor rotor"
    case .masslessBase: "the floating base has no mass"
    case .armatureNeedsOneCoordinate: "a joint without an axis of its own has an armature"
    case .unknownMimicSource(let name): "it follows joint '\(name)', which does not exist"
    case .mimicNeedsOneCoordinate(let name): "joint '\(name)' does not move along one coordinate"
    case .mimicCycle: "it follows itself"
    }
  }

  /// What to do about it.
  public var fix: String {
    switch reason {
    case .noLinks: "describe at least one link"
    case .duplicateName: "rename one of them"
    case .unknownLink: "correct the name or add the link"
    case .severalParents: "remove one of the joints; closed loops are not supported"
    case .severalRoots: "connect them by joints so that one root is left"
    case .cycle: "reverse or remove a joint of the loop"
    case .notFinite: "give a finite number"
    case .notARotation: "give orthonormal, right-handed axes"
    case .zeroAxis: "give the axis a direction"
    case .negativeArmature: "give ratio^2 x rotor inertia, at least 0"
    case .negativeMass: "give the mass in kg, at least 0"
    case .notPositiveDefinite: "give the inertia about the centre of mass, in kg.m2"
    case .triangleInequality: "check the units and the products of inertia"
    case .movesNoMass: "give its links mass, give it an armature, or make it fixed"
    case .masslessBase: "give the base link mass, or fix the base"
    case .armatureNeedsOneCoordinate: "leave the armature out, or use one-axis joints"
    case .unknownMimicSource: "correct the name"
    case .mimicNeedsOneCoordinate: "follow a revolute, continuous or prismatic joint"
    case .mimicCycle: "let the chain end at a joint that follows none"
    }
  }

  /// "joint 'x': what is wrong; what to do".
  public var description: String {
    switch subject {
    case .link(let name): "link '\(name)': \(message); \(fix)"
    case .joint(let name): "joint '\(name)': \(message); \(fix)"
    case .model: "\(message); \(fix)"
    }
  }
}
