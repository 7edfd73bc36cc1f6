// A venue in a few lines for replay tests: seeded market data, a snapshot, and answers to order requests.

import Foundation
import Pipeline

/// What both of its sides know. Every choice comes from the seed.
final class FakeVenue {
  var generator: SeededGenerator
  /// The venue's clock.
  var timeMs: Int64 = 0
  /// What the two market connections still have to bring.
  var marketQueues: [[String]] = [[], []]
  /// What the two order connections still have to bring: answers on the one that was asked, events on both.
  var orderQueues: [[String]] = [[], []]
  private var update = 1000
  private var nextNumber = 1
  /// Orders that rest, by client order id.
  private var resting: [String: (side: String, price: String, quantity: String)] = [:]

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  func isChance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &generator) == 0 }

  /// One more message of the market on its way over both connections, each of which may lose it.
  func playMarket() {
    let text = marketMessage()
    for connection in 0..<2 where !isChance(100) { marketQueues[connection].append(text) }
  }

  /// A depth change, or now and then a trade.
  private func marketMessage() -> String {
    let offset = Int.random(in: 0..<5, using: &generator)
    let quantity = "0.\(Int.random(in: 10_000...99_999, using: &generator))"
    if isChance(5) {
      return #"{"stream":"x","data":{"e":"trade","E":\#(timeMs),"s":"BTCUSDT","t":\#(number()),"p":"50000.10","#
        + #""q":"\#(quantity)","T":1,"m":false,"M":true}}"#
    }
    update += 1
    let isBid = isChance(2)
    let price = isBid ? "50000.0\(5 - offset)" : "50000.1\(offset)"
    let levels = "[\"\(price)\",\"\(quantity)\"]"
    return #"{"stream":"x","data":{"e":"depthUpdate","E":\#(timeMs),"s":"BTCUSDT","U":\#(update),"u":\#(update),"#
      + #""b":[\#(isBid ? levels : "")],"a":[\#(isBid ? "" : levels)]}}"#
  }

  func snapshot() -> String {
    let bids = (1...5).map { "[\"50000.0\($0)\",\"1\"]" }.reversed().joined(separator: ",")
    let asks = (0..<5).map { "[\"50000.1\($0)\",\"1\"]" }.joined(separator: ",")
    return #"{"lastUpdateId":\#(update),"bids":[\#(bids)],"asks":[\#(asks)]}"#
  }

  /// Answers a request of the order session.
  func handle(_ text: UnsafeRawBufferPointer, on connection: Int) {
    guard let root = try? JSONSerialization.jsonObject(with: Data(text)) as? [String: Any],
      let identifier = root["id"] as? Int, let method = root["method"] as? String
    else { return }
    let parameters = root["params"] as? [String: Any] ?? [:]
    let client = parameters["newClientOrderId"] as? String ?? parameters["origClientOrderId"] as? String ?? ""
    func answer(_ result: String) {
      orderQueues[connection].append(#"{"id":\#(identifier),"status":200,"result":\#(result),"rateLimits":[]}"#)
    }
    switch method {
    case "time": answer(#"{"serverTime":1700000000250}"#)
    case "account.status":
      answer(
        #"{"balances":[{"asset":"USDT","free":"1000000","locked":"0"},{"asset":"BTC","free":"10","locked":"0"}]}"#)
    case "order.place": answer(place(client, parameters))
    case "order.cancel":
      if resting.removeValue(forKey: client) != nil {
        answer(#"{"symbol":"BTCUSDT","origClientOrderId":"\#(client)","orderId":1,"status":"CANCELED"}"#)
      } else {
        orderQueues[connection].append(
          #"{"id":\#(identifier),"status":400,"error":{"code":-2011,"msg":"Unknown order sent."},"rateLimits":[]}"#)
      }
    case "openOrders.cancelAll":
      let orders = resting.keys.sorted().map {
        #"{"symbol":"BTCUSDT","origClientOrderId":"\#($0)","orderId":1,"status":"CANCELED"}"#
      }
      resting = [:]
      answer("[\(orders.joined(separator: ","))]")
    case "openOrders.status", "myTrades": answer("[]")
    case "order.status":
      answer(
        #"{"symbol":"BTCUSDT","clientOrderId":"\#(client)","orderId":1,"status":"CANCELED","executedQty":"0","#
          + #""price":"50000.00","origQty":"1"}"#)
    default: answer(#"{"subscriptionId":0}"#)
    }
  }

  /// Rests a maker's order, fills a taker's at once.
  private func place(_ client: String, _ parameters: [String: Any]) -> String {
    let side = parameters["side"] as? String ?? "BUY"
    let price = parameters["price"] as? String ?? "50000.10"
    let quantity = parameters["quantity"] as? String ?? "0.001"
    let head = #"{"symbol":"BTCUSDT","orderId":\#(number()),"clientOrderId":"\#(client)","side":"\#(side)","#
    guard parameters["timeInForce"] as? String == "IOC" else {
      resting[client] = (side, price, quantity)
      return head + #""status":"NEW","executedQty":"0","fills":[]}"#
    }
    return head + #""status":"FILLED","executedQty":"\#(quantity)","fills":[{"price":"\#(price)","qty":"\#(quantity)","#
      + #""commission":"0.00000100","commissionAsset":"BNB","tradeId":\#(number())}]}"#
  }

  /// Fills one resting order and says so on the user stream.
  func fillOne() {
    guard let client = resting.keys.sorted().randomElement(using: &generator),
      let order = resting.removeValue(forKey: client)
    else { return }
    let event =
      #"{"subscriptionId":0,"event":{"e":"executionReport","E":1,"s":"BTCUSDT","c":"\#(client)","S":"\#(order.side)","#
      + #""o":"LIMIT","f":"GTC","q":"\#(order.quantity)","p":"\#(order.price)","C":"","x":"TRADE","X":"FILLED","#
      + #""r":"NONE","i":\#(number()),"l":"\#(order.quantity)","z":"\#(order.quantity)","L":"\#(order.price)","#
      + #""n":"0.0000001","N":"BNB","T":1,"t":\#(number()),"m":true,"Y":"1"}}"#
    for connection in 0..<2 { orderQueues[connection].append(event) }
  }

  private func number() -> Int {
    nextNumber += 1
    return nextNumber
  }
}

/// One of the venue's WebSocket connections.
final class FakeConnection: StandbyChannel {
  private let venue: FakeVenue
  /// Which one of the market's; nil: an order connection.
  private let market: Int?
  /// Which one of the order connections.
  private let number: Int
  private var isWanted = true
  private var closeIsDue = false
  private var content = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
  private var count = 0
  private(set) var isOpen = false
  private(set) var closeReason = CloseReason.none
  private(set) var messageTsc: UInt64 = 0

  init(_ venue: FakeVenue, market: Int) {
    self.venue = venue
    self.market = market
    number = 0
  }

  init(_ venue: FakeVenue, orders: Int) {
    self.venue = venue
    market = nil
    number = orders
  }
  deinit { content.deallocate() }

  var message: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: content[..<count]) }

  func poll(nowNs: Int64) -> ChannelEvent {
    if closeIsDue {
      closeIsDue = false
      return .closed
    }
    guard isOpen else {
      guard isWanted else { return .idle }
      if let market { venue.marketQueues[market] = [] } else { venue.orderQueues[number] = [] }
      isOpen = true
      return .opened
    }
    if venue.isChance(market != nil ? 2000 : 5000) {
      isOpen = false
      closeReason = .peerClosed
      return .closed
    }
    if market == nil, venue.isChance(20) { venue.fillOne() }
    if market == nil, venue.isChance(500) {
      venue.orderQueues[number].append(#"{"event":{"e":"serverShutdown","E":1}}"#)
    }
    guard let text = next() else { return .idle }
    count = min(text.utf8.count, content.count)
    content.copyBytes(from: text.utf8.prefix(count))
    messageTsc = venue.generator.next() >> 8
    return .message
  }

  private func next() -> String? {
    if let market {
      if venue.marketQueues[market].isEmpty, venue.isChance(2) { venue.playMarket() }
      return venue.marketQueues[market].isEmpty ? nil : venue.marketQueues[market].removeFirst()
    }
    return venue.orderQueues[number].isEmpty ? nil : venue.orderQueues[number].removeFirst()
  }

  func send(_ text: UnsafeRawBufferPointer) -> Bool {
    guard isOpen, !venue.isChance(200) else { return false }
    if let market {
      venue.marketQueues[market].append(#"{"result":null,"id":1}"#)
    } else {
      venue.handle(text, on: number)
    }
    return true
  }

  func open() { isWanted = true }

  func close(permanently: Bool) {
    if permanently { isWanted = market != nil }
    closeIsDue = isOpen && market == nil
    isOpen = false
    closeReason = .requested
  }
}

/// The venue's REST side: the depth snapshot.
final class FakeRequests: RequestChannel {
  private let venue: FakeVenue
  private var content = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
  private var count = 0
  private var isAsked = false
  private(set) var status = 0
  private(set) var closeReason = CloseReason.none
  private(set) var retryAfterSeconds: Int?

  init(_ venue: FakeVenue) { self.venue = venue }
  deinit { content.deallocate() }

  var body: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: content[..<count]) }

  func get(_ target: UnsafeRawBufferPointer) -> Bool {
    defer { isAsked = true }
    return !isAsked
  }

  func poll(nowNs: Int64) -> RequestEvent {
    guard isAsked, venue.isChance(3) else { return .idle }
    isAsked = false
    if venue.isChance(20) {
      closeReason = .connectTimeout
      return .failed
    }
    let text = venue.snapshot()
    count = text.utf8.count
    content.copyBytes(from: text.utf8)
    status = 200
    return .response
  }
}
