// `apus record`: captures raw feeds in the form that the tests, the local venue and the backtest read.

import ArgumentParser
import Foundation
import Pipeline

struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record raw market data of Binance: no key is needed.",
    discussion: """
      Writes one gzip file for each symbol and day (UTC), a message a line: `<receive time, ns> <raw JSON>`. Depth changes,
      best prices and trades as they arrive; a depth snapshot a second after the first depth message of every connection.
      Ends with Ctrl-C, or after --seconds; a lost connection is made again and counted.

        apus record --symbol BTCUSDT --symbol ETHUSDT --into captures
        apus record --market usdm --symbol BTCUSDT --into captures --seconds 3600
        apus import captures/btcusdt_20260101T000000Z.gz --quality
      """)

  @Option(help: "Which market: spot, usdm (linear futures) or coinm (inverse futures).")
  var market = RecordedMarkets.spot

  @Option(help: "A symbol as the venue writes it. May be given several times.")
  var symbol: [String] = []

  @Option(help: "The folder for the files; made when it is not there.")
  var into: String

  @Option(help: "How long, in seconds of real time; without it until Ctrl-C.")
  var seconds: Double?

  @Option(help: "Where the streams are, HOST:PORT, when not at Binance.")
  var streamsAt: String?

  @Option(help: "Where the snapshots are, HOST:PORT, when not at Binance.")
  var snapshotsAt: String?

  @Option(help: "PEM file of the authority to trust instead of the system's.")
  var trust: String?

  @Flag(help: "End with one JSON line of what was recorded.")
  var json = false

  func validate() throws {
    guard !symbol.isEmpty else { throw ValidationError("--symbol is needed, once at least") }
    guard symbol.allSatisfy({ $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } }) else {
      throw ValidationError("--symbol: letters, digits and _ are expected")
    }
    guard Set(symbol).count == symbol.count else { throw ValidationError("--symbol: one is given twice") }
    if let seconds, !(seconds > 0) { throw ValidationError("--seconds: a positive number is expected") }
  }

  func run() throws {
    let interrupt = InterruptFlag()
    try FileManager.default.createDirectory(atPath: into, withIntermediateDirectories: true)
    let streams = try service(streamsAt ?? market.streams)
    let endpoint = try VenueEndpoint(
      streams: streams, rest: try service(snapshotsAt ?? market.rest), orders: streams, trustFile: trust)
    let clock = try Clock()
    var recorder = Recorder(market, symbols: symbol.map { $0.uppercased() }, endpoint: endpoint, folder: into)
    let endNs = seconds.map { clock.nowNs() + Int64($0 * 1e9) } ?? .max
    var tickNs = clock.nowNs()
    while !interrupt.isSet && clock.nowNs() < endNs {
      if try !recorder.poll(clock) { usleep(Self.idleMicroseconds) }
      if clock.nowNs() >= tickNs {
        tickNs += Self.tickNs
        try recorder.flush()
        show(recorder)
      }
    }
    try recorder.finish()
    if Terminal.isInteractive, !json { print("") }
    report(recorder)
  }

  /// How exact a receive stamp is: the socket is asked again after so long.
  private static let idleMicroseconds: UInt32 = 20
  /// Between two looks at the figures, and two flushes of the files.
  private static let tickNs: Int64 = 1_000_000_000

  private func service(_ address: String) throws -> VenueService {
    guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
      throw ValidationError("\(address): not HOST:PORT")
    }
    return try VenueService(host: String(address[..<colon]), port: port)
  }

  private func show(_ recorder: borrowing Recorder) {
    guard Terminal.isInteractive, !json else { return }
    let tally = recorder.tally
    let bytes = recorder.files.reduce(0) { $0 + $1.bytes }
    print(
      "\r\u{1b}[2K\(tally.messages) messages, \(tally.snapshots) snapshots, \(bytes / 1_000_000) MB, "
        + "\(tally.losses) connections lost",
      terminator: "")
    fflush(nil)
  }

  private func report(_ recorder: borrowing Recorder) {
    let tally = recorder.tally
    guard json else {
      for file in recorder.files {
        print("\(file.lines) lines, \(file.bytes) bytes: \(file.paths.joined(separator: ", "))")
      }
      print("\(tally.snapshots) snapshots; \(tally.losses) connections lost; \(tally.others) messages of no stream")
      return
    }
    let files = recorder.files.flatMap(\.paths).map { "\"\($0)\"" }.joined(separator: ",")
    print(
      "{\"messages\":\(tally.messages),\"snapshots\":\(tally.snapshots),\"losses\":\(tally.losses),"
        + "\"others\":\(tally.others),\"files\":[\(files)]}")
  }
}
