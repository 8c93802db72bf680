import JointControl

/// One cycle of all buses as a picture: a lane a bus, a box a frame, to scale.
struct BusPlanTimeline {
  let plan: BusPlan
  private let timelines: [CycleTimeline]
  private static let (left, width, lane, top) = (130, 900, 34, 64)

  init(_ plan: BusPlan) {
    self.plan = plan
    timelines = plan.buses.map { CycleTimeline($0.messages, period: plan.period) }
  }

  /// Time at the right edge [ns].
  private var span: Int64 {
    let ends = zip(plan.buses, timelines).map { max($0.completion, $1.end) }
    return max(plan.period, ends.max() ?? 0)
  }

  private func x(_ time: Int64) -> String {
    RunReport.fixed(Double(Self.left) + Double(Self.width) * Double(time) / Double(span), 2)
  }

  /// The picture; frames longer than they can be never are, so every box is at its longest.
  func svg(title: String) -> String {
    let height = Self.top + Self.lane * plan.buses.count + 54
    var out = Markup.openDrawing(width: Self.left + Self.width + 40, height: height)
    out += Markup.text(
      10, 20, "\(title): one cycle of \(MessageSetReport.text(plan.period)) us, frames at their longest")
    out += legend
    out += axis(bottom: Self.top + Self.lane * plan.buses.count)
    for (index, bus) in plan.buses.enumerated() {
      let y = Self.top + index * Self.lane
      out += Markup.text(Self.left - 10, y + 16, bus.name, anchor: "end")
      out += Markup.text(
        Self.left - 10, y + 28, RunReport.fixed(100 * bus.utilisation, 1) + " %", anchor: "end", size: 9)
      for slot in timelines[index].slots { out += box(slot, bus.messages[slot.message], y: y) }
      guard !bus.messages.isEmpty else { continue }
      let colour = bus.isFeasible ? "black" : "#cc0000"
      out +=
        "<line class=\"worst\" x1=\"\(x(bus.completion))\" y1=\"\(y + 2)\" x2=\"\(x(bus.completion))\" "
        + "y2=\"\(y + Self.lane - 4)\" stroke=\"\(colour)\" stroke-width=\"2\"><title>\(Markup.escaped(bus.name)) ends by "
        + "\(MessageSetReport.text(bus.completion)) us at worst</title></line>\n"
    }
    return out + "</svg>\n"
  }

  private func box(_ slot: CycleTimeline.Slot, _ message: PlannedMessage, y: Int) -> String {
    let length = RunReport.fixed(Double(Self.width) * Double(slot.end - slot.start) / Double(span), 2)
    return
      "<rect class=\"\(message.kind.rawValue)\" x=\"\(x(slot.start))\" y=\"\(y + 5)\" width=\"\(length)\" "
      + "height=\"\(Self.lane - 12)\" fill=\"\(Self.colour(message.kind))\" stroke=\"white\"><title>"
      + "\(Markup.escaped(message.name)), 0x\(String(message.identifier, radix: 16, uppercase: true)): "
      + "\(MessageSetReport.text(slot.start)) to \(MessageSetReport.text(slot.end)) us, at worst by "
      + "\(message.worst.map(MessageSetReport.text) ?? "no bound") us</title></rect>\n"
  }

  private func axis(bottom: Int) -> String {
    // Ten steps a period, and the end of the period marked.
    var out = ""
    var time: Int64 = 0
    var step = 0
    while time <= span {
      let isPeriod = time == plan.period
      out +=
        "<line x1=\"\(x(time))\" y1=\"\(Self.top)\" x2=\"\(x(time))\" y2=\"\(bottom)\" "
        + "stroke=\"\(isPeriod ? "#cc0000" : "#ddd")\"\(isPeriod ? " stroke-dasharray=\"6 3\"" : "")/>\n"
      if step % 2 == 0 {
        out +=
          "<text x=\"\(x(time))\" y=\"\(bottom + 16)\" text-anchor=\"middle\" font-size=\"10\">"
          + "\(MessageSetReport.text(time))</text>\n"
      }
      step += 1
      time = plan.period * Int64(step) / 10
    }
    return out
      + Markup.text(
        Self.left + Self.width / 2, bottom + 36, "us from the start of the cycle", anchor: "middle")
  }

  private var legend: String {
    var out = ""
    var x = Self.left
    let kinds: [PlannedMessage.Kind] = [.command, .question, .sync, .heartbeat, .answer, .report]
    for kind in kinds where plan.buses.contains(where: { $0.messages.contains { $0.kind == kind } }) {
      out +=
        "<rect x=\"\(x)\" y=\"34\" width=\"14\" height=\"14\" fill=\"\(Self.colour(kind))\"/>\n"
        + Markup.text(x + 20, 46, kind.rawValue)
      x += 100
    }
    return out
      + "<line x1=\"\(x + 4)\" y1=\"32\" x2=\"\(x + 4)\" y2=\"50\" stroke=\"black\" stroke-width=\"2\"/>\n"
      + Markup.text(x + 14, 46, "all over by, at worst")
  }

  private static func colour(_ kind: PlannedMessage.Kind) -> String {
    switch kind {
    case .command: "#4477aa"
    case .question: "#66ccee"
    case .sync: "#aa3377"
    case .heartbeat: "#bbbbbb"
    case .answer: "#228833"
    case .report: "#ccbb44"
    }
  }
}
