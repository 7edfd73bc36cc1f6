// The decoder of SBE streams against the bot's own decoder of JSON: the same recorded messages to the same levels.

import Market
import Peers
import Simulation
import Suite
import Venues

/// One row for each kind of message.
func sbeBenchmarks(_ recording: Recording, _ scale: Scale) throws -> [Benchmark] {
  [
    try sbeBenchmark("sbe_depth", recording.depths, recording.instrument, scale),
    try sbeBenchmark("sbe_trade", recording.trades, recording.instrument, scale),
    try sbeBenchmark("sbe_ticker", recording.tickers, recording.instrument, scale),
  ]
}

private func sbeBenchmark(
  _ row: String, _ texts: [Recording.Text], _ instrument: Instrument, _ scale: Scale
) throws -> Benchmark {
  // As many as of JSON: no branch predictor learns them, and the second cache level holds them.
  let texts = Array(texts.prefix(scale.of(1_000, tiny: 50)))
  let rounds = scale.of(max(1, 40_000_000 / texts.reduce(0) { $0 + $1.count }), tiny: 1)
  let events = try texts.map { text in
    guard let payload = JSONValue(parsing: text.bytes)?["data"], let event = SBEEvent(payload, timeNs: 0) else {
      throw BenchmarkError("\(row): a recorded message has no form in SBE")
    }
    return Recording.copy(event.bytes)
  }
  let decoders = Decoders(instrument)
  for (text, event) in zip(texts, events) where !decoders.agree(text.bytes, event.bytes) {
    throw BenchmarkError("\(row): the two read different things in \(String(decoding: text.bytes, as: UTF8.self))")
  }
  func side(_ name: String, _ decode: @escaping () -> Int) -> BenchmarkSide {
    BenchmarkSide(name) {
      let start = peer_now_ns()
      let accepted = decode()
      let durationNs = peer_now_ns() - start
      guard accepted == texts.count * rounds else { throw BenchmarkError("\(row): \(name) refused messages") }
      return Double(durationNs) / Double(accepted)
    }
  }
  return Benchmark(
    row: row, unit: "ns/message", topology: "recorded message in memory --> integers, one CPU",
    ours: side("apus") { decoders.decodeSBE(events, rounds: rounds) },
    peers: [side("our JSON decoder") { decoders.decodeJSON(texts, rounds: rounds) }])
}

/// A decoder for each encoding behind a class, so that the sides' closures can share it.
private final class Decoders {
  private var json: BinanceMarketDecoder
  private var sbe: BinanceMarketDecoder

  init(_ instrument: Instrument) {
    json = BinanceMarketDecoder(BinanceInstruments([instrument]))
    sbe = BinanceMarketDecoder(BinanceInstruments([instrument]))
  }

  func decodeJSON(_ texts: [Recording.Text], rounds: Int) -> Int {
    var accepted = 0
    for _ in 0..<rounds {
      for text in texts where json.decode(text.bytes) == .none { accepted += 1 }
    }
    return accepted
  }

  func decodeSBE(_ events: [Recording.Text], rounds: Int) -> Int {
    var accepted = 0
    for _ in 0..<rounds {
      for event in events where sbe.decodeSBE(event.bytes) == .none { accepted += 1 }
    }
    return accepted
  }

  /// Whether both read the same in two forms of one message, the time of a bookTicker apart, which JSON has not.
  func agree(_ text: UnsafeRawBufferPointer, _ event: UnsafeRawBufferPointer) -> Bool {
    guard json.decode(text) == .none, sbe.decodeSBE(event) == .none else { return false }
    let (one, other) = (json.message, sbe.message)
    let counts = (json.bidCount, json.askCount)
    return one.kind == other.kind && one.takerSide == other.takerSide && one.firstSequence == other.firstSequence
      && one.lastSequence == other.lastSequence && one.bid == other.bid && one.ask == other.ask
      && (one.kind == .bookTicker || one.eventTimeNs == other.eventTimeNs) && counts == (sbe.bidCount, sbe.askCount)
      && (0..<counts.0 + counts.1).allSatisfy { json.levels[$0] == sbe.levels[$0] }
  }
}
