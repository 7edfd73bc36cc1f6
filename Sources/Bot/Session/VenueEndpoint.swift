// Where a venue is, and the blocking requests a session makes of it before its threads start. Cold.

import Foundation
import Market
import Pipeline
import Venues

/// Where one of a venue's services listens.
package struct VenueService: Sendable {
  let host: String
  let port: UInt16
  let addresses: [SocketAddress]

  package init(host: String, port: UInt16) throws {
    self.host = host
    self.port = port
    addresses = try SocketAddress.resolve(host: host, port: port)
  }
}

/// Addresses and trust of one venue.
package struct VenueEndpoint {
  /// Market data over WebSocket.
  let streams: VenueService
  /// Where the feed takes it in SBE, and the key that is shown there; nil for JSON.
  private var sbe: (streams: VenueService, apiKey: String)?
  /// REST requests.
  let rest: VenueService
  /// Orders and the user stream over WebSocket.
  private(set) var orders: VenueService
  /// How much faster than real time the session's clock runs. Channels count time-outs in that clock, but networks are
  /// slow in real time: their bounds are stretched by it.
  let speed: Double
  /// What certificates are checked against.
  let context: TLSContext
  /// The same for orders.
  private var ordersContext: TLSContext
  private let records: TLSRecordLayer

  /// - Parameters:
  ///   - trustFile: the authority to trust; nil for the system's.
  ///   - records: who seals and opens them once a connection stands.
  package init(
    streams: VenueService, rest: VenueService, orders: VenueService, trustFile: String?, speed: Double = 1,
    records: TLSRecordLayer = .openssl
  ) throws {
    self.streams = streams
    self.rest = rest
    self.orders = orders
    self.speed = max(1, speed)
    self.records = records
    context = try TLSContext.client(trustFile: trustFile, records: records)
    ordersContext = context
  }

  /// The same venue's market, with orders going to another one.
  ///
  /// - Parameter trustFile: the authority that the other one is trusted by.
  func sendingOrders(to service: VenueService, trustFile: String) throws -> VenueEndpoint {
    var endpoint = self
    endpoint.orders = service
    endpoint.ordersContext = try TLSContext.client(trustFile: trustFile, records: records)
    return endpoint
  }

  /// The same venue, its market in SBE.
  ///
  /// - Parameter apiKey: the name of an Ed25519 key.
  /// - Throws: `SessionError` for a name that cannot stand in a header.
  package func sendingSBE(from service: VenueService, apiKey: String) throws -> VenueEndpoint {
    guard !apiKey.isEmpty, apiKey.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      throw SessionError("the API key of the SBE streams is no key's name: one line of visible ASCII is expected")
    }
    var endpoint = self
    endpoint.sbe = (service, apiKey)
    return endpoint
  }

  /// What the user is to know of connections to it; nil for nothing.
  var remark: String? {
    guard records == .direct, !TLSSession(context, hostName: streams.host).areSecretsLocked else { return nil }
    return "secrets of direct TLS records are NOT locked into memory: raise RLIMIT_MEMLOCK or grant CAP_IPC_LOCK"
  }

  /// A venue that offers everything at one address, as the local one does.
  package init(
    host: String, port: UInt16, trustFile: String?, speed: Double = 1, records: TLSRecordLayer = .openssl
  ) throws {
    let service = try VenueService(host: host, port: port)
    try self.init(
      streams: service, rest: service, orders: service, trustFile: trustFile, speed: speed, records: records)
  }

  private func connection(_ service: VenueService) -> ConnectionSettings {
    var settings = ConnectionSettings(hostName: service.host, addresses: service.addresses)
    settings.connectTimeoutNs = stretched(settings.connectTimeoutNs)
    settings.backoffMinimumNs = stretched(settings.backoffMinimumNs)
    settings.backoffMaximumNs = stretched(settings.backoffMaximumNs)
    return settings
  }

  /// A bound in real time, in the session's clock.
  func stretched(_ ns: Int64) -> Int64 { Int64(Double(ns) * speed) }

  /// A connection to the venue's market data in JSON.
  func marketStream<T: Transport & ~Copyable>(_ transport: consuming T) -> WebSocketChannel<T> {
    webSocket(transport, streams, context, target: Self.marketTarget)
  }

  /// A connection to the venue's market data as the feed is to have it. SBE wants a key and no signature
  /// (binance-spot-api-docs, sbe-market-data-streams.md, "General Information").
  func feedStream<T: Transport & ~Copyable>(_ transport: consuming T) -> WebSocketChannel<T> {
    guard let sbe else { return marketStream(transport) }
    return webSocket(
      transport, sbe.streams, context, target: Self.marketTarget, headers: [("X-MBX-APIKEY", sbe.apiKey)])
  }

  private static let marketTarget = "/stream"

  /// A connection to the venue's order API, which is asked for its finest times (binance-spot-api-docs,
  /// web-socket-api.md, "General API Information").
  func orderStream<T: Transport & ~Copyable>(_ transport: consuming T) -> WebSocketChannel<T> {
    webSocket(transport, orders, ordersContext, target: "/ws-api/v3?timeUnit=MICROSECOND")
  }

  private func webSocket<T: Transport & ~Copyable>(
    _ transport: consuming T, _ service: VenueService, _ context: TLSContext, target: String,
    headers: [(name: String, value: String)] = []
  ) -> WebSocketChannel<T> {
    var settings = WebSocketSettings(connection: connection(service), target: target)
    settings.headers = headers
    settings.upgradeTimeoutNs = stretched(settings.upgradeTimeoutNs)
    settings.pingAfterNs = stretched(settings.pingAfterNs)
    settings.silentAfterNs = stretched(settings.silentAfterNs)
    settings.closeTimeoutNs = stretched(settings.closeTimeoutNs)
    return WebSocketChannel(transport, context, settings, port: service.port)
  }

  func requests<T: Transport & ~Copyable>(_ transport: consuming T) -> HTTPChannel<T> {
    var settings = HTTPSettings(connection: connection(rest))
    settings.requestTimeoutNs = stretched(settings.requestTimeoutNs)
    return HTTPChannel(transport, context, settings, port: rest.port)
  }

  /// `GET target`, waited for.
  ///
  /// - Throws: `SessionError` with the reason: connection, certificate, status.
  package func fetch(_ target: String) throws -> [UInt8] {
    var channel = requests(SocketTransport())
    let clock = try Clock()
    var target = target
    let isBegun = target.withUTF8 { channel.get(UnsafeRawBufferPointer($0)) }
    guard isBegun else { throw SessionError("\(target): not a request target") }
    while true {
      switch channel.poll(nowNs: clock.nowNs()) {
      case .idle: usleep(100)  // paces the polling of a start-up request; the channel's own timeout ends it
      case .response where channel.status == 200: return Array(channel.body)
      case .response:
        throw SessionError("\(rest.host):\(rest.port)\(target): the venue answered with status \(channel.status)")
      case .failed: throw SessionError("\(rest.host):\(rest.port)\(target): \(Self.reason(channel))")
      }
    }
  }

  private static func reason(_ channel: borrowing HTTPChannel<SocketTransport>) -> String {
    let problem = channel.certificateProblem
    return problem == .none ? "\(channel.closeReason)" : "the venue's certificate was refused (\(problem))"
  }

  /// The definitions of the symbols, numbered in their order.
  ///
  /// - Parameter mode: each symbol has to allow it; nil asks for none.
  package func instruments(_ symbols: [String], allowing mode: BinanceSelfTradePrevention? = nil) throws -> [Instrument]
  {
    if let other = symbols.first(where: { InstrumentName($0).venue != nil }) {
      throw SessionError("instruments: \(other) names a venue; only a backtest trades at several")
    }
    let names = symbols.map { "%22\($0)%22" }.joined(separator: ",")
    let body = try fetch("/api/v3/exchangeInfo?symbols=%5B\(names)%5D")
    if let mode { try BinanceExchangeInfo.check(body, symbols: symbols, allow: mode) }
    return try BinanceExchangeInfo.instruments(body, symbols: symbols, venue: VenueIndex(0))
  }

  /// The venue's clock, in nanoseconds since 1970.
  package func timeNs() throws -> Int64 {
    struct Answer: Decodable { var serverTime: Int64 }
    let body = try fetch("/api/v3/time")
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)),
      (0...Int64.max / 1_000_000).contains(answer.serverTime)
    else { throw SessionError("\(rest.host):\(rest.port)/api/v3/time: the answer is no time") }
    return answer.serverTime * 1_000_000
  }
}
