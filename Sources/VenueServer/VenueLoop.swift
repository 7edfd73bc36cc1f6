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
  let play: MarketPlay
  let faults: FaultDesk
  let loop: any EventLoop
  private let fillsLog: FillsLog?
  private let initial: [AssetBalance]
  private let isSynthetic: Bool
  private var makerFills = 0
  private var takerFills = 0

  init(
    _ configuration: VenueServer.Configuration, loop: any EventLoop, onPlayed: @escaping (_ lines: Int) -> Void
  ) throws {
    loop.preconditionInEventLoop()
    self.loop = loop
    let source: any MarketSource
    switch configuration.market {
    case .captures(let paths): source = try CaptureReader(paths: paths)
    case .synthetic(let seed): source = SyntheticMarket(seed: seed)
    }
    if case .synthetic = configuration.market { isSynthetic = true } else { isSynthetic = false }
    let summary = source.summary
    try Self.checkStreams(summary)
    guard let instruments = DerivedRules.instruments(symbols: summary.symbols) else {
      throw VenueStartError("there are no trading rules for one of \(summary.symbols.joined(separator: ", "))")
    }
    let snapshots = SnapshotDesk(awaited: Set(summary.snapshots.keys))
    faults = FaultDesk(configuration.faults)
    let clock = ClockBox(faults)
    exchange = try VenueFront.Exchange(
      instruments: instruments, settings: configuration.exchange, snapshots: snapshots, nowNs: { clock.nowNs() },
      matchingNs: { clock.matchingNs() })
    play = try MarketPlay(
      source, clock: CaptureClock(originNs: summary.firstTimeNs, speed: configuration.speed), settings: configuration,
      hub: streams, snapshots: snapshots, exchange: exchange, loop: loop.assumeIsolated())
    initial = exchange.engine.balances
    fillsLog = try configuration.fillsPath.map { path throws(VenueStartError) in try FillsLog(path: path) }
    clock.play = play
    play.onPlayed = onPlayed
    streams.onChange = { [weak play] in play?.wake() }
    exchange.onUserEvent = { [users] in users.send($0) }
    exchange.onFill = { [weak self] fill, name in self?.filled(fill, name) }
  }

  /// The clock that the exchange reads: the play's, which does not exist before the exchange.
  private final class ClockBox {
    weak var play: MarketPlay?
    private let faults: FaultDesk

    init(_ faults: FaultDesk) { self.faults = faults }

    func nowNs() -> Int64 { (play?.clock.nowNs(.now()) ?? 0) + faults.plan.clockOffsetNs }
    func matchingNs() -> Int64 { (play?.matchingNs(.now()) ?? 0) + faults.plan.clockOffsetNs }
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
    let counters = play.counters
    return VenueServer.State(
      captureTimeNs: exchange.nowNs(), balances: engine.balances, positions: positions,
      commission: Dictionary(uniqueKeysWithValues: commission),
      openOrders: engine.instruments.reduce(0) { $0 + engine.openOrders($1.index).count }, orders: engine.orders.count,
      makerFills: makerFills, takerFills: takerFills, linesPlayed: counters.lines, depthDiffs: counters.depth,
      withheldDiffs: counters.withheld, clientWaits: counters.clientWaits, lateNsMax: counters.lateNsMax,
      heldDepthRequests: exchange.snapshots.heldCount, isSynthetic: isSynthetic, hasEnded: play.hasEnded,
      failure: play.failure?.description)
  }

  func announceShutdown(notice: TimeAmount) {
    loop.preconditionInEventLoop()
    users.announceShutdown(notice: notice)
    streams.announceShutdown(notice: notice, venueMs: exchange.nowNs() / 1_000_000)
  }

  func end() {
    loop.preconditionInEventLoop()
    play.stop()
    fillsLog?.close()
  }

  private func filled(_ fill: VenueFill, _ clientOrderId: String) {
    if fill.isMaker { makerFills += 1 } else { takerFills += 1 }
    let instrument = exchange.engine.instruments[Int(fill.instrument.rawValue)]
    fillsLog?.add(fill, clientOrderId: clientOrderId, instrument: instrument, scale: exchange.scale(instrument))
  }

  private static func checkStreams(_ summary: MarketSummary) throws(VenueStartError) {
    let playable = ["depth", "depth@100ms", "bookTicker", "trade"]
    for stream in summary.streams.keys.sorted() {
      let kind = String(stream.drop { $0 != "@" }.dropFirst())
      guard playable.contains(kind) else {
        throw VenueStartError("\(stream): only spot streams are played (\(playable.joined(separator: ", ")))")
      }
    }
  }
}
