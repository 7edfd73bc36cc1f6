// `apus import`: other people's market data to tapes, and what is wrong with it.

import ArgumentParser
import Foundation
import Market
import Simulation

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Convert market data to a tape, or report its quality.",
    discussion: """
      Reads recorded captures (apus record), Tardis CSV, Binance's public files (aggTrades, trades, klines, bookDepth),
      hftbacktest arrays and tapes; files are recognised by their contents, and several files of one market are merged by
      receive time. docs/data.md says what is derived and what is left out.

        apus import captures/btcusdt_20260101T000000Z.gz --out btcusdt.tape --quality
        apus import binance-futures_*_BTCUSDT.csv.gz --symbol BTCUSDT --kind linear --out btcusdt.tape
        apus import BTCUSDT-aggTrades-2026-01-01.zip BTCUSDT-bookDepth-2026-01-01.zip --symbol BTCUSDT --kind linear \\
          --tick 0.1 --out btcusdt.tape
        apus import data.npz --symbol BTCUSDT --kind linear --out btcusdt.tape --quality
        apus import btcusdt.tape --quality --json

      A synthetic market can be calibrated to one that is real, and put on a tape (docs/synthetic-markets.md):

        apus import captures/*.gz --calibrate btc.json
        apus import captures/*.gz --calibrate queues.json --model queue-reactive
        apus import --synthetic btc.json --seed 7 --seconds 3600 --out synthetic.tape
      """)

  enum Model: String, ExpressibleByArgument, CaseIterable {
    case hawkes
    case queueReactive = "queue-reactive"
  }

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case spot, linear, inverse

    var contract: ContractKind {
      switch self {
      case .spot: .spot
      case .linear: .linear
      case .inverse: .inverse
      }
    }
  }

  @Argument(help: "The files of one market, in any of the formats.", completion: .file())
  var files: [String] = []

  @Option(help: "The tape to write. A file that is there is not overwritten.")
  var out: String?

  @Option(help: "The symbol that the tape is of, as the venue writes it; captures and tapes say it themselves.")
  var symbol: String?

  @Option(help: "What the contract is: spot, linear or inverse. (default: spot, or what the capture or tape says)")
  var kind: Kind?

  @Option(
    help: "What an inverse contract is worth in the quote asset, or how much of the base a linear one is. (default: 1)")
  var multiplier: Int64?

  @Option(help: "The price step; the finest that the files print otherwise.")
  var tick: String?

  @Option(help: "The quantity step; the finest that the files print otherwise.")
  var lot: String?

  @Option(help: "Fit a synthetic market to these files and write its parameters here (JSON).", completion: .file())
  var calibrate: String?

  @Option(help: "With --calibrate: the model that is fitted, hawkes or queue-reactive.")
  var model = Model.hawkes

  @Option(
    help: "Instead of files: a synthetic market, by its parameter file or a preset's name (plain, queue-reactive).")
  var synthetic: String?

  @Option(help: "The seed of the synthetic market.")
  var seed: UInt64 = 1

  @Option(help: "How long the synthetic market is, in seconds of its own time.")
  var seconds = 600.0

  @Flag(help: "Report gaps, repetitions, crossed books, clocks and lateness.")
  var quality = false

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func validate() throws {
    guard files.isEmpty != (synthetic == nil) else {
      throw ValidationError("either files to import are needed, or --synthetic")
    }
    guard seconds > 0, seconds < 1e9 else { throw ValidationError("--seconds: a positive number is expected") }
    guard out != nil || quality || calibrate != nil else {
      throw ValidationError("--out, --calibrate or --quality is needed: there is nothing to do")
    }
    guard symbol.map({ ShortName($0) != nil }) ?? true else { throw ValidationError("--symbol: 1 to 15 characters") }
    guard multiplier ?? 1 > 0 else { throw ValidationError("--multiplier: a positive number is expected") }
    for path in [out, calibrate].compactMap({ $0 }) where FileManager.default.fileExists(atPath: path) {
      throw ValidationError("\(path) is there already: remove it, or name another")
    }
  }

  func run() throws {
    var input = try openInput()
    var report = ImportReport(input.description, tick: input.tick, lot: input.lot)
    var found = DataQuality(derivedTimes: input.derivedTimes)
    var progress = RowProgress()
    var kept: [TapeRow] = []
    var writer: TapeWriter?
    if let out { writer = try TapeWriter(path: out, instrument: try instrument(input)) }
    while let row = try input.next() {
      try writer?.append(row)
      found.note(row)
      progress.note()
      if calibrate != nil { kept.append(row) }
    }
    report.rowsWritten = try writer.take()?.finish().rowCount
    progress.finish()
    if let calibrate {
      let names = files.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
      let source = names.joined(separator: ", ")
      let parameters: SyntheticParameters =
        switch model {
        case .hawkes: .hawkes(try .calibrated(to: kept, source: source))
        case .queueReactive: .queueReactive(try .calibrated(to: kept, source: source))
        }
      try parameters.json.write(toFile: calibrate, atomically: true, encoding: .utf8)
    }
    if quality { report.quality = found.finish() }
    print(json ? report.json : report.text, terminator: "")
  }

  private func openInput() throws -> ImportInput {
    if let synthetic {
      let market = try SyntheticInput(synthetic, seed: seed, seconds: seconds)
      return ImportInput(market, "SYNTHETIC market \(synthetic), seed \(seed), \(seconds) s")
    }
    let input = try ImportInput(
      files, ImportSettings(tick: try step(tick, "--tick"), lot: try step(lot, "--lot")))
    if input.instrument != nil, tick != nil || lot != nil {
      throw ValidationError("--tick and --lot: captures and tapes have a grid of their own")
    }
    return input
  }

  /// What the options say, and the input where they say nothing.
  private func instrument(_ input: ImportInput) throws -> TapeInstrument {
    guard let name = symbol.flatMap(ShortName.init) ?? input.instrument?.symbol else {
      throw ValidationError("--symbol is needed: these files do not say what market they are of")
    }
    return TapeInstrument(
      symbol: name, kind: kind?.contract ?? input.instrument?.kind ?? .spot, tick: input.tick, lot: input.lot,
      multiplier: multiplier ?? input.instrument?.multiplier ?? 1)
  }

  private func step(_ text: String?, _ option: String) throws -> DecimalStep? {
    guard let text else { return nil }
    let fine = DecimalStep(mantissa: 1, exponent: -12)
    guard let mantissa = DecimalText.parse(text, step: fine), mantissa > 0 else {
      throw ValidationError("\(option) \(text): a positive decimal number is expected, like 0.01")
    }
    var step = DecimalStep(mantissa: mantissa, exponent: -12)
    while step.mantissa % 10 == 0 {
      step = DecimalStep(mantissa: step.mantissa / 10, exponent: step.exponent + 1)
    }
    return step
  }
}

/// Rows read so far, on a terminal.
private struct RowProgress {
  private var rows: Int64 = 0
  private let begin = ContinuousClock.now
  private let isShown = isatty(STDERR_FILENO) != 0

  mutating func note() {
    rows += 1
    guard isShown, rows % 1_000_000 == 0 else { return }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    show("\r\u{1b}[2K\(rows / 1_000_000) million rows, \(Int(Double(rows) / seconds / 1_000)) thousand a second")
  }

  func finish() { if isShown, rows >= 1_000_000 { show("\r\u{1b}[2K") } }

  private func show(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
