// The parts of the path from frame to order, each by itself on the same messages: what a path without seams would take.

import CShims
import Market
import Pipeline
import Risk
import Suite
import Venues

/// What a message is answered with.
struct PathDecision {
  let message: Int
  let timeNs: Int64
  let price: Price
  let quantity: Quantity
  let touch: TouchReference
}

/// Measures the parts one after the other. Each goes through all messages alone, its input made before.
final class PathParts {
  private let messages: PathMessages
  private let frames: [[UInt8]]
  /// The events of each message; none where the feed publishes none of it.
  private let events: [[MarketEvent]]
  private(set) var decisions: [PathDecision] = []
  private let orderConnection: OpenConnection

  init(_ messages: PathMessages) throws {
    self.messages = messages
    frames = messages.all.map { VenueConnection.frame($0.text) }
    events = try Self.events(messages)
    orderConnection = try OpenConnection(messages.all[0].timeNs)
    _ = bookFeaturesStrategy()
  }

  /// For each decision the cycles of all parts together, less what looking at the counter takes.
  func measure() throws -> [UInt64] {
    let open = try self.open()
    let decode = try self.decode()
    let strategy = bookFeaturesStrategy()
    let gate = try self.gate()
    let encode = try self.encode()
    let seal = try self.seal()
    let empty = Self.emptyMeter()
    return decisions.indices.map { n in
      let message = decisions[n].message
      return [open[message], decode[message], strategy[message], gate[n], encode[n], seal[n]].reduce(0) {
        $0 + ($1 > empty ? $1 - empty : 0)
      }
    }
  }

  /// The records opened by the client's TLS.
  private func open() throws -> [UInt64] {
    let pair = try SessionPair(.direct)
    let wire = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    let answer = UnsafeMutableRawBufferPointer.allocate(byteCount: TLSSession.flightBytes, alignment: 64)
    defer { for buffer in [wire, plain, answer] { buffer.deallocate() } }
    return try frames.map { frame in
      let sealed = frame.withUnsafeBytes { pair.server.write($0, outgoing: wire).outgoing }
      var (taken, opened) = (0, 0)
      let start = apus_tsc()
      repeat {
        let step = pair.client.read(
          UnsafeRawBufferPointer(rebasing: wire[taken..<sealed]), into: plain, outgoing: answer)
        taken += step.consumed
        opened += step.plaintext
        guard step.status == .ok else { break }
      } while taken < sealed || pair.client.hasPending
      let cycles = apus_tsc() &- start
      guard opened == frame.count else { throw BenchmarkError("frame_to_order: a message was not opened whole") }
      return cycles
    }
  }

  /// The frame read and its text decoded.
  private func decode() throws -> [UInt64] {
    var buffer = AssemblyBuffer(maximumBytes: 1 << 20)
    var frameDecoder = WebSocketDecoder(messageBytesLimit: 1 << 20)
    var decoder = BinanceMarketDecoder(BinanceInstruments([messages.instrument]))
    var cycles: [UInt64] = []
    cycles.reserveCapacity(frames.count)
    for frame in frames {
      buffer.makeSpace().copyBytes(from: frame)
      buffer.commit(frame.count)
      let start = apus_tsc()
      let found = frameDecoder.next(&buffer)
      let error = decoder.decode(frameDecoder.payload)
      cycles.append(apus_tsc() &- start)
      guard found == .message, error == .none, frameDecoder.next(&buffer) == .needMore else {
        throw BenchmarkError("frame_to_order: a recorded message was refused")
      }
    }
    return cycles
  }

  /// The events applied to the book, the features brought up to date and read, and the answer decided on.
  private func bookFeaturesStrategy() -> [UInt64] {
    let snapshots = SnapshotPool(buffers: 1, levelsPerSide: BinanceLimits.levelsPerSnapshotSide)
    let market = BookAndFeatures()
    var decisions: [PathDecision] = []
    var cycles: [UInt64] = []
    for i in events.indices {
      if i == messages.snapshotPosition {
        market.load(messages, snapshots)
        for early in events[..<i] { _ = market.take(early, snapshots) }
      }
      let start = apus_tsc()
      let isAnswered = market.take(events[i], snapshots)
      let price = AnswerAll.price(market.bid.price)
      cycles.append(apus_tsc() &- start)
      guard isAnswered else { continue }
      decisions.append(
        PathDecision(
          message: i, timeNs: messages.all[i].timeNs, price: price,
          // The snapshot itself has the first answer.
          quantity: AnswerAll.quantity(Int64(decisions.count) + 1),
          touch: market.touch(messages.instrument.definitionVersion)))
    }
    self.decisions = decisions
    return cycles
  }

