// The observer of a backtest: told what happens, it keeps what the results are made of. One thread only.

public import Market
public import Risk

/// Follows a backtest from its first touch to its end, in memory that `RecorderConfiguration` bounds and no length of the
/// run does: sums, a grid of samples that coarsens, a list of fills that thins itself, fills that wait for their markouts,
/// orders that have not ended.
///
/// All calls are in the order of one simulated clock: no time lies before the one told last. Touches, fills and arrivals
/// carry the venue's time, decisions and acknowledgements the bot's; the runner's scheduler merges them. Prices of fills
/// are positive.
public final class ResultRecorder {
  public let instruments: [Instrument]
  public let configuration: RecorderConfiguration
  // One thread, and nothing that is called from here calls back: exclusivity needs no check at run time, which would be
  // a third of the cost of a touch.
  @exclusivity(unchecked) var states: [InstrumentRecorder]
  /// Each instrument, then each scope of `groups`.
  @exclusivity(unchecked) var trackers: [EquityTracker]
  let groups: [ScopeGroup]
  private let groupsOf: [[Int]]
  @exclusivity(unchecked) var grid: SampleGrid
  var fills: ThinnedList<BacktestFill>
  /// What the bot's own risk gate refused, as told last.
  public var refusals: [RefusalCount] = []
  let startNs: Int64
  @exclusivity(unchecked) private(set) var nowNs: Int64
  private let tables: ResultTables?
  /// The table's samples do not coarsen.
  @exclusivity(unchecked) private var nextRowNs: Int64

  /// - Parameters:
  ///   - instruments: at the place of their index: `instruments[i].index.rawValue == i`.
  ///   - startNs: the beginning of the run, in nanoseconds since 1970.
  ///   - tables: where every row goes as it comes.
  public init(
    _ instruments: [Instrument], startNs: Int64, configuration: RecorderConfiguration = RecorderConfiguration(),
    tables: ResultTables? = nil
  ) {
    precondition(instruments.indices.allSatisfy { instruments[$0].index.rawValue == $0 }, "instruments by their index")
    self.instruments = instruments
    self.configuration = configuration
    self.startNs = startNs
    self.tables = tables
    nowNs = startNs
    nextRowNs = startNs
    states = instruments.map { InstrumentRecorder($0, configuration) }
    groups = ScopeGroup.all(of: instruments)
    groupsOf = instruments.indices.map { [groups] index in groups.indices.filter { groups[$0].members.contains(index) }
    }
    trackers = Array(repeating: EquityTracker(startNs: startNs), count: instruments.count + groups.count)
    grid = SampleGrid(
      startNs: startNs, intervalNs: configuration.sampleNs, maximum: configuration.maximumSamples,
      instruments: instruments.count)
    fills = ThinnedList(maximum: configuration.maximumFills)
  }

  /// The best bid and ask of an instrument, whenever one of them changed; 0 ticks for a side that is empty.
  public func touch(_ instrument: InstrumentIndex, bid: Price, ask: Price, timeNs: Int64) {
    let index = Int(instrument.rawValue)
    advance(to: timeNs)
    settle(index)
    if states[index].touch(bid: bid, ask: ask) { revalue(index) }
  }

  /// A trade of the market, ours or not: what the capacity estimate takes as its volume.
  public func marketTrade(_ instrument: InstrumentIndex, price: Price, quantity: Quantity, timeNs: Int64) {
    advance(to: timeNs)
    guard price.ticks > 0 else { return }
    states[Int(instrument.rawValue)].marketTrade(price: price, quantity: quantity)
  }

  public func order(_ event: OrderEvent) {
    advance(to: event.timeNs)
    states[Int(event.instrument.rawValue)].order(event)
    tables?.order(event, instruments[Int(event.instrument.rawValue)])
  }

