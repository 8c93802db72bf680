// Times inverse kinematics on the poses of a file; `run.py` runs this in turns with the peer.
//
//     ik-benchmark URDF LINK JOINT,JOINT,... POSES SOLUTIONS ROUNDS
//     ik-benchmark proof PROGRAMS SEED        tries random quadratic programs; exit 1 where one is not solved
//
// POSES holds seven doubles a pose: position [m] and quaternion w x y z in the world, the root link fixed there. Each pose is
// sought from the middle of the joints' limits. SOLUTIONS receives the positions of the joints named, a case after the other.
// Prints the number solved, and mean, median, 99th percentile and worst time [ns] of a pose, each the best of ROUNDS.

import Foundation
import RigidBody
import RobotDescription

@main struct InverseKinematicsBenchmark {
  static func main() throws {
    let words = Array(CommandLine.arguments.dropFirst())
    if words.count == 3, words[0] == "proof", let cases = Int(words[1]), let seed = UInt64(words[2]) {
      let proof = ProgramProof(cases: cases, seed: seed)
      print(proof.text)
      exit(proof.holds ? 0 : 1)
    }
    guard words.count == 6, let rounds = Int(words[5]) else {
      print("usage: ik-benchmark URDF LINK JOINT,JOINT,... POSES SOLUTIONS ROUNDS | proof PROGRAMS SEED")
      exit(2)
    }
    let urdf = try URDF.load(words[0])
    let model = try urdf.model(base: .fixed)
    guard let link = model.linkIndex(of: words[1]) else {
      print("there is no link \(words[1])")
      exit(2)
    }
    let coordinates = words[2].split(separator: ",").map { name in
      let limits = urdf.joint(String(name))?.limits
      return ChainCoordinate(
        joint: String(name), lower: limits?.lower ?? -.infinity, upper: limits?.upper ?? .infinity)
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: words[3]))
    let poses = data.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
    var solver = try InverseKinematics(model, link: link, coordinates: coordinates)
    let places = coordinates.compactMap { model.coordinates(of: $0.joint)?.positions.lowerBound }
    let solutions = time(model, &solver, places, poses, rounds: rounds)
    try solutions.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: words[4]))
  }

  /// Prints the figures; the positions found, a case after the other.
  static func time(
    _ model: Model, _ solver: inout InverseKinematics, _ places: [Int], _ poses: [Double], rounds: Int
  ) -> [Double] {
    let workspace = ModelData(model)
    let cases = poses.count / 7
    let middle = places.indices.map { solver.posture[$0] }
    var best = [Double](repeating: .infinity, count: cases)
    var solutions: [Double] = []
    var (solved, iterations, restarts) = (0, 0, 0)
    var q = model.zeroPosition
    for round in 0..<rounds {
      for index in 0..<cases {
        let n = poses[(7 * index)..<(7 * index + 7)].map { $0 }
        let target = RigidTransform(
          rotation: Quaternion(w: n[3], x: n[4], y: n[5], z: n[6]).rotation,
          translation: Vector3(x: n[0], y: n[1], z: n[2]))
        for (place, value) in zip(places, middle) { q[place] = value }
        let start = DispatchTime.now().uptimeNanoseconds
        let result = solver.solve(model.kernel, workspace.workspace, q: &q, target: target)
        let end = DispatchTime.now().uptimeNanoseconds
        best[index] = min(best[index], Double(end - start))
        if round > 0 { continue }
        if result.outcome.isSolved { solved += 1 }
        iterations += result.iterations
        restarts += result.restarts
        for place in places { solutions.append(q[place]) }
      }
    }
    best.sort()
    print("solved", solved)
    print("mean", best.reduce(0, +) / Double(cases))
    print("median", best[cases / 2])
    print("p99", best[cases - 1 - cases / 100])
    print("worst", best[cases - 1])
    print("iterations", Double(iterations) / Double(cases))
    print("restarts", Double(restarts) / Double(cases))
    return solutions
  }
}
