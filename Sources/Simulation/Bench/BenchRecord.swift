public import JointControl

/// What a test bench found: groups of tests, each with figures, curves and maps.
public struct BenchRecord: Sendable {
  /// One number.
  public struct Figure: Sendable {
    /// Name for machines, the unit last.
    public var key: String
    /// Name for people.
    public var title: String
    /// The number; nil where the test saw nothing of the kind.
    public var value: Double?
    /// Its unit.
    public var unit: String
    /// What a data sheet prints for it.
    public var printed: PrintedNumber?
    /// What one has to know to read it.
    public var note: String?

    /// How far the number is from the printed one, as a part of that; nil without either.
    public var deviation: Double? {
      guard let value, let printed else { return nil }
      return value / printed.value - 1
    }
  }

  /// An axis of a curve or a map.
  public struct Axis: Sendable {
    /// What it counts.
    public var title: String
    /// In which unit.
    public var unit: String
    /// Whether equal ratios take equal lengths.
    public var isLogarithmic = false
  }

  /// One line of a curve.
  public struct Series: Sendable {
    /// What sets it apart.
    public var title: String
    /// The points in order.
    public var points: [(x: Double, y: Double)]
  }

  /// Lines over one axis.
  public struct Curve: Sendable {
    /// Name for machines.
    public var key: String
    /// Name for people.
    public var title: String
    /// Axis to the right.
    public var x: Axis
    /// Axis upwards.
    public var y: Axis
    /// The lines.
    public var series: [Series]
  }

  /// Values over two axes.
  public struct Map: Sendable {
    /// Name for machines.
    public var key: String
    /// Name for people.
    public var title: String
    /// Axis to the right.
    public var x: Axis
    /// Axis upwards.
    public var y: Axis
    /// What the values are.
    public var value: Axis
    /// Where the columns stand.
    public var columns: [Double]
    /// Where the rows stand.
    public var rows: [Double]
    /// The values, row by row; nil where the part does not go.
    public var values: [Double?]
  }

  /// One test.
  public struct Test: Sendable {
    /// Name for machines.
    public var key: String
    /// Name for people.
    public var title: String
    /// How it was done.
    public var method: String
    /// Its numbers.
    public var figures: [Figure] = []
    /// Its curves.
    public var curves: [Curve] = []
    /// Its maps.
    public var maps: [Map] = []
    /// Why there is nothing: what the profile does not describe; nil for a test that was done.
    public var missing: String?

    /// A figure by its name; nil when the test has none of that name.
    public subscript(key: String) -> Figure? { figures.first { $0.key == key } }
  }

  /// Tests that belong together.
  public struct Group: Sendable {
    /// The group of clauses of GB/T 43200-2023 after which it is laid out.
    public var clause: String
    /// What the group is about.
    public var title: String
    /// The tests.
    public var tests: [Test]
  }

  /// The groups in their order.
  public var groups: [Group]

  /// A test by its name; nil when there is none of that name.
  public subscript(key: String) -> Test? { groups.lazy.flatMap(\.tests).first { $0.key == key } }
}
