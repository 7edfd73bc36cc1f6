// The REST API: routes of `/api/v3` to the same methods as the WebSocket API.

import NIOCore
import NIOHTTP1
import Simulation
import VenueFront

final class RESTHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let exchange: VenueFront.Exchange
  private let faults: FaultDesk
  private let loop: NIOIsolatedEventLoop
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()
  /// A signed order needs a few hundred bytes.
  private static let bodyBytesMax = 64 * 1024
  /// REST connections have no numbers: clients open many, for a request or two.
  private static let anyConnection = 0

  init(_ exchange: VenueFront.Exchange, faults: FaultDesk, loop: NIOIsolatedEventLoop) {
    self.exchange = exchange
    self.faults = faults
    self.loop = loop
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.clear()
    case .body(var part):
      guard body.readableBytes + part.readableBytes <= Self.bodyBytesMax else { return context.close(promise: nil) }
      body.writeBuffer(&part)
    case .end:
      guard let head else { return }
      self.head = nil
      answer(head, body: String(buffer: body), context: context)
    }
  }

  private static func method(_ verb: HTTPMethod, _ path: String) -> Method? {
    switch (verb, path) {
    case (.GET, "/api/v3/ping"): .ping
    case (.GET, "/api/v3/time"): .time
    case (.GET, "/api/v3/exchangeInfo"): .exchangeInfo
    case (.GET, "/api/v3/depth"): .depth
    case (.GET, "/api/v3/account"): .account
    case (.POST, "/api/v3/order"): .place
    case (.POST, "/api/v3/order/test"): .test
    case (.GET, "/api/v3/order"): .query
    case (.DELETE, "/api/v3/order"): .cancel
    case (.PUT, "/api/v3/order/amend/keepPriority"): .amend
    case (.GET, "/api/v3/openOrders"): .openOrders
    case (.DELETE, "/api/v3/openOrders"): .cancelAll
    case (.GET, "/api/v3/allOrders"): .allOrders
    case (.GET, "/api/v3/myTrades"): .myTrades
    default: nil
    }
  }

  private func answer(_ head: HTTPRequestHead, body: String, context: ChannelHandlerContext) {
    let (path, query) = splitTarget(head.uri)
    let method = Self.method(head.method, path)
    do throws(APIError) {
      guard let method else {
        // The reasons why a WebSocket was not opened.
        _ = try timeUnit(of: head.uri)
        if MarketStreamService.serves(head.uri) { try exchange.requireStreamKey(head.streamKey) }
        throw .unknownMethod
      }
      let parameters = try Parameters(query: query, body: body)
      let timeUnit = try TimeUnit(head.headers.first(name: "X-MBX-TIME-UNIT"))
      let session = APISession(connectedNs: exchange.nowNs(), timeUnit: timeUnit, isREST: true)
      let subject = FaultSubject(
        method: method.rawValue, key: head.headers.first(name: "X-MBX-APIKEY"), connection: Self.anyConnection)
      strike(subject, head: head, method: method, context: context) { [self] in
        exchange.handle(method, parameters, key: subject.key, session: session) { [self] result in
          strikeReply(subject, result, head: head, method: method, context: context)
        }
      }
    } catch {
      send(.failure(error), of: method, head: head, context: context)
    }
  }

  /// Carries a request out unless a fault strikes it. What a WebSocket loses in silence ends an HTTP connection.
  private func strike(
    _ subject: FaultSubject, head: HTTPRequestHead, method: Method, context: ChannelHandlerContext,
    carryOut: @escaping () -> Void
  ) {
    func refuse(_ error: APIError) { send(.failure(error), of: method, head: head, context: context) }
    guard let fault = faults.draw(.request, subject) else { return carryOut() }
    let retryAfterMs = (exchange.nowNs() + fault.delayNs) / 1_000_000
    switch fault.kind {
    case .requestLate: _ = loop.scheduleTask(in: .nanoseconds(fault.delayNs), carryOut)
    case .requestTimeout: refuse(.backendTimeout)
    case .requestUnexpected: refuse(.unexpectedResponse)
    case .requestLimited: refuse(.limited(status: 429, retryAfterMs: retryAfterMs))
    case .requestBanned: refuse(.limited(status: 418, retryAfterMs: retryAfterMs))
    default: context.close(promise: nil)
    }
  }

  private func strikeReply(
    _ subject: FaultSubject, _ result: APIResult, head: HTTPRequestHead, method: Method, context: ChannelHandlerContext
  ) {
    func reply(_ result: APIResult) { send(result, of: method, head: head, context: context) }
    guard let fault = faults.draw(.reply, subject) else { return reply(result) }
    switch fault.kind {
    case .replyLost, .replyCut: context.close(promise: nil)
    case .replyTimeout: reply(.failure(.backendTimeout))
    case .replyUnexpected: reply(.failure(.unexpectedResponse))
    case .replyLate, .replyStall: _ = loop.scheduleTask(in: .nanoseconds(fault.delayNs)) { reply(result) }
    default: reply(result)  // HTTP cannot answer twice, and has no announcements
    }
  }

  private func send(_ result: APIResult, of method: Method?, head: HTTPRequestHead, context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    var status = HTTPResponseStatus.ok
    var headers: HTTPHeaders = ["Content-Type": "application/json;charset=UTF-8"]
    let text: String
    switch result {
    case .success(let reply): text = reply
    case .failure(let error):
      status = HTTPResponseStatus(statusCode: error.status)
      text = error.text
      if let retryAfterMs = error.retryAfterMs {
        headers.add(name: "Retry-After", value: "\(max(0, retryAfterMs - exchange.nowNs() / 1_000_000) / 1_000 + 1)")
      }
    }
    headers.add(name: "Content-Length", value: "\(text.utf8.count)")
    headers.add(name: "X-MBX-USED-WEIGHT-1M", value: "\(exchange.rates.weight.count(at: exchange.nowNs()))")
    if method == .place {
      headers.add(
        name: "X-MBX-ORDER-COUNT-10S", value: "\(exchange.rates.ordersPerTenSeconds.count(at: exchange.nowNs()))")
    }
    if !head.isKeepAlive { headers.add(name: "Connection", value: "close") }
    context.write(
      wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
    let written = context.eventLoop.makePromise(of: Void.self)
    if !head.isKeepAlive {
      let channel = context.channel
      written.futureResult.whenComplete { _ in channel.close(promise: nil) }
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }
}
