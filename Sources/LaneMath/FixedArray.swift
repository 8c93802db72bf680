/// A fixed number of elements, allocated once, read and changed in place.
///
/// An `InlineArray` that is only looked at is copied whole at each index (Swift 6.3.1); this one is not. It stands in
/// this module because a debug build can prove generic code free of locks only where it is inlined from another module.
@safe public struct FixedArray<Element: BitwiseCopyable>: ~Copyable {
  /// Number of elements.
  public let count: Int
  @usableFromInline let storage: UnsafeMutablePointer<Element>

  /// `count` elements, at least one; each begins as what `element` says of its index. Allocates.
  public init(count: Int, _ element: (Int) -> Element) {
    precondition(count > 0, "a fixed array holds at least one element")
    self.count = count
    unsafe storage = UnsafeMutablePointer<Element>.allocate(capacity: count)
    for index in 0..<count { unsafe (storage + index).initialize(to: element(index)) }
  }

  /// `count` elements, at least one, that all begin alike. Allocates.
  public init(count: Int, repeating element: Element) { self.init(count: count) { _ in element } }

  deinit { unsafe storage.deallocate() }

  /// The element at an index below `count`.
  public subscript(index: Int) -> Element {
    @_transparent unsafeAddress {
      precondition(index >= 0 && index < count)
      return unsafe UnsafePointer(storage + index)
    }
    @_transparent unsafeMutableAddress {
      precondition(index >= 0 && index < count)
      return unsafe storage + index
    }
  }

  /// The first element; valid as long as this value, and while no element is changed.
  public var elements: UnsafePointer<Element> { @_transparent get { unsafe UnsafePointer(storage) } }

  /// The first element, to be written; valid as long as this value.
  public var mutableElements: UnsafeMutablePointer<Element> { @_transparent mutating get { unsafe storage } }
}