  /// The gate's word on each order.
  private func gate() throws -> [UInt64] {
    var gate = RiskGate(
      instruments: [messages.instrument], limits: [PathSession.limits], rate: PathSession.rate,
      trading: TradingState(isArmed: true, armedEpoch: 0))
    var exposure = Exposure()
    exposure.freeBase = Amount(units: 1_000 * Amount.unitsPerCoin)
    exposure.freeQuote = Amount(units: 50_000_000 * Amount.unitsPerCoin)
    return try decisions.enumerated().map { number, decision in
      let candidate = OrderCandidate(
        venue: messages.instrument.venue, account: 0, instrument: messages.instrument.index,
        definitionVersion: messages.instrument.definitionVersion, side: .buy, type: .limit,
        timeInForce: .immediateOrCancel, clientOrder: Self.identifier(number), price: decision.price,
        quantity: decision.quantity, decisionTimeNs: decision.timeNs, expiryTimeNs: decision.timeNs + 1_000_000_000,
        cause: 1)
      let conditions = GateConditions(input: StepInput(nowNs: decision.timeNs, haltEpoch: 0), isSessionUp: true)
      let start = apus_tsc()
      let approved = gate.approve(candidate, exposure: exposure, touch: decision.touch, conditions: conditions)
      let cycles = apus_tsc() &- start
      guard approved != nil else { throw BenchmarkError("frame_to_order: the gate refused: \(gate.decision)") }
      return cycles
    }
  }

  /// The order in the venue's words.
  private func encode() throws -> [UInt64] {
    let writer = OrderWriter()
    return try decisions.indices.map { n in
      let start = apus_tsc()
      let text = writer.write(decisions[n], Self.identifier(n), messages.instrument)
      let cycles = apus_tsc() &- start
      guard text != nil else { throw BenchmarkError("frame_to_order: an order could not be written") }
      return cycles
    }
  }

  /// The text in a masked frame in a sealed record.
  private func seal() throws -> [UInt64] {
    let writer = OrderWriter()
    return try decisions.indices.map { n in
      guard let text = writer.write(decisions[n], Self.identifier(n), messages.instrument) else {
        throw BenchmarkError("frame_to_order: an order could not be written")
      }
      return try orderConnection.send(text)
    }
  }

  static func identifier(_ number: Int) -> ClientOrderIdentifier {
    ClientOrderIdentifier(bootEpoch: PathSession.bootEpoch, sequence: UInt64(number) + 1)
  }

  private static func emptyMeter() -> UInt64 {
    (0..<1_000).map { _ in
      let start = apus_tsc()
      return apus_tsc() &- start
    }.min() ?? 0
  }

  /// What the feed makes of each message behind the snapshot.
  private static func events(_ messages: PathMessages) throws -> [[MarketEvent]] {
    let instrument = messages.instrument
    var decoder = BinanceMarketDecoder(BinanceInstruments([instrument]))
    var snapshot = BinanceSnapshot()
    let pool = SnapshotPool(buffers: 1, levelsPerSide: BinanceLimits.levelsPerSnapshotSide)
    let error = messages.snapshot.withUnsafeBytes {
      snapshot.decode($0, instrument, bids: pool.bids(0), asks: pool.asks(0))
    }
    guard error == .none else { throw BenchmarkError("frame_to_order: the snapshot was refused: \(error)") }
    return messages.all.indices.map { i in
      let message = messages.all[i]
      guard message.text.withUnsafeBytes({ decoder.decode($0) }) == .none else { return [] }
      let head = decoder.message
      func event(_ kind: MarketEventKind, _ side: Side, _ level: BookLevel) -> MarketEvent {
        MarketEvent(
          kind: kind, side: side, venue: instrument.venue, instrument: instrument.index,
          definitionVersion: instrument.definitionVersion, sequence: head.lastSequence, cause: 0,
          eventTimeNs: head.eventTimeNs, receiveTimeNs: message.timeNs, receiveTsc: 0, price: level.price,
          quantity: level.quantity)
      }
      switch head.kind {
      case .depth where head.lastSequence > snapshot.lastUpdate:
        return (0..<decoder.bidCount + decoder.askCount).map {
          event(.level, $0 < decoder.bidCount ? .buy : .sell, decoder.levels[$0])
        } + [event(.depthEnd, .buy, .none)]
      case .bookTicker where i >= messages.snapshotPosition:
        return [event(.touch, .buy, head.bid), event(.touch, .sell, head.ask)]
      case .trade where i >= messages.snapshotPosition: return [event(.trade, head.takerSide, head.bid)]
      default: return []
      }
    }
  }
}

/// A book and its features without a stage around them.
private final class BookAndFeatures {
  // In memory of their own: as properties they would be checked for exclusive access at each use.
  private let book = UnsafeMutablePointer<OrderBook>.allocate(capacity: 1)
  private let features = OurFeatures()

  init() { book.initialize(to: OrderBook()) }

  deinit {
    book.deinitialize(count: 1)
    book.deallocate()
  }

