import RigidBody

/// Prints what Golden/bits.txt of RigidBodyTests must hold.
@main enum Bits {
  static func main() {
    do throws(ModelError) {
      for line in try bitLines() { print(line) }
    } catch {
      print("a random model was refused")
    }
  }
}
