// `make reality`: phantom orders on recorded captures; what became of them, and how well each queue model forecast it.
//
// One line of JSON for each capture, model and horizon on standard output; a plot of the forecasts' reliability where asked.

import Foundation
import Simulation

let usage = """
  usage: apus-reality [--orders N] [--seed N] [--svg FILE] CAPTURE[,CAPTURE…] …

  Puts phantom orders of one lot at the best bid and ask of recorded captures and judges the queue models by what the
  market then did (docs/reality.md). Files joined by commas are one market and follow each other in time; the first
  has a depth snapshot. Prints one line of JSON for each capture, model and horizon.

    --orders N   how many orders to put into each capture (10000)
    --seed N     which ones (1)
    --svg FILE   draws the reliability of all models, for the second horizon
    --help       this text
  """

func say(_ line: String, to file: FileHandle = .standardOutput) { file.write(Data((line + "\n").utf8)) }

func refuse(_ reason: String) -> Never {
  say("apus-reality: \(reason)", to: .standardError)
  exit(2)
}

var settings = PhantomSettings()
var plot: String?
var captures: [[String]] = []
var words = CommandLine.arguments.dropFirst()
while let word = words.popFirst() {
  switch word {
  case "--help", "-h":
    say(usage)
    exit(0)
  case "--orders":
    guard let count = words.popFirst().flatMap({ Int($0) }), count > 0 else { refuse("--orders needs a count") }
    settings.orders = count
  case "--seed":
    guard let seed = words.popFirst().flatMap({ UInt64($0) }) else { refuse("--seed needs a number") }
    settings.seed = seed
  case "--svg":
    guard let path = words.popFirst() else { refuse("--svg needs a file") }
    plot = path
  case _ where word.hasPrefix("-"): refuse("no option is called \(word)\n\(usage)")
  default: captures.append(word.split(separator: ",").map(String.init))
  }
}
guard !captures.isEmpty else { refuse("no capture is given\n\(usage)") }

var studies: [(name: String, study: PhantomStudy)] = []
let bar = ProgressBar()
for (i, files) in captures.enumerated() {
  let name = files.map { $0.split(separator: "/").suffix(2).joined(separator: "/") }.joined(separator: ",")
  do {
    func show(_ share: Double) { bar.show((Double(i) + share) / Double(captures.count), name) }
    show(0)
    let market = try ReplayTape(try Tape(capture: files, rebuilds: true), name: name)
    let study = try PhantomStudy(market, settings, progress: show)
    guard study.placed > 0 else {
      bar.clear()
      refuse(
        """
        \(name): has no place for an order: either no depth snapshot (join the file that it continues, with a comma), or \
        less than a minute after it
        """)
    }
    studies.append((name, study))
  } catch {
    bar.clear()
    say("apus-reality: \(error)", to: .standardError)
    exit(1)
  }
}
bar.clear()
for (name, study) in studies {
  for line in reportLines(name, study) { say(line) }
}
if let plot {
  do {
    let drawing = reliabilityPlot(studies, horizonNs: settings.horizonsNs[1])
    try Data(drawing.utf8).write(to: URL(fileURLWithPath: plot))
  } catch {
    say("apus-reality: \(plot): \(error.localizedDescription)", to: .standardError)
    exit(1)
  }
}