  var bid: BookLevel { book.pointee.bestBid }

  func touch(_ definitionVersion: UInt16) -> TouchReference {
    TouchReference(
      bid: bid.price, bidQuantity: bid.quantity, ask: book.pointee.bestAsk.price,
      askQuantity: book.pointee.bestAsk.quantity, receiveTimeNs: book.pointee.timeNs,
      definitionVersion: definitionVersion)
  }

  func load(_ messages: PathMessages, _ snapshots: SnapshotPool) {
    guard let held = snapshots.acquire() else { preconditionFailure("the pool's only buffer is free") }
    var snapshot = BinanceSnapshot()
    _ = messages.snapshot.withUnsafeBytes {
      snapshot.decode($0, messages.instrument, bids: snapshots.bids(held), asks: snapshots.asks(held))
    }
    var event = MarketEvent(
      kind: .snapshot, venue: messages.instrument.venue, instrument: messages.instrument.index,
      definitionVersion: messages.instrument.definitionVersion, sequence: snapshot.lastUpdate, cause: 0, eventTimeNs: 0,
      receiveTimeNs: messages.all[messages.snapshotPosition].timeNs, receiveTsc: 0)
    event.price = Price(ticks: Int64(held))
    _ = book.pointee.apply(&event, snapshots: snapshots)
  }

  /// Takes a message's events.
  ///
  /// - Returns: whether a strategy that answers every change and every trade answers it.
  func take(_ events: [MarketEvent], _ snapshots: SnapshotPool) -> Bool {
    guard !events.isEmpty, book.pointee.isValid else { return false }
    var isChanged = false
    events.withUnsafeBufferPointer { events in
      for i in events.indices {
        if !book.pointee.apply(events.baseAddress! + i, snapshots: snapshots).isEmpty { isChanged = true }
      }
      features.take(
        events.baseAddress! + (events.count - 1), book.pointee, isUpdate: isChanged && book.pointee.isConsistent)
    }
    return (isChanged || events[0].kind == .trade) && book.pointee.isConsistent && features.isReady
  }
}

/// Writes orders as an order session does that is logged on.
private final class OrderWriter {
  private var writer = BinanceRequestWriter()
  private let signer: BinanceSigner

  init() { signer = .hmac(HMACSHA256(secret: "never used")!) }

  @inline(never)
  func write(_ decision: PathDecision, _ identifier: ClientOrderIdentifier, _ instrument: Instrument)
    -> UnsafeRawBufferPointer?
  {
    writer.begin(identifier: identifier.rawValue & 0xffff_ffff, method: "order.place")
    writer.add("newClientOrderId", identifier)
    writer.add("newOrderRespType", "FULL")
    writer.add("price", decision.price.ticks, instrument.tick)
    writer.add("quantity", decision.quantity.lots, instrument.lot)
    writer.add("recvWindow", number: 5_000)
    writer.add("side", "BUY")
    writer.add("symbol", instrument.symbol)
    writer.add("timeInForce", "IOC")
    writer.add("timestamp", number: UInt64(decision.timeNs / 1_000_000))
    writer.add("type", "LIMIT")
    return writer.finish(signer, isSigned: false)
  }
}

/// A WebSocket connection to a venue in memory, opened.
private final class OpenConnection {
  private let connection: VenueConnection
  private let channel = UnsafeMutablePointer<WebSocketChannel<MemoryTransport>>.allocate(capacity: 1)
  private let nowNs: Int64

  init(_ nowNs: Int64) throws {
    self.nowNs = nowNs
    let contexts = try TLSContexts(.direct)
    connection = try VenueConnection(contexts.server)
    let address = try SocketAddress.resolve(host: "127.0.0.1", port: 1)
    let settings = ConnectionSettings(hostName: TLSContexts.hostName, addresses: address, seed: 1)
    channel.initialize(
      to: WebSocketChannel(
        MemoryTransport(connection.wire), contexts.client, WebSocketSettings(connection: settings, target: "/")))
    for _ in 0..<100 where !channel.pointee.isOpen {
      _ = channel.pointee.poll(nowNs: nowNs)
      _ = try connection.serve { _ in }
    }
    guard channel.pointee.isOpen, connection.areRecordsDirect else {
      throw BenchmarkError("frame_to_order: no connection with direct records")
    }
  }

  deinit {
    channel.deinitialize(count: 1)
    channel.deallocate()
  }

  /// - Returns: the cycles that it took.
  func send(_ text: UnsafeRawBufferPointer) throws -> UInt64 {
    connection.wire.state.pointee.sent = 0
    let start = apus_tsc()
    let isSent = channel.pointee.send(text)
    let cycles = apus_tsc() &- start
    guard isSent else { throw BenchmarkError("frame_to_order: an order was not sent") }
    return cycles
  }
}
