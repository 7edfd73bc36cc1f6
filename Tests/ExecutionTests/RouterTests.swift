// The router over one and several venues, against costs worked out by hand.

import Execution
import Market
import Testing

@Suite struct RouterTests {
  private func quote(_ venue: UInt8, bid: Int64, ask: Int64, lots: Int64, fee: Int64 = 10, maker: Int64 = 10)
    -> VenueQuote
  {
    VenueQuote(
      venue: VenueIndex(venue), instrument: InstrumentIndex(UInt16(venue)), bid: Price(ticks: bid),
      bidQuantity: Quantity(lots: lots), ask: Price(ticks: ask), askQuantity: Quantity(lots: lots),
      takerFeeBasisPoints: fee, makerFeeBasisPoints: maker)
  }

  private func route(
    _ side: Side, _ ticks: Int64, _ lots: Int64, type: OrderType = .limit,
    _ timeInForce: TimeInForce = .goodTilCanceled, among quotes: [VenueQuote]
  ) -> [ChildOrder] {
    var intent = OrderIntent(
      kind: .place, side: side, type: type, timeInForce: timeInForce, instrument: InstrumentIndex(0),
      definitionVersion: 1, strategy: 0, price: Price(ticks: ticks), quantity: Quantity(lots: lots),
      decisionTimeNs: 0, marketTimeNs: 0, cause: 0, originTsc: 0)
    let children = UnsafeMutablePointer<ChildOrder>.allocate(capacity: Router.maximumChildren)
    defer { children.deallocate() }
    let count = quotes.withUnsafeBufferPointer { Router.route(&intent, quotes: $0, into: children) }
    let parts = Array(UnsafeBufferPointer(start: children, count: count))
    #expect(parts.reduce(0) { $0 + $1.quantity.lots } == lots)
    return parts
  }

  private func parts(_ children: [ChildOrder]) -> [[Int64]] {
    children.map { [Int64($0.venue.rawValue), $0.quantity.lots] }
  }

  @Test func oneVenueTakesAll() {
    let children = route(.buy, 105, 50, among: [quote(0, bid: 100, ask: 101, lots: 5)])
    #expect(parts(children) == [[0, 50]])
    #expect(children[0].price.ticks == 105 && children[0].type == .limit)
  }

  @Test func aCrossingOrderTakesTheCheapestFirst() {
    let quotes = [
      quote(0, bid: 9_990, ask: 10_003, lots: 5, fee: 10), quote(1, bid: 9_995, ask: 10_000, lots: 7, fee: 20),
      quote(2, bid: 9_999, ask: 10_020, lots: 9, fee: 0),
    ]
    // With fees a buy costs 10,013.0, 10,020.0 and 10,020.0; venue 1 comes before 2 as the first of equals.
    #expect(parts(route(.buy, 10_020, 20, among: quotes)) == [[0, 5], [1, 7], [2, 8]])
    // The limit does not reach venue 2; the rest stays with the cheapest.
    #expect(parts(route(.buy, 10_010, 20, among: quotes)) == [[0, 13], [1, 7]])
    // A sell brings 9,980.0, 9,975.0 and 9,999.0.
    #expect(parts(route(.sell, 9_990, 12, among: quotes)) == [[2, 9], [0, 3]])
  }

  @Test func aRestingOrderGoesWhereRestingIsCheapest() {
    let quotes = [quote(0, bid: 100, ask: 101, lots: 5), quote(1, bid: 100, ask: 101, lots: 5, maker: -1)]
    #expect(parts(route(.buy, 100, 9, among: quotes)) == [[1, 9]])
    #expect(parts(route(.buy, 105, 9, type: .limitMaker, among: quotes)) == [[1, 9]])
    #expect(parts(route(.buy, 105, 9, .fillOrKill, among: quotes)) == [[1, 9]])
  }

  @Test func aMarketOrderIsBoundedByItsPrice() {
    let one = [quote(0, bid: 100, ask: 101, lots: 5)]
    let bounded = route(.buy, 103, 9, type: .market, among: one)[0]
    #expect(bounded.type == .limit && bounded.timeInForce == .immediateOrCancel && bounded.price.ticks == 103)
    #expect(route(.buy, 0, 9, type: .market, among: one)[0].type == .market)
  }

  @Test func emptyQuotesAreNotTaken() {
    let quotes = [quote(0, bid: 0, ask: 0, lots: 0), quote(1, bid: 100, ask: 101, lots: 5)]
    #expect(parts(route(.buy, 101, 4, among: quotes)) == [[1, 4]])
  }
}
