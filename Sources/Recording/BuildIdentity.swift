import Glibc

/// Which build of the program this is.
public enum BuildIdentity {
  /// Optimisation, and the CRC-32 and size of the program's file: two builds with one text are one program.
  public static let text: String = {
    #if DEBUG
      let kind = "debug"
    #else
      let kind = "release"
    #endif
    let descriptor = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return kind }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size > 0,
      let memory = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED
    else { return kind }
    defer { munmap(memory, Int(status.st_size)) }
    let sum = CRC32.of(UnsafeRawBufferPointer(start: memory, count: Int(status.st_size)))
    return "\(kind) \(String(sum, radix: 16)) \(status.st_size)"
  }()
}

/// SHA-256 as a configuration's identity.
public enum ConfigurationHash {
  /// The digest of some bytes, in hexadecimal.
  public static func hex(of bytes: [UInt8]) -> String { SHA256.hex(of: bytes) }
}
