/// How reports look: light or dark as the reader's screen is, and on paper.
enum ReportStyle {
  /// Colours of lines, after which they begin again; told apart with any kind of colour vision (Okabe and Ito, 2008).
  static let colours = 7

  private static let light =
    "--ink:#1a1a1a;--paper:#fff;--faint:#666;--grid:#ddd;--good:#00704a;--bad:#b00020;"
    + "--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#b07800;--c5:#2a91c8;--c6:#1a1a1a"
  private static let dark =
    "--ink:#e6e6e6;--paper:#16181c;--faint:#a0a0a0;--grid:#3a3d44;--good:#4cc38a;--bad:#ff6b7d;"
    + "--c0:#56b4e9;--c1:#ff8a3d;--c2:#2ec79a;--c3:#e39bc5;--c4:#e6b83c;--c5:#8ccbf2;--c6:#e6e6e6"

  /// Colours of drawings.
  static let drawing: String = {
    var out = """
      .plot{font:12px sans-serif;background:var(--paper)}.plot text{fill:var(--ink)}.plot .title{font-size:13px;font-weight:600}
      .plot .grid{fill:none;stroke:var(--grid);stroke-width:1}.plot .box{fill:none;stroke:var(--faint)}
      .plot .line{fill:none;stroke-width:1.6;stroke-linejoin:round}.plot .reference{stroke-width:1.1;stroke-dasharray:6 4}
      .plot .mark{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:3 3}.plot .span{stroke:none;opacity:.13}

      """
    for colour in 0..<colours {
      out += ".plot .c\(colour){stroke:var(--c\(colour))}.plot .f\(colour){fill:var(--c\(colour))}\n"
    }
    return out
  }()

  /// Light, dark and printed.
  static func schemes(_ selector: String) -> String {
    "\(selector){\(light)}\n@media (prefers-color-scheme:dark){\(selector){\(dark)}}\n@media print{\(selector){\(light)}}\n"
  }

  /// What a drawing brings along that stands alone.
  static var ofFile: String { "<style>\n\(schemes(".plot"))\(drawing)</style>\n" }

  /// What a page brings along.
  static var ofPage: String {
    schemes(":root") + drawing + """
      body{font:15px/1.5 sans-serif;color:var(--ink);background:var(--paper);max-width:70em;margin:2em auto;padding:0 1em}
      h1{font-size:1.6em}h2{margin-top:2em;border-bottom:1px solid var(--grid)}h3{margin-top:1.6em}
      p{max-width:52em}.note,figcaption{color:var(--faint);font-size:.9em}
      table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.8em 0}
      th,td{padding:.2em .8em .2em 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
      td.n,th.n{text-align:right}a{color:var(--c0)}.good{color:var(--good)}.bad{color:var(--bad)}
      .figures{display:flex;flex-wrap:wrap;gap:1em}figure{margin:0;max-width:100%}.plot{max-width:100%;height:auto}
      pre{background:color-mix(in srgb,var(--grid) 35%,transparent);padding:.6em 1em;overflow-x:auto}
      @media print{body{max-width:none;margin:0}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}}

      """
  }
}
