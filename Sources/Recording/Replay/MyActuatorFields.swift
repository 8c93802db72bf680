import CServoWire
import ControlCycle

extension CommandField {
  /// Command and current of two frames to a MyActuator drive.
  static func myActuator(_ a: CANFrame, _ b: CANFrame) -> [(String, UInt32, UInt32)] {
    func words(_ frame: CANFrame) -> myactuator_frame {
      var words = myactuator_frame()
      _ = withUnsafePointer(to: frame.payload) { myactuator_decode_frame($0.bytes, frame.length, &words) }
      return words
    }
    let (first, second) = (words(a), words(b))
    return [
      ("command", UInt32(first.command), UInt32(second.command)),
      ("command current word", first.value & 0xFFFF, second.value & 0xFFFF),
      ("command value", first.value, second.value),
    ]
  }
}
