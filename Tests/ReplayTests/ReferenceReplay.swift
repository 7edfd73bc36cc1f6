// The preset's rules once more, slow and obvious: dictionaries, a search for the next event, no bitmaps, no shortcuts.

import Foundation
import Market
import Simulation

final class ReferenceReplay {
  struct Book {
    var bids: [Int64: Int64] = [:]
    var asks: [Int64: Int64] = [:]
    var bestBid: Int64?
    var bestAsk: Int64?

    mutating func set(_ side: Side, _ price: Int64, _ lots: Int64) {
      if side == .buy {
        bids[price] = lots == 0 ? nil : lots
        if lots == 0, price == bestBid { bestBid = bids.keys.filter { $0 < price }.max() }
        if lots > 0, price > bestBid ?? .min {
          bestBid = price
          if let ask = bestAsk, price >= ask { bestAsk = asks.keys.filter { $0 > price }.min() }
        }
      } else {
        asks[price] = lots == 0 ? nil : lots
        if lots == 0, price == bestAsk { bestAsk = asks.keys.filter { $0 > price }.min() }
        if lots > 0, price < bestAsk ?? .max {
          bestAsk = price
          if let bid = bestBid, price <= bid { bestBid = bids.keys.filter { $0 < price }.max() }
        }
      }
    }

    mutating func clear(_ side: Side, _ price: Int64) {
      if side == .buy, let best = bestBid, price <= best {
        bids = bids.filter { $0.key < price || $0.key > best }
        bestBid = bids.keys.filter { $0 < price }.max()
      }
      if side == .sell, let best = bestAsk, price >= best || price == 0 {
        asks = asks.filter { $0.key < best || (price != 0 && $0.key > price) }
        bestAsk = asks.keys.filter { $0 > (price == 0 ? .max : price) }.min()
      }
    }
  }

  struct Order {
    var id: UInt64
    var side: Side
    var ticks: Int64
    var leaves: Int64
    var timeInForce: ReplayTimeInForce
    var sentNs: Int64
    var request: Character  // n(ew), c(ancel), - none, r(ejected)
    var status: Character  // s(ent), o(pen), p(artly filled), f(illed), x (over)
    var ahead = 0.0
    var lastFill: Int64 = 0
  }

  private(set) var fills: [ReplayFill] = []
  private(set) var positions: [Int64] = []
  private var position: Int64 = 0
  private var local = Book()
  private var exchange = Book()
  private var known: [Order] = []
  private var resting: [Order] = []
  private var requests: [(Int64, Order)] = []
  private var answers: [(Int64, Order)] = []
  private let entryNs: Int64
  private let responseNs: Int64
  private let isPartial: Bool

  init(entryNs: Int64, responseNs: Int64, isPartial: Bool) {
    self.entryNs = entryNs
    self.responseNs = responseNs
    self.isPartial = isPartial
  }

  func run(_ rows: [TapeRow], intervalNs: Int64, actions: [[ScriptedAction]]) {
    var localRows = rows
    var exchangeRows = rows.enumerated().sorted {
      ($0.element.exchangeTimeNs, $0.offset) < ($1.element.exchangeTimeNs, $1.offset)
    }
    .map(\.element)
    guard var wakeNs = [localRows.first?.localTimeNs, exchangeRows.first?.exchangeTimeNs].compactMap({ $0 }).min()
    else { return }
    wakeNs += intervalNs
    for wake in 0... {
      while true {
        let times = [
          localRows.first?.localTimeNs, answers.first?.0, exchangeRows.first?.exchangeTimeNs, requests.first?.0,
        ]
        guard let next = times.compactMap({ $0 }).min() else { return }
        guard next <= wakeNs else { break }
        switch times.firstIndex(of: next)! {
        case 0: apply(localRows.removeFirst(), to: &local)
        case 1: while answers.first?.0 == next { hear(answers.removeFirst().1) }
        case 2: happen(exchangeRows.removeFirst())
        default: while requests.first?.0 == next { deal(requests.removeFirst().1, next) }
        }
      }
      positions.append(position)
      if wake < actions.count { for action in actions[wake] { act(action, wakeNs) } }
      if wake < actions.count { known.removeAll { $0.status == "f" || $0.status == "x" } }
      wakeNs += intervalNs
    }
  }

  private func apply(_ row: TapeRow, to book: inout Book) {
    switch row.kind {
    case .level, .snapshotLevel: book.set(row.side, row.price.ticks, row.quantity.lots)
    case .clear: book.clear(row.side, row.price.ticks)
    default: break
    }
  }

  private func act(_ action: ScriptedAction, _ now: Int64) {
    var sent: Order
    switch action {
    case .submit(let id, let side, let ticks, let lots, let timeInForce):
      sent = Order(
        id: id, side: side, ticks: ticks, leaves: lots, timeInForce: timeInForce, sentNs: now, request: "n", status: "s"
      )
      known.append(sent)
    case .cancel(let id):
      guard let i = known.firstIndex(where: { $0.id == id && "op".contains($0.status) && $0.request == "-" }) else {
        return
      }
      known[i].request = "c"
      known[i].sentNs = now
      sent = known[i]
    }
    if entryNs < 0 {
      sent.request = "r"
      answers.append((max(answers.last?.0 ?? 0, now - entryNs), sent))
    } else {
      requests.append((max(requests.last?.0 ?? 0, now + entryNs), sent))
    }
  }

