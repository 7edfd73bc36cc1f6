// The venue that a paper session's orders go to: our local one, matching against the live market, on this machine alone.

import Foundation
import Market
import Pipeline
import Simulation
import VenueFront
import VenueServer

/// Opened before the session and closed after it. The command's thread.
final class PaperVenue {
  let latency: PaperLatency
  /// The real venue's market, and this venue for orders.
  let endpoint: VenueEndpoint
  let key: AccountKey
  /// Every fill, and the trade or displayed level that explains it.
  let fillsFile: String
  private let identities: DemoFolder
  private let server: VenueServer
  private let market: PaperMarket

  private static let host = "127.0.0.1"

  /// Starts the venue on a free port and follows the market.
  ///
  /// - Parameters:
  ///   - real: the venue whose market is followed; no order and no signed request ever goes there.
  ///   - folder: the session's own.
  init(
    _ settings: PaperSettings, _ latency: PaperLatency, _ authentication: OrderSettings.Authentication,
    instruments: [Instrument], real: VenueEndpoint, clock: Clock, counters: CounterFile, folder: SessionFolder
  ) throws {
    try settings.fees.check(instruments, section: "paper", balances: settings.balances.map(\.asset.text))
    self.latency = latency
    identities = try DemoFolder(kept: nil)
    fillsFile = folder.path + "/fills.jsonl"
    var venue = VenueServer.Configuration()
    venue.host = Self.host
    venue.tls = .init(certificate: identities.certificateFile, key: identities.certificateKeyFile)
    venue.market = .fed(instruments: instruments, clockNs: { clock.nowNs() })
    venue.speed = clock.speed
    venue.latency = latency.drawn
    venue.fillsPath = fillsFile
    venue.exchange.keys = try identities.apiKeys
    venue.exchange.balances = settings.balances
    venue.exchange.fees = settings.fees
    venue.exchange.queue = settings.queue
    let server = try VenueServer(venue)
    self.server = server
    endpoint = try real.sendingOrders(
      to: VenueService(host: Self.host, port: UInt16(server.port)), trustFile: identities.trustFile)
    key = identities.key(authentication)
    market = PaperMarket(
      instruments, endpoint: real, clock: clock, counters: PaperCounters(counters), play: { server.feed($0) })
    market.start()
  }

  deinit { identities.remove() }

  /// Why the market cannot be followed any more; nil while it is.
  var problem: String? { market.problem }

  /// Closes the venue.
  ///
  /// - Returns: its last word about the account.
  func close() throws -> VenueServer.State {
    market.stop()
    return try server.stop()
  }
}
