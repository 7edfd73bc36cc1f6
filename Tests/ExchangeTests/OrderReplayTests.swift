// A recorded market order by order in one book with ours.

import Market
import Simulation
import Testing

@Suite struct OrderReplayTests {
  private func row(
    _ kind: TapeRowKind, _ number: UInt64, _ side: Side = .buy, _ price: Int64 = 100, _ lots: Int64 = 0
  ) -> TapeRow {
    TapeRow(
      kind: kind, side: side, exchangeTimeNs: 10, localTimeNs: 20, price: Price(ticks: price),
      quantity: Quantity(lots: lots), number: number, endsMessage: true)
  }

  private func play(_ rows: [TapeRow], _ replay: inout OrderReplay, _ desk: inout Desk) {
    desk.outbox = []
    for row in rows { replay.apply(row, to: &desk.exchange, outbox: &desk.outbox) }
    desk.timeNs = desk.exchange.timeNs
  }

  /// Ours stands between two recorded orders: what was executed before it does not fill it, what comes after does.
  @Test func oursFillsInItsExactPlace() throws {
    var desk = Desk(try Fixture.exchange())
    var replay = OrderReplay(Fixture.spot)
    play([row(.orderAdded, 1, .buy, 100, 5)], &replay, &desk)
    let ours = desk.place(.buy, 4, at: 100)
    play([row(.orderAdded, 2, .buy, 100, 7), row(.orderExecuted, 1, .buy, 100, 5)], &replay, &desk)
    var fills = desk.outbox.filter { $0.id == ours && $0.kind == .filled }.map(\.quantity.lots)
    #expect(fills == [])
    play([row(.orderExecuted, 2, .buy, 100, 3)], &replay, &desk)
    fills = desk.outbox.filter { $0.id == ours && $0.kind == .filled }.map(\.quantity.lots)
    var shown = desk.shown(.buy, 100)
    #expect(fills == [3] && shown == 1 + 4)
    play([row(.orderExecuted, 2, .buy, 100, 4)], &replay, &desk)
    fills = desk.outbox.filter { $0.id == ours && $0.kind == .filled }.map(\.quantity.lots)
    shown = desk.shown(.buy, 100)
    #expect(fills == [1] && shown == 0)
    let last = desk.exchange.lastPrice(Fixture.spot)
    #expect(last == Price(ticks: 100))
  }

  /// A recorded execution at a worse price meets ours at a better one first.
  @Test func executionsThroughOurPriceFillUs() throws {
    var desk = Desk(try Fixture.exchange())
    var replay = OrderReplay(Fixture.spot)
    play([row(.orderAdded, 1, .sell, 102, 5)], &replay, &desk)
    let ours = desk.place(.sell, 9, at: 101) { $0.displayed = Quantity(lots: 2) }
    play([row(.orderExecuted, 1, .sell, 102, 5)], &replay, &desk)
    let fills = desk.outbox.filter { $0.id == ours && $0.kind == .filled }.map(\.quantity.lots)
    #expect(fills == [2, 2, 1])
    let imbalances = [desk.exchange.imbalance(Fixture.base), desk.exchange.imbalance(Fixture.quote)]
    #expect(imbalances == [0, 0])
  }

  @Test func joiningOrdersTradeWithOursAndOursTakeFromThem() throws {
    var desk = Desk(try Fixture.exchange())
    var replay = OrderReplay(Fixture.spot)
    desk.place(.sell, 3, at: 100)
    play([row(.orderAdded, 1, .buy, 100, 5)], &replay, &desk)
    var shown = desk.shown(.buy, 100)
    #expect(shown == 2)
    desk.place(.sell, 2, at: 100)
    shown = desk.shown(.buy, 100)
    #expect(shown == 0)
    play([row(.orderRemoved, 1)], &replay, &desk)
    #expect(replay.unknownRows == 0 && replay.refusedRows == 0)
    play([row(.orderRemoved, 1)], &replay, &desk)
    #expect(replay.unknownRows == 1)
  }

  /// What ours took is gone, but the order keeps its place, and what the recording takes away is taken from the rest.
  @Test func anOrderThatOursTookFromKeepsItsPlace() throws {
    var desk = Desk(try Fixture.exchange())
    var replay = OrderReplay(Fixture.spot)
    play([row(.orderAdded, 1, .buy, 100, 10), row(.orderAdded, 2, .buy, 100, 5)], &replay, &desk)
    let queue = desk.queue(.buy, 100)
    desk.place(.sell, 4, at: 100)
    play([row(.orderChanged, 1, .buy, 100, 8)], &replay, &desk)
    var shown = desk.shown(.buy, 100)
    var now = desk.queue(.buy, 100)
    #expect(shown == 4 + 5 && now == queue)
    // More than is left of it goes: nothing is left.
    play([row(.orderChanged, 1, .buy, 100, 3)], &replay, &desk)
    shown = desk.shown(.buy, 100)
    now = desk.queue(.buy, 100)
    #expect(shown == 5 && now == Array(queue.dropFirst()))
  }

  /// A trade with an order that ours took whole went through ours at a better price.
  @Test func executionsOfWhatOursTookReachBetterPrices() throws {
    var desk = Desk(try Fixture.exchange())
    var replay = OrderReplay(Fixture.spot)
    play([row(.orderAdded, 1, .sell, 101, 6)], &replay, &desk)
    desk.place(.buy, 6, at: 101)
    let better = desk.place(.sell, 4, at: 100)
    let same = desk.place(.sell, 4, at: 101)
    play([row(.orderExecuted, 1, .sell, 101, 6)], &replay, &desk)
    let fills = desk.outbox.filter { $0.kind == .filled && ($0.id == better || $0.id == same) }
    #expect(fills.map(\.id) == [better] && fills.map(\.quantity.lots) == [4])
    #expect(replay.unknownRows == 0)
  }

  /// With a snapshot the recorded orders of a side are new; ours stay.
  @Test func aClearTakesTheRecordedOrdersOfASide() throws {
    var desk = Desk(try Fixture.exchange())
    var replay = OrderReplay(Fixture.spot)
    play(
      [row(.orderAdded, 1, .buy, 100, 5), row(.orderAdded, 2, .buy, 99, 5), row(.orderAdded, 3, .sell, 103, 5)],
      &replay, &desk)
    let ours = desk.place(.buy, 2, at: 100)
    play([row(.clear, 0, .buy, 0)], &replay, &desk)
    let (queue, shown) = (desk.queue(.buy, 100), [desk.shown(.buy, 99), desk.shown(.sell, 103)])
    #expect(queue == [ours] && shown == [0, 5])
  }

  @Test func changesKeepOrLoseThePlace() throws {
    var desk = Desk(try Fixture.exchange())
    var replay = OrderReplay(Fixture.spot)
    play([row(.orderAdded, 1, .buy, 100, 5), row(.orderAdded, 2, .buy, 100, 5)], &replay, &desk)
    let before = desk.queue(.buy, 100)
    play([row(.orderChanged, 1, .buy, 100, 3)], &replay, &desk)
    var queue = desk.queue(.buy, 100)
    #expect(queue == before)
    play([row(.orderChanged, 1, .buy, 100, 6)], &replay, &desk)
    queue = desk.queue(.buy, 100)
    #expect(queue == before.reversed())
    play([row(.orderChanged, 2, .buy, 99, 6), row(.orderAdded, 3, .buy, 0, 5)], &replay, &desk)
    let shown = [desk.shown(.buy, 100), desk.shown(.buy, 99)]
    #expect(shown == [6, 6] && replay.refusedRows == 1)
  }
}
