/// What a description says of the objects of one CANopen drive beyond what every drive of its family has.
public struct DeviceObjects: Sendable, Equatable {
  /// One value that bring-up writes.
  public struct Write: Sendable, Equatable {
    /// Address, as in `CANopen.Object`: index << 16 | sub-index << 8 | bits.
    public var address: UInt32
    /// The value's pattern.
    public var value: UInt32
    /// Whether the drive lets it be read back.
    public var isReadable: Bool
    /// What the file calls the object.
    public var name: String
    /// Where the file says so.
    public var place: String

    /// A value.
    public init(address: UInt32, value: UInt32, isReadable: Bool = true, name: String, place: String) {
      self.address = address
      self.value = value
      self.isReadable = isReadable
      self.name = name
      self.place = place
    }
  }

  /// Vendor that object 1018 must tell; nil when nobody says.
  public var vendor: UInt32?
  /// Product that object 1018 must tell; nil when nobody says.
  public var product: UInt32?
  /// Revision that object 1018 must tell; nil when nobody says.
  public var revision: UInt32?
  /// What bring-up writes, in the order of the file; held by the drive until it is switched off.
  public var writes: [Write]

  /// Objects; none when nothing is given.
  public init(
    vendor: UInt32? = nil, product: UInt32? = nil, revision: UInt32? = nil, writes: [Write] = []
  ) {
    self.vendor = vendor
    self.product = product
    self.revision = revision
    self.writes = writes
  }
}
