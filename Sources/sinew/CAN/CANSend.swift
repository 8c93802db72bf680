import ArgumentParser
import ControlCycle
import Foundation
import Recording

/// Frames from the command line onto an interface.
struct CANSend: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Send frames on an interface.",
    discussion: """
      A frame is what a line of candump -L holds behind the interface: 123#DEADBEEF with 3 digits of identifier for 11
      bits, 8 for 29; 123#R for a remote frame, R4 with a length; 123##1AABB for CAN FD, the digit holding bit rate
      switch (1) and error state (2).

      A frame can make a drive move: sinew knows nothing here of limits.

      EXAMPLES
        sinew can send can0 123#DEADBEEF
        sinew can send can0 00000102##1000102030405060708090A0B
      """)

  @Argument(help: "Interface, such as can0.")
  var interface: String

  @Argument(help: "Frames, such as 123#DEADBEEF.")
  var frames: [String]

  func run() throws {
    do {
      let read = try frames.map { text in
        guard let frame = CandumpLine.frame(text) else {
          throw Failure(
            kind: "usage", location: String(text.prefix(80)), message: "is no frame",
            fix:
              "write 123#DEADBEEF, 00000123#R or 123##1AABB; CAN FD lengths are 0...8, 12, 16, 20, 24, 32, 48, 64",
            code: Failure.badDescription)
        }
        return frame
      }
      let bus = try CANMonitor(interface, receiveBytes: 0)
      for frame in read {
        let error = bus.send(frame)
        if error != 0 { throw Failure(interface: interface, code: error) }
      }
    } catch let failure as Failure { throw failure.report(json: false) }
  }
}
