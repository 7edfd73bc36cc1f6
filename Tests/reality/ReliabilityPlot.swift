// The reliability of all forecasts in one self-contained drawing: a row for each model, a column for each capture.

import Foundation
import Simulation

/// Each panel: forecast to the right, share filled upwards, the diagonal of a perfect forecast. A bar spans the shares that
/// are possible for the orders of one bin; the area of the dot in its middle goes by their count.
func reliabilityPlot(_ studies: [(name: String, study: PhantomStudy)], horizonNs: Int64) -> String {
  let models = studies[0].study.results.filter { $0.horizonNs == horizonNs }.map(\.model)
  let (step, left, top) = (Panel.side + 24, 130.0, 40.0)
  let (width, height) = (left + step * Double(studies.count), top + step * Double(models.count))
  var lines = [
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" width="\(number(width))" \
    font-family="sans-serif" font-size="10" fill="#222">
    """,
    #"<rect width="100%" height="100%" fill="white"/>"#,
  ]
  for (column, (name, study)) in studies.enumerated() {
    let x = left + step * Double(column)
    let label = name.split(separator: ",").first.map(String.init) ?? name
    lines.append(#"<text x="\#(number(x))" y="24">\#(label.replacing(".gz", with: ""))</text>"#)
    for (row, model) in models.enumerated() {
      let y = top + step * Double(row)
      if column == 0 { lines.append(#"<text x="4" y="\#(number(y + Panel.side / 2))">\#(model)</text>"#) }
      guard let result = study.results.first(where: { $0.model == model && $0.horizonNs == horizonNs }) else {
        continue
      }
      lines.append(Panel(x: x, y: y).drawing(result.score.bins))
    }
  }
  lines.append("</svg>\n")
  return lines.joined(separator: "\n")
}

private struct Panel {
  static let side = 110.0
  let x: Double
  let y: Double

  func drawing(_ bins: [ReliabilityBin]) -> String {
    let total = Double(max(1, bins.reduce(0) { $0 + $1.count }))
    var text = """
      <path d="M\(point(0, 0))L\(point(1, 0))L\(point(1, 1))L\(point(0, 1))ZL\(point(1, 1))" fill="none" stroke="#bbb"/>
      """
    for bin in bins where bin.count > 0 {
      let forecast = bin.meanForecast
      let radius = max(1, 9 * (Double(bin.count) / total).squareRoot())
      let middle = (bin.least + bin.most) / 2
      text += """

        <path d="M\(point(forecast, bin.least))L\(point(forecast, bin.most))" stroke="#c60" stroke-width="3"/>\
        <circle cx="\(number(x + forecast * Self.side))" cy="\(number(y + (1 - middle) * Self.side))" \
        r="\(number(radius))" fill="#06c" fill-opacity="0.6"/>
        """
    }
    return text
  }

  private func point(_ forecast: Double, _ share: Double) -> String {
    "\(number(x + forecast * Self.side)) \(number(y + (1 - share) * Self.side))"
  }
}

private func number(_ value: Double) -> String { String(format: "%.1f", value) }
