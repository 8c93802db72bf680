import JointControl
import Testing

/// What `interface` in robot.yaml may say.
@Suite struct BusInterfaceTests {
  @Test(arguments: [
    ("can0", BusInterface.kernel("can0")),
    (
      "udp-multicast://239.74.163.2",
      .multicast(group: "239.74.163.2", port: 43113, network: nil, hops: 1)
    ),
    (
      "udp-multicast://[ff15:7079::6173]:5000?interface=lo&hops=0",
      .multicast(group: "ff15:7079::6173", port: 5000, network: "lo", hops: 0)
    ),
    ("slcan:/dev/serial/by-id/usb-x-if00", .slcanTerminal(path: "/dev/serial/by-id/usb-x-if00")),
    ("slcan://gateway.local:29537", .slcanTCP(host: "gateway.local", port: 29537)),
    ("slcan://[::1]:29537", .slcanTCP(host: "::1", port: 29537)),
    (
      "cannelloni://10.0.0.2:20000?local=20001", .cannelloni(host: "10.0.0.2", port: 20000, local: 20001)
    ),
  ]) func isRead(text: String, meaning: BusInterface) throws {
    #expect(try BusInterface(text) == meaning)
  }

  @Test(arguments: [
    ("", "name of a network interface"), ("can/1", "'can/1'"), ("a name", "'a name'"),
    ("abcdefghijklmnop", "name of a network interface"), ("socketcand://h:1", "no transport"),
    ("udp-multicast:239.1.1.1", "no //"), ("udp-multicast://10.0.0.1", "no multicast address"),
    ("udp-multicast://", "no multicast address"), ("udp-multicast://239.1.1", "no multicast address"),
    ("udp-multicast://239.1.1.1:0", "no port"), ("udp-multicast://239.1.1.1:65536", "no port"),
    ("udp-multicast://239.1.1.1?hops=256", "hops=256"), ("udp-multicast://239.1.1.1?ttl=1", "'ttl'"),
    ("udp-multicast://239.1.1.1?interface", "behind the question mark"),
    ("udp-multicast://239.1.1.1?hops=1&hops=2", "behind the question mark"),
    ("udp-multicast://[ff15::1", "no ]"), ("udp-multicast://[ff15::1]x", "something behind"),
    ("slcan:ttyACM0", "no path"), ("slcan:", "no path"), ("slcan:/dev/tty ACM0", "no path"),
    ("slcan://host", "no port"), ("slcan://:1", "names no host"), ("slcan://h:1?a=b", "'a'"),
    ("cannelloni://h:20000", "local="), ("cannelloni://h?local=1", "no port"),
    ("cannelloni://h:1?local=0", "local="), ("cannelloni://:1?local=2", "no host"),
  ]) func isRefused(text: String, message: String) {
    do throws(BusInterfaceError) {
      let meaning = try BusInterface(text)
      Issue.record("\(text) was read as \(meaning)")
    } catch {
      #expect(error.message.contains(message), "\(error.message)")
      #expect(error.fix.hasPrefix("write"))
    }
  }

  @Test func placesThatTwoBusesMustNotShare() throws {
    let place = { (text: String) in try BusInterface(text).place }
    #expect(
      try place("udp-multicast://239.1.1.1?interface=lo") == place("udp-multicast://239.1.1.1:43113?hops=3"))
    #expect(try place("udp-multicast://239.1.1.1") != place("udp-multicast://239.1.1.1:43114"))
    #expect(try BusInterface("cannelloni://h:1?local=20001").ownPort == 20001)
  }

  @Test func slcanHasNotEveryBitRate() throws {
    let slcan = try BusInterface("slcan:/dev/ttyACM0")
    #expect(slcan.objection(bitRate: 1_000_000, dataBitRate: 5_000_000) == nil)
    #expect(slcan.objection(bitRate: 500_000, dataBitRate: nil) == nil)
    #expect(slcan.objection(bitRate: 800_000, dataBitRate: nil)?.message.contains("800000") == true)
    #expect(slcan.objection(bitRate: 1_000_000, dataBitRate: 8_000_000)?.fix.contains("dbitrate") == true)
    #expect(try BusInterface("can0").objection(bitRate: 800_000, dataBitRate: nil) == nil)
  }
}
