// The decoder of market messages against simdjson: the same recorded texts to the same integers.

import Market
import Peers
import Suite
import Venues

/// One row for each kind of message.
func jsonBenchmarks(_ recording: Recording, _ scale: Scale) -> [Benchmark] {
  [
    jsonBenchmark("json_depth", PEER_DEPTH, recording.depths, recording.instrument, scale),
    jsonBenchmark("json_trade", PEER_TRADE, recording.trades, recording.instrument, scale),
    jsonBenchmark("json_ticker", PEER_TICKER, recording.tickers, recording.instrument, scale),
  ]
}

private func jsonBenchmark(
  _ row: String, _ kind: Int, _ texts: [Recording.Text], _ instrument: Instrument, _ scale: Scale
) -> Benchmark {
  // So many different messages that no branch predictor learns them, and as few as the second cache level holds.
  let texts = Array(texts.prefix(scale.of(1_000, tiny: 50)))
  let rounds = scale.of(max(1, 40_000_000 / texts.reduce(0) { $0 + $1.count }), tiny: 1)
  let decoder = Decoder(instrument)
  let json = peer_json_new()
  let priceUnit = units(instrument.tick)
  let lotUnit = units(instrument.lot)
  func per(_ durationNs: Int64) -> Double { Double(durationNs) / Double(texts.count * rounds) }
  // What both must have read, message by message, before anything is timed.
  func compare() throws {
    for text in texts {
      let peer = peer_json_decode(json, text.start, text.count, Int32(kind), priceUnit, lotUnit)
      let ours = try decoder.digest(text.bytes)
      guard peer.kind == kind, ours.levels_digest == peer.levels_digest, ours.level_count == peer.level_count,
        ours.first_sequence == peer.first_sequence, ours.last_sequence == peer.last_sequence,
        ours.event_time_ms == peer.event_time_ms, ours.buyer_is_maker == peer.buyer_is_maker
      else {
        let text = String(decoding: text.bytes, as: UTF8.self)
        throw BenchmarkError("\(row): the two read different things in \(text)")
      }
    }
  }
  return Benchmark(
    row: row, unit: "ns/message", topology: "recorded text in memory --> integers, one CPU",
    ours: BenchmarkSide("apus") {
      try compare()
      let start = peer_now_ns()
      let accepted = decoder.decode(texts, rounds: rounds)
      let durationNs = peer_now_ns() - start
      guard accepted == texts.count * rounds else { throw BenchmarkError("\(row): messages were refused") }
      return per(durationNs)
    },
    peers: [
      BenchmarkSide("simdjson on-demand") {
        let start = peer_now_ns()
        var accepted = 0
        for _ in 0..<rounds {
          for text in texts {
            let message = peer_json_decode(json, text.start, text.count, Int32(kind), priceUnit, lotUnit)
            if message.kind == kind { accepted += 1 }
          }
        }
        let durationNs = peer_now_ns() - start
        guard accepted == texts.count * rounds else { throw BenchmarkError("\(row): simdjson refused messages") }
        return per(durationNs)
      }
    ])
}

/// A step in units of 10^-8.
private func units(_ step: DecimalStep) -> UInt64 {
  var unit = UInt64(step.mantissa)
  for _ in 0..<Int(step.exponent) + 8 { unit *= 10 }
  return unit
}

/// The bot's decoder behind a class, so that the sides' closures can share it.
final class Decoder {
  private var decoder: BinanceMarketDecoder

  init(_ instrument: Instrument) { decoder = BinanceMarketDecoder(BinanceInstruments([instrument])) }

  func decode(_ texts: [Recording.Text], rounds: Int) -> Int {
    var accepted = 0
    for _ in 0..<rounds {
      for text in texts where decoder.decode(text.bytes) == .none { accepted += 1 }
    }
    return accepted
  }

  /// What the bot read, in the form in which the peer tells it.
  func digest(_ text: UnsafeRawBufferPointer) throws -> peer_message {
    let error = decoder.decode(text)
    guard error == .none else { throw BenchmarkError("a recorded message was refused: \(error)") }
    var digest = peer_message()
    let message = decoder.message
    func add(_ level: BookLevel) {
      digest.level_count += 1
      let sum = UInt64(level.price.ticks) * 3 + UInt64(level.quantity.lots) * 5
      digest.levels_digest &+= sum &* UInt64(digest.level_count)
    }
    switch message.kind {
    case .depth: for i in 0..<decoder.bidCount + decoder.askCount { add(decoder.levels[i]) }
    case .bookTicker:
      add(message.bid)
      add(message.ask)
    default: add(message.bid)
    }
    digest.first_sequence = message.firstSequence
    digest.last_sequence = message.lastSequence
    digest.event_time_ms = message.eventTimeNs / 1_000_000
    digest.buyer_is_maker = message.kind == .trade && message.takerSide == .sell ? 1 : 0
    return digest
  }
}