  private func hear(_ answer: Order) {
    if answer.request != "r", "fp".contains(answer.status) { position += answer.side.sign * answer.lastFill }
    guard let i = known.firstIndex(where: { $0.id == answer.id }) else { return }
    if answer.request == "r" {
      guard answer.sentNs == known[i].sentNs else { return }
      if known[i].request == "n" { known[i].status = "x" }
      known[i].request = "-"
    } else {
      let sentNs = known[i].sentNs
      known[i] = answer
      known[i].sentNs = sentNs
    }
  }

  private func answer(_ order: Order, _ now: Int64) {
    answers.append((max(answers.last?.0 ?? 0, now + responseNs), order))
  }

  private func fill(_ order: inout Order, _ ticks: Int64, _ lots: Int64, _ now: Int64, maker: Bool) {
    order.leaves -= lots
    order.lastFill = lots
    order.status = order.leaves == 0 ? "f" : "p"
    fills.append(
      ReplayFill(
        order: order.id, exchangeTimeNs: now, price: Price(ticks: ticks), quantity: Quantity(lots: lots),
        side: order.side, isMaker: maker))
    answer(order, now)
  }

  private func happen(_ row: TapeRow) {
    let (bid, ask) = (exchange.bestBid ?? .min, exchange.bestAsk ?? .max)
    apply(row, to: &exchange)
    let now = row.exchangeTimeNs
    for i in resting.indices {
      let order = resting[i]
      if row.kind == .level || row.kind == .snapshotLevel, row.side == order.side, row.price.ticks == order.ticks {
        resting[i].ahead = min(order.ahead, Double(row.quantity.lots))
      }
      var reached: Int64 = 0
      if row.kind == .trade, row.side != order.side {
        let isThrough = order.side == .buy ? order.ticks > row.price.ticks : order.ticks < row.price.ticks
        if isThrough { reached = order.leaves }
        if order.ticks == row.price.ticks {
          resting[i].ahead -= Double(row.quantity.lots)
          reached = Int64((-resting[i].ahead).rounded())
          if reached > 0 { resting[i].ahead = 0 }
          reached = reached <= 0 ? 0 : isPartial ? min(reached, order.leaves) : order.leaves
        }
      } else if order.side == .sell, let best = exchange.bestBid, best > bid, order.ticks <= best, row.kind != .clear {
        reached = order.leaves
      } else if order.side == .buy, let best = exchange.bestAsk, best < ask, order.ticks >= best, row.kind != .clear {
        reached = order.leaves
      }
      if reached > 0 { fill(&resting[i], order.ticks, reached, now, maker: true) }
    }
    resting.removeAll { $0.leaves == 0 }
  }

  private func deal(_ request: Order, _ now: Int64) {
    var order = request
    if order.request == "c" {
      guard let i = resting.firstIndex(where: { $0.id == order.id }) else {
        order.request = "r"
        return answer(order, now)
      }
      order = resting.remove(at: i)
      order.status = "x"
      order.lastFill = 0
      return answer(order, now)
    }
    order.request = "-"
    let (bid, ask) = (exchange.bestBid, exchange.bestAsk)
    if let best = order.side == .buy ? ask : bid, order.side == .buy ? order.ticks >= best : order.ticks <= best {
      guard order.timeInForce != .postOnly else {
        order.status = "x"
        return answer(order, now)
      }
      take(&order, best, now)
    } else if order.timeInForce == .goodTillCancel || order.timeInForce == .postOnly {
      let displayed = order.side == .buy ? exchange.bids[order.ticks] : exchange.asks[order.ticks]
      order.ahead = Double(displayed ?? 0)
      order.status = "o"
      resting.append(order)
      answer(order, now)
    } else {
      order.status = "x"
      answer(order, now)
    }
  }

  private func take(_ order: inout Order, _ best: Int64, _ now: Int64) {
    guard isPartial else { return fill(&order, best, order.leaves, now, maker: false) }
    let levels = (order.side == .buy ? exchange.asks : exchange.bids)
      .filter { order.side == .buy ? $0.key >= best && $0.key <= order.ticks : $0.key <= best && $0.key >= order.ticks }
      .sorted { order.side == .buy ? $0.key < $1.key : $0.key > $1.key }
    if order.timeInForce == .fillOrKill, levels.map(\.value).reduce(0, +) < order.leaves {
      order.status = "x"
      return answer(order, now)
    }
    for (ticks, lots) in levels where order.leaves > 0 {
      fill(&order, ticks, min(lots, order.leaves), now, maker: false)
    }
    guard order.leaves > 0 else { return }
    if order.timeInForce == .immediateOrCancel {
      order.status = "x"
      return answer(order, now)
    }
    order.ahead = 0
    resting.append(order)
  }
}
