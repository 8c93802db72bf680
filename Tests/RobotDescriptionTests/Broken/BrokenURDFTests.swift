import RobotDescription
import Testing

/// Broken URDF files: each differs from the good one by one edit.
@Suite struct BrokenURDFTests {
  @Test(arguments: trees + elements + drivenOnly)
  func isRefusedInTheRightLine(_ broken: BrokenCase) throws {
    let urdf = try #require(
      GoodRobot.urdf.editing(broken.old, to: broken.new), "the edit does not apply once")
    try broken.check(RobotDirectory(urdf: urdf).diagnostics(), file: "leg.urdf", text: urdf)
  }

  static let trees = [
    BrokenCase(
      "a cyclic tree", #"<parent link="pelvis"/>"#, #"<parent link="foot"/>"#, line: #"<joint name="ankle""#,
      message: "form a cycle", "'hip'", "'knee'", "'ankle'", fix: "tree"),
    BrokenCase(
      "a link that carries itself", #"<parent link="thigh"/>"#, #"<parent link="shank"/>"#,
      line: #"<joint name="knee""#, message: "form a cycle", fix: "tree"),
    BrokenCase(
      "several roots", #"<link name="heel"/>"#, #"<link name="heel"/><link name="lost"/>"#,
      message: "2 roots", "'pelvis'", "'lost'", fix: "connect"),
    BrokenCase(
      "a link on two joints", #"<child link="heel"/>"#, #"<child link="toe"/>"#,
      line: #"<joint name="heel_lift""#, message: "hangs on two joints", "'toe_spread'", fix: "tree", count: 2
    ),
    BrokenCase(
      "an unknown link", #"<child link="shank"/>"#, #"<child link="shnak"/>"#, line: #"<joint name="knee""#,
      message: "unknown link 'shnak'", fix: "shank", count: 2),
    BrokenCase(
      "two links of one name", #"<link name="toe"/>"#, #"<link name="sole"/>"#,
      line: "<link name=\"sole\"/>\n  <link name=\"sole\"/>", message: "two links", "'sole'", fix: "own name"),
    BrokenCase(
      "two joints of one name", #"<joint name="heel_lift""#, #"<joint name="ankle""#,
      line: #"<joint name="ankle" type="revolute""#, message: "two joints", "'ankle'", fix: "own name"),
    BrokenCase(
      "an unknown mimic", #"mimic joint="ankle""#, #"mimic joint="angle""#, line: #"<joint name="heel_lift""#,
      message: "mimics the unknown joint 'angle'", fix: "ankle"),
    BrokenCase(
      "a mimic of a fixed joint", #"mimic joint="ankle""#, #"mimic joint="sole_fix""#,
      line: #"<joint name="heel_lift""#, message: "mimics 'sole_fix'", fix: "revolute"),
  ]

  static let elements = [
    BrokenCase(
      "a negative mass", #"<mass value="6.0"/>"#, #"<mass value="-6.0"/>"#, message: "'thigh'", "-6 kg",
      fix: "positive"),
    BrokenCase("a mass of NaN", #"value="6.0""#, #"value="nan""#, message: "finite number", fix: "number"),
    BrokenCase("a word for a mass", #"value="6.0""#, #"value="heavy""#, message: "\"heavy\"", fix: "number"),
    BrokenCase(
      "an infinite limit", #"upper="2.2""#, #"upper="inf""#, message: "upper=\"inf\"", fix: "number"),
    BrokenCase(
      "two numbers for a vector", #"xyz="0 2 0""#, #"xyz="0 2""#, message: "3 finite numbers", fix: "0 0 1"),
    BrokenCase(
      "an axis of length zero", #"xyz="0 2 0""#, #"xyz="0 0 0""#, message: "length zero", fix: "0 0 1"),
    BrokenCase(
      "a mimic of a planar joint", #"name="ankle" type="continuous""#, #"name="ankle" type="planar""#,
      line: #"<joint name="heel_lift""#, message: "mimics 'ankle'", fix: "revolute"),
    BrokenCase(
      "an unknown type of joint", #"name="ankle" type="continuous""#, #"name="ankle" type="continous""#,
      message: "'continous'", fix: "continuous"),
    BrokenCase(
      "no type", #"name="ankle" type="continuous""#, #"name="ankle""#, message: "no type", fix: "revolute"),
    BrokenCase(
      "no parent", #"<parent link="thigh"/>"#, "", line: #"<joint name="knee""#, message: "no parent",
      fix: "<parent"),
    BrokenCase("a link without a name", #"<link name="toe"/>"#, "<link/>", message: "no name", fix: "name="),
    BrokenCase(
      "another file's root", #"<robot name="leg">"#, #"<robt name="leg">"#, line: "</robot>",
      message: "not well-formed", fix: "</robt>"),
    BrokenCase(
      "a document type", "<!-- A leg", "<!DOCTYPE robot [<!ENTITY a \"b\">]>\n<!-- A leg", line: "<!DOCTYPE",
      message: "document type or an entity", fix: "remove"),
    BrokenCase(
      "an undefined entity", #"<link name="toe"/>"#, #"<link name="toe&bomb;"/>"#, message: "not well-formed",
      fix: "angle brackets"),
    BrokenCase(
      "a macro", #"<link name="toe"/>"#, #"<xacro:link_macro name="toe"/>"#, message: "xacro macro",
      fix: "xacro "),
    BrokenCase(
      "an attribute without quotes", #"<link name="toe"/>"#, "<link name=toe/>", message: "not well-formed",
      fix: "quotes"),
  ]

  /// What only matters because the joint is driven.
  static let drivenOnly = [
    BrokenCase(
      "an inertia that no body has", #"iyy="0.05""#, #"iyy="5.0""#, line: #"<link name="shank">"#,
      message: "'shank'", fix: "units"),
    BrokenCase(
      "a negative moment of inertia", #"ixx="0.003""#, #"ixx="-0.003""#, line: #"<link name="foot">"#,
      message: "'foot'", "negative", fix: "centre of mass"),
    BrokenCase(
      "limits in degrees", #"upper="2.2""#, #"upper="126""#, message: "looks like degrees", fix: "2.19911"),
    BrokenCase(
      "a negative speed limit", #"velocity="11""#, #"velocity="-11""#, message: "negative velocity limit",
      fix: "above zero"),
  ]
}
