import RobotDescription
import Testing

@Suite struct DiagnosticTests {
  @Test func printsAsEditorsReadIt() {
    let place = SourceLocation(file: "Robots/a/robot.yaml", line: 12, column: 5)
    let mistake = Diagnostic(location: place, message: "id 3 belongs to 'knee' already", fix: "write another")
    #expect(mistake.description == "Robots/a/robot.yaml:12:5: id 3 belongs to 'knee' already; write another")
    #expect(SourceLocation(file: "x.urdf").description == "x.urdf")
  }

  @Test func anErrorSortsByPlaceWithinAFileAndKeepsTheOrderOfFiles() {
    func at(_ file: String, _ line: Int, _ column: Int, _ text: String = "m") -> Diagnostic {
      let place = SourceLocation(file: file, line: line, column: column)
      return Diagnostic(location: place, message: text, fix: "f")
    }
    let error = DescriptionError([
      at("b", 9, 1), at("a", 3, 7), at("b", 2, 4), at("a", 3, 2), at("b", 9, 1), at("b", 9, 1, "n"),
    ])
    #expect(
      error.description
        == "b:2:4: m; f\nb:9:1: m; f\nb:9:1: n; f\na:3:2: m; f\na:3:7: m; f")
  }
}
