// Everything that lives on the venue's one event loop, and how its parts are joined.

import Market
import NIOCore
import Simulation
import VenueFront

/// Made, used and ended on one event loop.
final class VenueLoop: @unchecked Sendable {  // Safe: every method checks that it runs on that loop.
  let exchange: VenueFront.Exchange
  let streams = StreamHub()
  let users = UserHub()
  private let driver: any MarketDriver
  let faults: FaultDesk
  let loop: any EventLoop
  private let fillsLog: FillsLog?
  private let initial: [AssetBalance]
  private let market: String
  private var makerFills = 0
  private var takerFills = 0

  init(
    _ configuration: VenueServer.Configuration, loop: any EventLoop, onPlayed: @escaping (_ lines: Int) -> Void
  ) throws {
    loop.preconditionInEventLoop()
    self.loop = loop
    market = configuration.market.name
    faults = FaultDesk(configuration.faults, latency: configuration.latency, speed: configuration.speed)
    let clock = ClockBox(faults)
    func open(_ instruments: [Instrument], _ snapshots: SnapshotDesk) throws -> VenueFront.Exchange {
      try VenueFront.Exchange(
        instruments: instruments, settings: configuration.exchange, snapshots: snapshots, nowNs: { clock.nowNs() },
        matchingNs: { clock.matchingNs() })
    }
    let hub = streams
    func play(_ source: any MarketSource) throws -> (VenueFront.Exchange, any MarketDriver) {
      let snapshots = SnapshotDesk(awaited: Set(source.summary.snapshots.keys))
      let exchange = try open(try Self.instruments(source.summary), snapshots)
      let play = try MarketPlay(
        source, settings: configuration, hub: hub, snapshots: snapshots, exchange: exchange,
        loop: loop.assumeIsolated())
      play.onPlayed = onPlayed
      return (exchange, play)
    }
    switch configuration.market {
    case .captures(let paths): (exchange, driver) = try play(try CaptureReader(paths: paths))
    case .synthetic(let seed): (exchange, driver) = try play(SyntheticMarket(seed: seed))
    case .fed(let instruments, let clockNs):
      exchange = try open(instruments, SnapshotDesk(awaited: []))
      driver = FedMarket(exchange, clockNs: clockNs)
    }
    clock.driver = driver
    initial = exchange.engine.balances
    fillsLog = try configuration.fillsPath.map { path throws(VenueStartError) in try FillsLog(path: path) }
    streams.onChange = { [weak driver] in driver?.wake() }
    exchange.onUserEvent = { [users] in users.send($0) }
    exchange.onFill = { [weak self] fill, name in self?.filled(fill, name) }
  }

  /// The clock that the exchange reads: the market's, which does not exist before the exchange.
  private final class ClockBox {
    weak var driver: (any MarketDriver)?
    private let faults: FaultDesk

    init(_ faults: FaultDesk) { self.faults = faults }

    func nowNs() -> Int64 { (driver?.nowNs(.now()) ?? 0) + faults.plan.clockOffsetNs }
    func matchingNs() -> Int64 { (driver?.matchingNs(.now()) ?? 0) + faults.plan.clockOffsetNs }
  }

  func state() -> VenueServer.State {
    loop.preconditionInEventLoop()
    let engine = exchange.engine
    var positions: [String: Amount] = [:]
    for balance in engine.balances {
      let before = initial.first { $0.asset == balance.asset }.map { $0.free.units + $0.locked.units } ?? 0
      positions[balance.asset.text] = Amount(units: balance.free.units + balance.locked.units - before)
    }
    let commission = engine.commissionPaid.map { ($0.key.text, $0.value) }
    let counters = driver.counters
    return VenueServer.State(
      captureTimeNs: exchange.nowNs(), balances: engine.balances, positions: positions,
      commission: Dictionary(uniqueKeysWithValues: commission),
      openOrders: engine.instruments.reduce(0) { $0 + engine.openOrders($1.index).count }, orders: engine.orders.count,
      makerFills: makerFills, takerFills: takerFills, linesPlayed: counters.lines, depthDiffs: counters.depth,
      withheldDiffs: counters.withheld, clientWaits: counters.clientWaits, lateNsMax: counters.lateNsMax,
      heldDepthRequests: exchange.snapshots.heldCount, market: market, hasEnded: driver.hasEnded,
      failure: driver.failure?.description)
  }

  /// Takes messages of a fed market; a market that plays by itself takes none.
  func feed(_ messages: [VenueServer.MarketFeed]) {
    loop.preconditionInEventLoop()
    guard let fed = driver as? FedMarket else { return }
    for message in messages { fed.feed(message) }
  }

  func announceShutdown(notice: TimeAmount) {
    loop.preconditionInEventLoop()
    users.announceShutdown(notice: notice)
    streams.announceShutdown(notice: notice, venueMs: exchange.nowNs() / 1_000_000)
  }

  func end() {
    loop.preconditionInEventLoop()
    driver.stop()
    fillsLog?.close()
  }

  private func filled(_ fill: VenueFill, _ clientOrderId: String) {
    if fill.isMaker { makerFills += 1 } else { takerFills += 1 }
    let instrument = exchange.engine.instruments[Int(fill.instrument.rawValue)]
    fillsLog?.add(fill, clientOrderId: clientOrderId, instrument: instrument, scale: exchange.scale(instrument))
  }

  /// The trading rules of what is to be played.
  private static func instruments(_ summary: MarketSummary) throws(VenueStartError) -> [Instrument] {
    let playable = ["depth", "depth@100ms", "bookTicker", "trade"]
    for stream in summary.streams.keys.sorted() {
      let kind = String(stream.drop { $0 != "@" }.dropFirst())
      guard playable.contains(kind) else {
        throw VenueStartError("\(stream): only spot streams are played (\(playable.joined(separator: ", ")))")
      }
    }
    guard let instruments = DerivedRules.instruments(symbols: summary.symbols) else {
      throw VenueStartError("there are no trading rules for one of \(summary.symbols.joined(separator: ", "))")
    }
    return instruments
  }
}
