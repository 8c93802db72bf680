import ArgumentParser
import CServoBus
import Foundation
import JointControl

/// CAN interfaces and files of their traffic: look on, convert, send, set up.
struct CANCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "can",
    abstract: "Look at CAN buses, convert their traffic, send, and set interfaces of the kernel up.",
    discussion: """
      EXAMPLES
        sinew can dump can0 can1
        sinew can list --watch
        sinew can dump --robot my_robot --table
        sinew can convert session.log session.pcapng
        sinew can stat
        sudo sinew can up Robots/navigator
        sinew can send can0 123#DEADBEEF
        sudo sinew can names Robots/navigator --write /
      """,
    subcommands: [
      CANDump.self, CANConvert.self, CANSend.self, CANStat.self, CANUp.self, CANDown.self, CANList.self,
      CANNames.self,
    ])
}

extension Failure {
  /// What an errno of the shim means for an interface.
  init(interface name: String, code: Int32) {
    let (message, fix): (String, String) =
      switch code {
      case ENODEV, ENXIO: ("there is no such interface", "ip link show type can lists what is there")
      case EAFNOSUPPORT: ("this kernel has no CAN", "type: sinew doctor")
      case EPROTOTYPE: ("is no CAN interface", "ip link show type can lists those that are")
      case ENETDOWN: ("is down", "type: sudo sinew can up ROBOT, or sudo ip link set \(name) up")
      case EPERM, EACCES: ("not allowed", "type the same with sudo")
      case EOPNOTSUPP: ("it has no controller that could be set so", "see ip -details link show \(name)")
      case ERANGE, EINVAL, EDOM:
        ("its controller cannot be set so", "see what it can do: ip -details link show \(name)")
      default: (String(cString: strerror(code)), "see sudo dmesg")
      }
    self.init(kind: "can", location: name, message: message, fix: fix, code: Failure.hostFault)
  }
}

extension BusConfiguration {
  /// The kernel's interface that carries the bus; nil for buses that are carried otherwise.
  var kernelInterface: String? {
    if case .kernel(let name)? = try? BusInterface(interface) { return name }
    return nil
  }
}
