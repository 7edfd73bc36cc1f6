// A venue as slow and obvious as possible: what really happened to each order, and every message it says about it.

import Execution
import Market
import Pipeline
import Risk
import Support

/// Decides each order's whole life when it arrives, and says it in messages that the test may shuffle and repeat.
struct VenueModel {
  enum Ending: CaseIterable { case filled, canceled, expired, rejected, notSent, resting }

  struct Trade {
    var id: UInt64
    var ticks: Int64
    var lots: Int64
    var fee: Int64
    var feeAsset: String
  }

  struct Life {
    var side: Side
    var ending: Ending
    var trades: [Trade] = []
    var lots: Int64 { trades.reduce(0) { $0 + $1.lots } }
    var value: Int64 { trades.reduce(0) { $0 + $1.ticks * $1.lots * 10 } }
  }

  private(set) var lives: [ClientOrderIdentifier: Life] = [:]
  private var nextTrade: UInt64 = 1

  /// An order reaches the venue: its life is decided here.
  ///
  /// - Returns: everything the venue and the gateway say about it, in the order in which it happened.
  mutating func accept(_ order: ApprovedOrderRecord, random: inout SeededRandom) -> [ExecutionReport] {
    let id = order.clientOrder
    var life = Life(side: order.side, ending: .allCases.randomElement(using: &random)!)
    var messages: [ExecutionReport] = []
    if life.ending == .notSent || life.ending == .rejected {
      lives[id] = life
      return [Desk.message(life.ending == .rejected ? .rejected : .notSent, id)]
    }
    messages.append(Desk.message(.acknowledged, id))
    var rest = order.quantity.lots
    let count = Int.random(in: life.ending == .filled ? 1...4 : 0...3, using: &random)
    for i in 0..<count where rest > 1 || life.ending == .filled {
      let isLast = life.ending == .filled && i == count - 1
      let lots = isLast || rest <= 1 ? rest : Int64.random(in: 1..<rest, using: &random)
      guard lots > 0 else { break }
      rest -= lots
      let trade = Trade(
        id: nextTrade, ticks: order.price.ticks - order.side.sign * .random(in: 0...500, using: &random), lots: lots,
        fee: .random(in: 0...5000, using: &random), feeAsset: ["USDT", "BTC", "BNB"].randomElement(using: &random)!)
      nextTrade += 1
      life.trades.append(trade)
      messages.append(Desk.fill(id, order.side, trade: trade.id, trade.ticks, lots, trade.fee, trade.feeAsset))
    }
    if life.ending == .canceled { messages.append(Desk.message(.canceled, id)) }
    if life.ending == .expired { messages.append(Desk.message(.expired, id)) }
    lives[id] = life
    return messages
  }

  /// The answer to a cancel.
  mutating func cancel(_ id: ClientOrderIdentifier) -> ExecutionReport {
    guard lives[id]?.ending == .resting else { return Desk.message(.cancelRejected, id, reason: .unknownOrder) }
    lives[id]?.ending = .canceled
    return Desk.message(.canceled, id)
  }

  mutating func cancelAll() -> [ExecutionReport] {
    lives.filter { $0.value.ending == .resting }.keys.sorted { $0.rawValue < $1.rawValue }.map { cancel($0) }
  }

  /// Every open order, and every trade from one on: as lists.
  func list(_ request: GatewayRequest) -> [ExecutionReport] {
    if request.kind == .queryOpenOrders {
      let open = lives.filter { $0.value.ending == .resting }.keys.sorted { $0.rawValue < $1.rawValue }
      return open.map { status($0) } + [Desk.end(.openOrdersListed, of: request, open.count)]
    }
    let trades = lives.flatMap { id, life in life.trades.map { (id, life.side, $0) } }
      .filter { $0.2.id >= request.fromTrade }.sorted { $0.2.id < $1.2.id }.prefix(40)
    return trades.map { id, side, trade in
      var fill = Desk.fill(id, side, trade: trade.id, trade.ticks, trade.lots, trade.fee, trade.feeAsset)
      fill.clientOrder = .none
      return fill
    } + [Desk.end(.tradesListed, of: request, trades.count == 40 ? GatewayRequest.tradesPerPage : trades.count)]
  }

  /// The answer to a query: how it stands now.
  func status(_ id: ClientOrderIdentifier) -> ExecutionReport {
    guard let life = lives[id] else { return Desk.status(id, .notFound, lots: 0, value: 0) }
    let state: VenueOrderState =
      switch life.ending {
      case .filled: .filled
      case .canceled: .canceled
      case .expired: .expired
      case .rejected, .notSent: .notFound
      case .resting: life.lots > 0 ? .partiallyFilled : .new
      }
    return Desk.status(id, state, lots: life.lots, value: life.value)
  }

  /// The truth, added up.
  var positionLots: Int64 { lives.values.reduce(0) { $0 + $1.side.sign * $1.lots } }

  /// Change of an asset by all trades and fees.
  func change(of asset: String) -> Int64 {
    lives.values.reduce(0) { sum, life in
      let moved =
        asset == "BTC" ? life.side.sign * life.lots * 1000 : asset == "USDT" ? -life.side.sign * life.value : 0
      return sum + moved - life.trades.filter { $0.feeAsset == asset }.reduce(0) { $0 + $1.fee }
    }
  }
}
