// What the records of a session come to, in names and decimals: what a restart begins with. Cold.

import Control
import Execution
import Foundation
import Journal
import Market
import Risk

/// The account at the end of a journal.
package struct AccountReport: Encodable {
  package struct Order: Encodable {
    package var clientOrder: String
    /// 0 as long as the venue has not told it.
    package var venueOrder: UInt64
    package var instrument: String
    package var side: String
    package var state: String
    /// Decimal text.
    package var price: String
    package var quantity: String
    package var filled: String
  }

  package struct Position: Encodable {
    package var instrument: String
    /// Signed, in the base asset (inverse contracts: contracts); the others in `quote`, of contracts the settlement asset.
    package var quantity: String
    package var cost: String
    package var realised: String
    package var fees: String
    package var quote: String
    /// Trades up to this one were compared with the venue's list; so many were counted since.
    package var verifiedTrade: UInt64
    package var tradesSince: Int
  }

  package struct Balance: Encodable {
    package var venue: String
    package var asset: String
    package var amount: String
    /// Paid in this asset.
    package var fees: String
  }

  /// What may be traded; a pause is not among it, for it does not outlive its session.
  package struct Permission: Encodable {
    package var isArmed: Bool
    package var halts: [String]
    package var reduceOnly: [String]
    /// The day's loss was used up on that day, counted from 1970 in UTC.
    package var lossDay: Int64?
  }

  package struct Limit: Encodable {
    package var name: String
    package var instrument: String?
    package var value: String
  }

  package var bootEpoch: UInt32
  /// How the journal ends.
  package var end: String
  /// The last record of execution: its number, and its time in UTC.
  package var lastRecord: UInt64
  package var time: String
  /// Nil when nothing was ever changed: the configuration decides.
  package var trading: Permission?
  /// Those that were changed while trading.
  package var limits: [Limit]
  package var positions: [Position]
  package var balances: [Balance]
  package var orders: [Order]

  /// Folds all records of a journal.
  package init(_ files: JournalFiles) throws {
    var reader = try JournalReader(files)
    var account = try AccountState(beginningOf: reader.header)
    while let record = try reader.next() { record.bytes.withUnsafeBytes { account.fold($0) } }
    self.init(account, reader.header, reader.end ?? .unfinished)
  }

  private init(_ account: AccountState, _ header: SessionHeader, _ end: JournalEnd) {
    let names = SessionNames(header.instruments)
    bootEpoch = header.bootEpoch
    self.end = end.description
    lastRecord = account.lastSequence
    time = TimeText.utc(account.timeNs)
    trading = account.tradingState.map {
      Permission(
        isArmed: $0.isArmed, halts: names.words($0.halted), reduceOnly: names.words($0.reducing),
        lossDay: $0.isLossUsedUp ? $0.lossDay : nil)
    }
    limits = account.limits.map { Limit($0, header.instruments) }
    positions = account.instruments.map { Position($0) }
    balances = account.assets.map { Balance($0, venues: names.venues) }
    orders = account.orders.values.sorted { $0.clientOrder.rawValue < $1.clientOrder.rawValue }
      .map { order in
        let place = Int(order.instrument.rawValue)  // The fold knows no order of an instrument beyond its own.
        let definition = header.instruments.indices.contains(place) ? header.instruments[place] : nil
        return Order(order, account.instruments[place], tick: definition?.tick)
      }
  }
}

extension AccountReport.Order {
  /// - Parameter tick: nil where the journal's head does not define the instrument.
  fileprivate init(_ order: AccountOrder, _ instrument: AccountInstrument, tick: DecimalStep?) {
    clientOrder = "ap" + String(format: "%016lx", order.clientOrder.rawValue)
    venueOrder = order.venueOrder
    self.instrument = instrument.symbol.text
    side = "\(order.side)"
    state = "\(order.state)"
    price = tick.map { decimal(order.price.ticks, $0) } ?? "?"
    quantity = decimal(order.quantity.lots, instrument.lot)
    filled = decimal(order.cumulative.lots, instrument.lot)
  }
}

extension AccountReport.Position {
  fileprivate init(_ instrument: AccountInstrument) {
    self.instrument = instrument.symbol.text
    quantity = decimal(instrument.position.lots, instrument.lot)
    cost = decimal(instrument.position.cost, .amount)
    realised = decimal(instrument.position.realised, .amount)
    fees = decimal(instrument.position.fees, .amount)
    quote = instrument.quote.text
    verifiedTrade = instrument.verifiedTrade
    tradesSince = instrument.trades.count
  }
}

extension AccountReport.Balance {
  fileprivate init(_ asset: AccountAsset, venues: [String]) {
    let place = Int(asset.venue.rawValue)
    venue = venues.indices.contains(place) ? venues[place] : "\(place)"
    self.asset = asset.asset.text
    amount = decimal(asset.computed, .amount)
    fees = decimal(asset.fees, .amount)
  }
}

extension AccountReport.Limit {
  fileprivate init(_ record: LimitRecord, _ instruments: [Instrument]) {
    let place = Int(record.instrument.rawValue)
    let own = record.limit.isOfInstrument && instruments.indices.contains(place) ? instruments[place] : nil
    name = "\(record.limit)"
    instrument = own?.symbol.text
    value = decimal(record.value, record.limit.step(lot: own?.lot ?? .amount))
  }
}

/// A step of a definition that the journal's reader let through gives a text; one beyond any real grid none.
private func decimal(_ value: Int64, _ step: DecimalStep) -> String { DecimalText.string(value, step: step) ?? "?" }
