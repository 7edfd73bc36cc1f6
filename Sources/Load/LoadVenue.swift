// A venue that offers load: market messages on a schedule whatever the client does, orders answered as they come.

import CShims
import Market
import Pipeline
import Simulation
import VenueFront

/// A stage for a worker of its own: it never waits, and polls its sockets between two messages.
///
/// It is an open loop (no coordinated omission): a message is due when the schedule says, and both its lateness and the time
/// to the order that answers it are counted from then. One TLS record and one system call for each message, unless several
/// are due at once.
package final class LoadVenue: Stage {
  private let listening: Int32
  package let port: UInt16
  private let context: TLSContext
  private let exchange: VenueFront.Exchange
  private let clock: Clock
  private let desk: LoadDesk
  private let counters: LoadCounters
  private var market: LoadMarket
  private var connections: [LoadConnection] = []
  private var services: [ObjectIdentifier: OrderConnection] = [:]
  private var turn = 0
  private var seenChanges = -1
  private var order = LoadOrder(.constant(messagesPerSecond: 1), messagesPerTick: 0)
  private var schedule = LoadSchedule(.constant(messagesPerSecond: 1), startNs: 0)
  private var untilTick = 0
  private var tag: Int64 = 0
  /// When the tick of each tag was due; 0 once it is answered.
  private var dueOfTag = [Int64](repeating: 0, count: Int(LoadMarket.tagCount))
  private var outstanding: Int64 = 0 { didSet { counters.outstanding.set(outstanding) } }
  /// Units of 10^-8 coins in a lot.
  private let unitsPerLot: Int64

  /// Messages sent in one poll when the load is behind: then sockets are looked at again.
  private static let messagesPerPoll = 64
  /// Polls between two looks for new clients, each a system call.
  private static let pollsPerAccept = 4096

  /// - Parameters:
  ///   - certificateFile, keyFile: what clients know it by.
  ///   - keys, balances: of its one account.
  package init(
    _ market: LoadMarket, certificateFile: String, keyFile: String, keys: [APIKey], balances: [AssetBalance],
    desk: LoadDesk, counters: LoadCounters
  ) throws {
    let clock = try Clock()
    self.clock = clock
    self.market = market
    self.desk = desk
    self.counters = counters
    context = try TLSContext.server(certificateFile: certificateFile, keyFile: keyFile, records: .direct)
    var settings = ExchangeSettings()
    settings.keys = keys
    settings.balances = balances
    // A load is to find the limits of the bot and not those of a venue.
    settings.limits.weightPerMinute = 1_000_000_000
    settings.limits.ordersPerTenSeconds = 1_000_000
    settings.limits.ordersPerDay = 1_000_000_000
    exchange = try VenueFront.Exchange(
      instruments: [market.instrument], settings: settings, snapshots: SnapshotDesk(awaited: []),
      nowNs: { clock.nowNs() })
    exchange.play(market.opening, InstrumentIndex(0))
    unitsPerLot = MoneyScale(market.instrument)?.unitsPerLot ?? 1
    var address = apus_address()
    listening = apus_socket_listen(&address)
    guard listening >= 0 else { throw LoadError("no port could be had on 127.0.0.1 (errno \(-listening))") }
    port = withUnsafeBytes(of: address.bytes) { UInt16($0[2]) << 8 | UInt16($0[3]) }  // sockaddr_in.sin_port
    exchange.onUserEvent = { [unowned self] event in tell(event) }  // the exchange is this venue's alone
  }

  deinit { apus_socket_close(listening) }

  package func poll() -> Int {
    if turn % Self.pollsPerAccept == 0 { accept() }
    turn &+= 1
    takeOrder()
    let sent = sendDue()
    guard !connections.isEmpty else { return sent }
    let connection = connections[turn % connections.count]
    guard connection.receive() else {
      connection.flush()
      return sent
    }
    serve(connection)
    return sent + 1
  }

  private func takeOrder() {
    guard desk.changes != seenChanges else { return }
    seenChanges = desk.changes
    order = desk.current
    untilTick = order.messagesPerTick
    schedule = LoadSchedule(order.pace, startNs: clock.nowNs())
    guard order.messagesPerTick > 0 else { return }  // what is under way is still waited for
    // Ticks from before the session was ready are nobody's fault.
    for tag in dueOfTag.indices { dueOfTag[tag] = 0 }
    outstanding = 0
  }

  // MARK: Market

  private func sendDue() -> Int {
    guard let client = connections.first(where: \.isSubscribed) else {
      // Nobody listens: the schedule begins with the first who does.
      seenChanges = -1
      return 0
    }
    var sent = 0
    while sent < Self.messagesPerPoll {
      let gapNs = market.nextGapNs
      let dueNs = schedule.dueNs(gapNs: gapNs)
      let nowNs = clock.nowNs()
      guard dueNs <= nowNs else { break }
      guard client.hasRoom(for: 1 << 16) else {
        counters.held.add()
        break
      }
      send(to: client, dueNs: dueNs, nowNs: nowNs)
      schedule.advance(gapNs: gapNs)
      sent += 1
    }
    if sent > 0 {
      client.flush()
      counters.messages.add(Int64(sent))
    }
    return sent
  }

  private func send(to client: LoadConnection, dueNs: Int64, nowNs: Int64) {
    counters.lateness.record(nowNs - dueNs)
    if order.messagesPerTick > 0 {
      untilTick -= 1
      if untilTick == 0 {
        untilTick = order.messagesPerTick
        if dueOfTag[Int(tag)] != 0 { counters.unanswered.add() } else { outstanding += 1 }
        dueOfTag[Int(tag)] = dueNs
        counters.ticks.add()
        market.nextTick(tag, timeMs: nowNs / 1_000_000) { client.write($0) }
        tag = (tag + 1) % LoadMarket.tagCount
        return
      }
    }
    market.next(timeMs: nowNs / 1_000_000) { client.write($0) }
  }

  // MARK: Clients

  private func accept() {
    let descriptor = apus_socket_accept_now(listening)
    if descriptor >= 0 { connections.append(LoadConnection(descriptor: descriptor, context)) }
  }

  private func serve(_ connection: LoadConnection) {
    do throws(LoadError) {
      while try serveNext(connection) {}
      connection.flush()
      if connection.isClosed { remove(connection) }
    } catch {
      remove(connection)
    }
  }

  private func remove(_ connection: LoadConnection) {
    services[ObjectIdentifier(connection)] = nil
    connections.removeAll { $0 === connection }
  }

  /// Serves the next whole request or frame.
  private func serveNext(_ connection: LoadConnection) throws(LoadError) -> Bool {
    guard connection.role != .requests else { return try answerRequest(connection) }
    guard let frame = try WebSocketFrames.take(from: &connection.inbox) else { return false }
    switch frame.kind {
    case .text where connection.role == .market: subscribe(connection, frame.payload)
    case .text: answerOrder(connection, frame.payload)
    case .ping: reply(connection, frame.payload, .pong)
    case .close:
      reply(connection, frame.payload, .close)
      remove(connection)
    case .pong: break
    }
    return true
  }

  private func reply(_ connection: LoadConnection, _ payload: [UInt8], _ kind: WebSocketFrames.Kind = .text) {
    var frame: [UInt8] = []
    WebSocketFrames.appendHeader(kind, payloadCount: payload.count, to: &frame)
    frame += payload
    if connection.hasRoom(for: frame.count) { connection.write(frame) }
  }

  private func tell(_ event: UserEvent) {
    for connection in connections {
      guard let service = services[ObjectIdentifier(connection)] else { continue }
      for text in service.messages(of: event) { reply(connection, Array(text.utf8)) }
    }
  }

  private func subscribe(_ connection: LoadConnection, _ text: [UInt8]) {
    guard let request = JSONValue(parsing: text), let names = request["params"]?.elements else { return }
    let id = (request["id"] ?? .null).text
    let strangers = names.compactMap(\.scalarText).filter { !market.streams.contains($0) }
    guard strangers.isEmpty else {
      let refusal = #"{"error":{"code":2,"msg":"Invalid request: no stream \#(strangers[0])"},"id":\#(id)}"#
      return reply(connection, Array(refusal.utf8))
    }
    reply(connection, Array(#"{"result":null,"id":\#(id)}"#.utf8))
    connection.isSubscribed = true
  }

  private func answerOrder(_ connection: LoadConnection, _ text: [UInt8]) {
    let nowNs = clock.nowNs()
    guard let service = services[ObjectIdentifier(connection)] else { return }
    let request = service.read(text)
    if request.method == .place { settle(request, nowNs) }
    service.answer(request) { self.reply(connection, Array($0.utf8)) }
  }

  /// Finds the tick that an order answers.
  private func settle(_ request: OrderRequest, _ nowNs: Int64) {
    guard let quantity = request.parameters?["quantity"]?.scalarText, let units = try? CoinText.units(quantity) else {
      return
    }
    let tag = units / unitsPerLot - LoadMarket.orderLots
    guard (0..<LoadMarket.tagCount).contains(tag), dueOfTag[Int(tag)] != 0 else { return }
    counters.answerTime.record(nowNs - dueOfTag[Int(tag)])
    counters.answers.add()
    dueOfTag[Int(tag)] = 0
    outstanding -= 1
  }

  // MARK: HTTP

  private func answerRequest(_ connection: LoadConnection) throws(LoadError) -> Bool {
    guard let end = HTTPText.headEnd(connection.inbox) else {
      guard connection.inbox.count <= HTTPText.headBytesMaximum else { throw LoadError("the client sent no request") }
      return false
    }
    let head = String(decoding: connection.inbox[..<end], as: UTF8.self)
    connection.inbox.removeFirst(end)
    let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
    guard words.count == 3, words[0] == "GET" else { throw LoadError("the client asked for something else than GET") }
    let parts = words[1].split(separator: "?", maxSplits: 1)
    let (path, query) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    if let key = HTTPText.field("Sec-WebSocket-Key", in: head) {
      upgrade(connection, key: key, path: path)
    } else {
      let (status, body) = answer(path, query, key: HTTPText.field("X-MBX-APIKEY", in: head))
      connection.write(HTTPText.response(status, body))
    }
    return true
  }

  private func upgrade(_ connection: LoadConnection, key: String, path: String) {
    connection.role = path == "/ws-api/v3" ? .orders : .market
    if connection.role == .orders {
      services[ObjectIdentifier(connection)] = OrderConnection(exchange, timeUnit: .microsecond)
    }
    connection.write(HTTPText.upgrade(accept: WebSocketFrames.accept(key: key)))
  }

  private func answer(_ path: String, _ query: String, key: String?) -> (status: Int, body: String) {
    if path == "/api/v3/depth" { return (200, market.depthText()) }
    let methods: [String: Method] = [
      "/api/v3/ping": .ping, "/api/v3/time": .time, "/api/v3/exchangeInfo": .exchangeInfo,
    ]
    guard let method = methods[path] else { return (404, "{}") }
    var result = (status: 500, body: "{}")
    do throws(APIError) {
      let session = APISession(connectedNs: exchange.nowNs(), isREST: true)
      exchange.handle(method, try Parameters(query: query, body: ""), key: key, session: session) { answer in
        switch answer {
        case .success(let text): result = (200, text)
        case .failure(let error): result = (error.status, error.text)
        }
      }
    } catch {
      result = (error.status, error.text)
    }
    return result
  }
}