  public func fill(_ fill: BacktestFill) {
    precondition(fill.price.ticks > 0 && fill.quantity.lots > 0, "a fill has a price and a quantity")
    let index = Int(fill.instrument.rawValue)
    advance(to: fill.timeNs)
    settle(index)
    let instrument = instruments[index]
    let feeUnits =
      FeeValuation.units(fill, instrument, other: pair(of: fill.feeAsset, in: instrument.settlement))
      ?? configuration.feePrice?.units(fill, instrument.settlement)
    states[index].fill(fill, feeUnits: feeUnits, number: fills.seen)
    tables?.fill(fill, number: fills.seen, midHalfTicks: states[index].ledger.midHalfTicks, instrument)
    fills.append(fill)
    revalue(index)
  }

  /// A funding payment in units of the settlement asset, positive when it was received.
  public func funding(_ instrument: InstrumentIndex, _ received: Amount, timeNs: Int64) {
    let index = Int(instrument.rawValue)
    advance(to: timeNs)
    states[index].funding(received)
    tables?.funding(received, timeNs: timeNs, instruments[index])
    revalue(index)
  }

  /// What the venue's insurance fund paid because of a liquidation, in units of the settlement asset; negative: took.
  public func insurance(_ instrument: InstrumentIndex, _ received: Amount, timeNs: Int64) {
    let index = Int(instrument.rawValue)
    advance(to: timeNs)
    states[index].insurance(received)
    tables?.insurance(received, timeNs: timeNs, instruments[index])
    revalue(index)
  }

  /// Ends the run. Nothing may be told after it.
  public func end(timeNs: Int64) -> BacktestResult {
    advance(to: timeNs)
    // What is due at the very end is measured; what would be due after it is not.
    for index in states.indices { settle(index, before: timeNs + 1) }
    for index in states.indices { states[index].end() }
    takeSamples(before: timeNs + 1)
    for index in trackers.indices { trackers[index].pass(to: timeNs) }
    return BacktestResult(self, endNs: timeNs)
  }

  private func advance(to timeNs: Int64) {
    precondition(timeNs >= nowNs, "the recorder is told in the order of time")
    if timeNs > nowNs { takeSamples(before: timeNs) }
    nowNs = timeNs
  }

  private func takeSamples(before timeNs: Int64) {
    while let tables, nextRowNs < timeNs {
      tables.samples(nextRowNs, states)
      nextRowNs += configuration.sampleNs
    }
    while grid.nextNs < timeNs {
      grid.append { [states] index in
        (states[index].ledger.equityUnits, states[index].ledger.positionLots, states[index].ledger.midHalfTicks)
      }
    }
  }

  private func settle(_ index: Int, before timeNs: Int64? = nil) {
    let before = timeNs ?? nowNs
    guard states[index].markouts.nextDueNs < before else { return }
    let instrument = instruments[index]
    states[index].settle(before: before) { [tables] number, horizon, ticks in
      tables?.markout(number: number, horizon, ticks, instrument)
    }
  }

  /// Carries the change of an instrument's equity and exposure into its own tracker and those of its groups.
  private func revalue(_ index: Int) {
    let equity = states[index].ledger.equityUnits - trackers[index].equityUnits
    let exposure = states[index].ledger.exposureUnits - trackers[index].exposureUnits
    guard equity != 0 || exposure != 0 else { return }
    trackers[index].change(equity: equity, exposure: exposure, timeNs: nowNs)
    for group in groupsOf[index] {
      trackers[instruments.count + group].change(equity: equity, exposure: exposure, timeNs: nowNs)
    }
  }

  /// An instrument of this run that trades `asset` against `settlement`, and its mid in half-ticks.
  private func pair(of asset: ShortName, in settlement: ShortName) -> (Instrument, Int64)? {
    let index = instruments.firstIndex { $0.kind != .inverse && $0.base == asset && $0.quote == settlement }
    return index.map { (instruments[$0], states[$0].ledger.midHalfTicks) }
  }
}
