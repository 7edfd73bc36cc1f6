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
      """)

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
  var files: [String]

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

  @Flag(help: "Report gaps, repetitions, crossed books, clocks and lateness.")
  var quality = false

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func validate() throws {
    guard !files.isEmpty else { throw ValidationError("a file to import is needed") }
    guard out != nil || quality else {
      throw ValidationError("--out FILE or --quality is needed: there is nothing to do")
    }
    guard symbol.map({ ShortName($0) != nil }) ?? true else { throw ValidationError("--symbol: 1 to 15 characters") }
    guard multiplier ?? 1 > 0 else { throw ValidationError("--multiplier: a positive number is expected") }
    if let out, FileManager.default.fileExists(atPath: out) {
      throw ValidationError("\(out) is there already: remove it, or name another")
    }
  }

  func run() throws {
    let settings = ImportSettings(
      tick: try step(tick, "--tick"), lot: try step(lot, "--lot"))
    var input = try ImportInput(files, settings)
    if input.instrument != nil, tick != nil || lot != nil {
      throw ValidationError("--tick and --lot: captures and tapes have a grid of their own")
    }
    var report = ImportReport(input.description, tick: input.tick, lot: input.lot)
    var found = DataQuality()
    var progress = RowProgress()
    if let out {
      var writer = try TapeWriter(path: out, instrument: try instrument(input))
      while let row = try input.next() {
        try writer.append(row)
        found.note(row)
        progress.note()
      }
      report.rowsWritten = try writer.finish().rowCount
    } else {
      while let row = try input.next() {
        found.note(row)
        progress.note()
      }
    }
    progress.finish()
    if quality { report.quality = found.finish() }
    print(json ? report.json : report.text, terminator: "")
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
