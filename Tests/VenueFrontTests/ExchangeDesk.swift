// An exchange under test, with its clock and its events in the test's hands.

import Market
import Pipeline
import Simulation
import Testing
import VenueFront

/// An exchange with a market of two levels a side, a clock in hand, and what it told.
final class ExchangeDesk {
  var nowNs: Int64 = 1_700_000_000_000_000_000
  var events: [String] = []
  var fills: [VenueFill] = []
  let session: APISession
  private(set) var exchange: VenueFront.Exchange!

  static let key = "key"
  static let secret = "secret"

  /// - Parameter timeUnit: what the client of `call` and of the events asked for.
  init(timeUnit: TimeUnit = .millisecond, _ change: (inout ExchangeSettings) -> Void = { _ in }) throws {
    session = APISession(connectedNs: nowNs, timeUnit: timeUnit)
    var settings = ExchangeSettings()
    settings.keys = [APIKey(name: Self.key, kind: .hmac(secret: Self.secret))]
    let coins = Amount.unitsPerCoin
    settings.balances = [
      AssetBalance(asset: ShortName("USDT")!, free: Amount(units: 100_000 * coins)),
      AssetBalance(asset: ShortName("SYN")!, free: Amount(units: 10 * coins)),
    ]
    change(&settings)
    let instruments = try #require(DerivedRules.instruments(symbols: [DerivedRules.syntheticSymbol]))
    exchange = try VenueFront.Exchange(
      instruments: instruments, settings: settings, snapshots: SnapshotDesk(awaited: [])
    ) { [unowned self] in nowNs }
    exchange.onUserEvent = { [unowned self] in events.append($0.text(timeUnit)) }
    exchange.onFill = { [unowned self] fill, _ in fills.append(fill) }
    exchange.play(
      .snapshot(bids: [level(5_999_900, 100)], asks: [level(6_000_100, 100)], updateId: 1), InstrumentIndex(0))
    exchange.play(.trade(level(6_000_000, 1), takerSide: .buy, tradeId: 1), InstrumentIndex(0))
  }

  func level(_ ticks: Int64, _ lots: Int64) -> PriceQuantity {
    PriceQuantity(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
  }

  /// Signs and sends a request; `parameters` as in a query string.
  func call(_ method: Method, _ parameters: String, timestamp: String? = nil) throws -> APIResult {
    let query = parameters + "&timestamp=\(timestamp ?? "\(nowNs / 1_000_000)")"
    let signed = try Parameters(query: query + "&signature=" + sign(query), body: "")
    var result: APIResult?
    exchange.handle(method, signed, key: Self.key, session: session) { result = $0 }
    return try #require(result)
  }

  /// The text of a signed request of the WebSocket API; `parameters` as in a query string.
  func signedRequest(_ id: Int, _ method: String, _ parameters: String) throws -> String {
    let pairs = (parameters + "&apiKey=\(Self.key)&timestamp=\(nowNs / 1_000_000)").split(separator: "&").sorted()
    let members = (pairs + ["signature=\(try sign(pairs.joined(separator: "&")))"]).map { pair in
      #""\#(pair.prefix { $0 != "=" })":"\#(pair.drop { $0 != "=" }.dropFirst())""#
    }
    return #"{"id":\#(id),"method":"\#(method)","params":{\#(members.joined(separator: ","))}}"#
  }

  private func sign(_ text: String) throws -> String {
    var hex = [UInt8](repeating: 0, count: HMACSHA256.hexCount)
    guard let signer = HMACSHA256(secret: Self.secret) else { throw APIError.invalidSignature }
    let isSigned = Array(text.utf8).withUnsafeBytes { bytes in
      hex.withUnsafeMutableBytes { signer.signHex(bytes, into: $0.baseAddress!) }
    }
    #expect(isSigned)
    return String(decoding: hex, as: UTF8.self)
  }

  func place(_ side: String, _ price: String, _ quantity: String, _ more: String = "") throws -> APIResult {
    try call(
      .place,
      "symbol=SYNUSDT&side=\(side)&type=LIMIT&timeInForce=GTC&price=\(price)&quantity=\(quantity)" + more)
  }
}

extension APIResult {
  var error: APIError? { if case .failure(let error) = self { error } else { nil } }
  var json: JSONValue? { (try? get()).flatMap { JSONValue(parsing: $0.utf8) } }
}
