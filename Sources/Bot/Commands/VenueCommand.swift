// `apus venue`: the exchange simulator as a server, for this bot and for anybody's client.

import ArgumentParser
import Foundation
import Market
import Simulation
import VenueFront
import VenueServer

public struct VenueCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "venue",
    abstract: "Run a simulated exchange that plays a recorded or synthetic market.",
    discussion: """
      Speaks Binance's REST API, market streams and WebSocket API. Orders are matched against the market by price and
      time. Prints one JSON line when it listens, {"event":"played","lines":N} when a recorded market was played to its
      end, and one with its final state on SIGTERM or Ctrl-C.

        apus venue --listen 127.0.0.1:8443 --certificate server.pem --key server.key --keys keys.json \\
          --synthetic 7 --balance USDT=100000 --balance SYN=2
        apus venue --synthetic 7 --control --faults 'seed 3; reply.lost 1% method=order.place; event.late 5% 10ms..2s'
        apus venue --listen 127.0.0.1:0 --capture btcusdt_20240808.gz --capture btcusdt_20240809.gz --speed 10

      Commands of --control:

      \(VenueServer.commands)
      """)

  public enum WireProtocol: String, ExpressibleByArgument, CaseIterable, Sendable { case binance }

  @Option(name: .customLong("protocol"), help: "The exchange whose protocol is spoken.")
  var wireProtocol = WireProtocol.binance

  @Option(help: "Address and port to listen on; port 0 takes a free one.")
  var listen = "127.0.0.1:0"

  @Option(help: "PEM file of the TLS certificate chain. Without it the venue speaks plain TCP.")
  var certificate: String?

  @Option(help: "PEM file of the certificate's private key.")
  var key: String?

  @Option(help: "A recorded market: gzip lines of `<receive ns> <JSON>`. May be given several times.")
  var capture: [String] = []

  @Option(help: "Seed of a synthetic market, played when there is no capture.")
  var synthetic: UInt64?

  @Option(help: "How many times faster than recorded the market is played.")
  var speed = 1.0

  @Option(help: "Withhold the N-th depth diff from subscribers, to provoke a gap.")
  var drop: Int?

  @Option(help: "Play for this many seconds of real time, then send nothing more.")
  var seconds: Double?

  @Option(help: "Begin when all streams of the market are subscribed to, or with the first.")
  var start = VenueServer.StartCondition.allStreams

  @Option(help: "JSON file of API keys: {\"keys\":[{\"apiKey\":…,\"secret\":…},{\"apiKey\":…,\"publicKey\":…}]}.")
  var keys: String?

  @Option(help: "Initial balance, ASSET=AMOUNT. May be given several times.")
  var balance: [String] = []

  @Option(help: "Maker commission rate.")
  var makerFee = "0.001"

  @Option(help: "Taker commission rate.")
  var takerFee = "0.001"

  @Option(help: "New orders that the account may place in ten seconds.")
  var ordersPerTenSeconds = RateLimits().ordersPerTenSeconds

  @Option(help: "Request weight that one address may use in a minute.")
  var weightPerMinute = RateLimits().weightPerMinute

  @Option(help: "Faults to inject: a plan, or a file that holds one (docs/simulation.md).")
  var faults: String?

  @Option(help: "File for the fills, one JSON object a line, each with the trade or level that explains it.")
  var fills: String?

  @Option(help: "File for the final state, besides standard output.")
  var state: String?

  public init() {}

  @Flag(help: "Read commands from standard input, a line each, and answer each with a line of JSON.")
  var control = false

  @Option(help: "Announce the end (serverShutdown) this many seconds before it.")
  var notice: UInt16 = 0

  public func run() throws {
    try VenueServer.serve(
      try settings(), statePath: state, readsCommands: control, noticeSeconds: Int64(notice))
  }

  /// The settings that the options amount to.
  ///
  /// - Throws: `ValidationError` that names the option and what is wrong with it.
  func settings() throws -> VenueServer.Configuration {
    var settings = VenueServer.Configuration()
    guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]) else {
      throw ValidationError("--listen \(listen): not ADDRESS:PORT")
    }
    settings.host = String(listen[..<colon])
    settings.port = Int(port)
    switch (certificate, key) {
    case (let certificate?, let key?): settings.tls = VenueServer.TLSFiles(certificate: certificate, key: key)
    case (nil, nil): settings.tls = nil
    default: throw ValidationError("--certificate and --key belong together")
    }
    switch (capture.isEmpty, synthetic) {
    case (false, nil): settings.market = .captures(capture)
    case (true, let seed?): settings.market = .synthetic(seed: seed)
    default: throw ValidationError("either --capture or --synthetic is needed")
    }
    settings.speed = speed
    settings.withheldDiff = drop
    settings.playSeconds = seconds
    settings.start = start
    settings.exchange.fees = FeeTerms(
      maker: try rate(makerFee, "--maker-fee"), taker: try rate(takerFee, "--taker-fee"))
    settings.exchange.limits.ordersPerTenSeconds = ordersPerTenSeconds
    settings.exchange.limits.weightPerMinute = weightPerMinute
    settings.fillsPath = fills
    settings.exchange.balances = try balance.map(readBalance)
    settings.exchange.keys = try readKeys()
    settings.faults = try readFaults()
    return settings
  }

  private func readFaults() throws -> FaultPlan {
    guard let faults else { return FaultPlan() }
    let text = FileManager.default.contents(atPath: faults).map { String(decoding: $0, as: UTF8.self) } ?? faults
    do throws(FaultPlanError) {
      return try FaultPlan(parsing: text)
    } catch {
      throw ValidationError("--faults \(error.description)")
    }
  }

  private func rate(_ text: String, _ option: String) throws -> Int64 {
    guard let units = try? CoinText.units(text), units < Amount.unitsPerCoin else {
      throw ValidationError("\(option) \(text): not a decimal rate below 1 with at most eight places")
    }
    return units
  }

  private func readBalance(_ text: String) throws -> AssetBalance {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let asset = ShortName(parts[0]), let units = try? CoinText.units(parts[1]) else {
      throw ValidationError("--balance \(text): not ASSET=AMOUNT")
    }
    return AssetBalance(asset: asset, free: Amount(units: units))
  }

  private func readKeys() throws -> [APIKey] {
    guard let path = keys else { return [] }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ValidationError("--keys \(path): cannot be read")
    }
    guard let list = APIKey.list(parsing: Array(data)) else {
      throw ValidationError("--keys \(path): not a list of API keys")
    }
    return list
  }
}

extension VenueServer.StartCondition: ExpressibleByArgument {}
