import Foundation
import RigidBody
import Testing

@Suite("Lane widths") struct LaneWidthTests {
  @Test("One, two and four lanes give the same bits", arguments: bitTrees)
  func sameBits(tree: RandomTree) throws {
    var models = try LaneWidth.allCases.map { width in
      try RandomModel(tree, laneWidth: width)
    }
    for (model, width) in zip(models, LaneWidth.allCases) { #expect(model.model.laneWidth == width) }
    for _ in 0..<20 {
      let bits = models.indices.map { quantities(&models[$0]).map(\.bitPattern) }
      #expect(bits[0] == bits[1])
      #expect(bits[0] == bits[2])
    }
  }

  /// SINEW_WRITE_GOLDEN=1 swift test --filter LaneWidthTests writes the file anew.
  @Test("The bits of 1400 states are those of the golden file") func goldenBits() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/bits.txt")
    let text = try bitLines().joined(separator: "\n") + "\n"
    if ProcessInfo.processInfo.environment["SINEW_WRITE_GOLDEN"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text)
  }

  @Test("A chain runs in one lane, limbs side by side") func choosesWidth() throws {
    let chain = try RandomModel(seed: 1, joints: 1, base: .fixed)
    #expect(chain.model.laneWidth == .one)
    let tree = try RandomModel(seed: 41, joints: 34, base: .floating)
    #expect(tree.model.laneWidth != .one)
  }
}
