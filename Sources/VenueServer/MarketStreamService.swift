// The market streams of Binance: `/ws/<stream>`, `/stream?streams=a/b` and the control messages on them.

import NIOCore
import NIOHTTP1
import Simulation
import VenueFront

/// How a connection gets its market. At Binance the two have hosts of their own; here the key tells, which only the host of
/// SBE wants (binance-spot-api-docs, sbe-market-data-streams.md, "General Information").
enum StreamEncoding {
  case json
  case sbe

  /// The played streams that a client may mean by a name. Played diffs are those of JSON, whatever their interval.
  func played(_ name: String) -> [String] {
    switch (self, name.split(separator: "@", maxSplits: 1).last) {
    case (.json, _), (.sbe, "trade"): [name]
    case (.sbe, "depth"): [name, name + "@100ms"]
    case (.sbe, "bestBidAsk"): [name.prefix { $0 != "@" } + "@bookTicker"]
    case (.sbe, _): []
    }
  }
}

extension HTTPRequestHead {
  /// The key that SBE is asked for with; nil where JSON is.
  var streamKey: String? { headers.first(name: "X-MBX-APIKEY") }
}

final class MarketStreamService: WebSocketService, StreamSubscriber {
  /// What is played of what the client asked for.
  private(set) var streams: Set<String> = []
  /// What the client asked for, by the names of its encoding.
  private var names: Set<String> { didSet { streams = Set(names.flatMap(encoding.played)) } }
  private let encoding: StreamEncoding
  /// Payloads are wrapped in `{"stream":…,"data":…}`.
  private var isCombined: Bool
  private var peer: WebSocketFront?
  private let hub: StreamHub
  private let faults: FaultDesk
  private let subject: FaultSubject
  private let loop: NIOIsolatedEventLoop
  /// Messages that a stall holds back.
  private var held: [StreamMessage] = []
  private var heldUntilNs = Int64.min
  /// Binance's limits on one connection (web-socket-streams.md).
  let framesPerSecond = 5
  private static let maximumStreams = 1_024

  /// - Parameter target: the request's path and query.
  init(target: String, encoding: StreamEncoding, hub: StreamHub, faults: FaultDesk, loop: NIOIsolatedEventLoop) {
    self.encoding = encoding
    self.hub = hub
    self.faults = faults
    self.loop = loop
    subject = FaultSubject(connection: faults.numberMarketConnection())
    let (path, query) = splitTarget(target)
    isCombined = path == "/stream"
    let names = isCombined ? queryValue(query, "streams") ?? "" : String(path.dropFirst("/ws/".count))
    self.names = Set(names.split(separator: "/").map(String.init))
    streams = Set(self.names.flatMap(encoding.played))
  }

  /// A recording is played as it is, and the recordings have milliseconds: other units are not served.
  static func serves(_ target: String) -> Bool {
    let path = splitTarget(target).path
    return (path == "/stream" || path == "/ws" || path.hasPrefix("/ws/"))
      && (try? timeUnit(of: target)) == .millisecond
  }

  func opened(_ peer: WebSocketFront) {
    self.peer = peer
    hub.add(self)
    hub.onChange()
  }

  func closed() {
    peer = nil
    hub.remove(self)
  }

  func becameWritable() { hub.onChange() }
  var isWritable: Bool { peer?.isWritable ?? true }

  func send(_ message: StreamMessage) {
    let fault = faults.draw(.market, subject)
    switch fault?.kind {
    case .marketLost: return
    case .marketCut: return breakOff()
    case .marketStall: hold(forNs: fault?.delayNs ?? 0)
    default: break
    }
    // Behind what is held even when the time is over: a connection does not reorder.
    if !held.isEmpty || LoopTime.nowNs < heldUntilNs { held.append(message) } else { pass(message) }
  }

  func breakOff() { peer?.breakOff() }

  func announceShutdown(notice: TimeAmount, venueMs: Int64) {
    let event = #"{"e":"serverShutdown","E":\#(venueMs)}"#
    peer?.sendNow(isCombined ? #"{"stream":"!serverShutdown","data":\#(event)}"# : event)
    _ = loop.scheduleTask(in: notice) { [self] in peer?.goAway() }
  }

  /// An event in SBE says itself what it is of: it has no wrapper.
  private func pass(_ message: StreamMessage) {
    switch encoding {
    case .json: peer?.send(isCombined ? message.wrapped : message.payload)
    case .sbe: if let event = message.event { peer?.sendBinary(event) }
    }
  }

  private func hold(forNs delayNs: Int64) {
    heldUntilNs = LoopTime.nowNs + delayNs
    _ = loop.scheduleTask(in: .nanoseconds(delayNs)) { [self] in
      guard LoopTime.nowNs >= heldUntilNs else { return }  // another stall came meanwhile
      for message in held { pass(message) }
      held = []
      flush()
    }
  }
  func flush() { peer?.flush() }

  func received(_ text: [UInt8]) {
    guard let request = JSONValue(parsing: text) else {
      peer?.sendNow(#"{"error":{"code":3,"msg":"Invalid JSON: expected value"}}"#)
      return
    }
    peer?.sendNow(reply(to: request))
    // After the acknowledgement, so that no message of a new stream comes before it.
    hub.onChange()
  }

  private func reply(to request: JSONValue) -> String {
    let id = request["id"] ?? .null
    switch (request["method"]?.scalarText, request["params"]?.elements) {
    case ("SUBSCRIBE", let parameters?):
      let wanted = parameters.compactMap(\.scalarText)
      guard wanted.count == parameters.count else { return refusal("each stream must be a string", id) }
      guard names.union(wanted).count <= Self.maximumStreams else {
        return refusal("more than \(Self.maximumStreams) streams", id)
      }
      names.formUnion(wanted)
      return #"{"result":null,"id":\#(id.text)}"#
    case ("UNSUBSCRIBE", let parameters?):
      names.subtract(parameters.compactMap(\.scalarText))
      return #"{"result":null,"id":\#(id.text)}"#
    case ("LIST_SUBSCRIPTIONS", _):
      let list = names.sorted().map(JSONValue.quote).joined(separator: ",")
      return #"{"result":[\#(list)],"id":\#(id.text)}"#
    case ("SET_PROPERTY", let property?):
      guard property.count == 2, property[0] == .string("combined"), case .bool(let value) = property[1] else {
        return refusal("unknown property", id)
      }
      isCombined = value
      return #"{"result":null,"id":\#(id.text)}"#
    case ("GET_PROPERTY", let property?):
      guard property == [.string("combined")] else { return refusal("unknown property", id) }
      return #"{"result":\#(isCombined),"id":\#(id.text)}"#
    default: return refusal("unknown variant or missing field", id)
    }
  }

  private func refusal(_ reason: String, _ id: JSONValue) -> String {
    #"{"error":{"code":2,"msg":"Invalid request: \#(reason)"},"id":\#(id.text)}"#
  }
}

func splitTarget(_ target: String) -> (path: String, query: String) {
  let path = target.prefix { $0 != "?" }
  return (String(path), String(target.dropFirst(path.count + 1)))
}

/// The unit that a WebSocket's target asks times in.
func timeUnit(of target: String) throws(APIError) -> TimeUnit {
  try TimeUnit(queryValue(splitTarget(target).query, "timeUnit"))
}

func queryValue(_ query: String, _ name: String) -> String? {
  for pair in query.split(separator: "&") where pair.hasPrefix(name + "=") {
    return String(pair.dropFirst(name.count + 1))
  }
  return nil
}
