import Foundation
import Market
import Simulation
import Support
import Testing
import Venues

/// The fast way through messages of known form against the general decoder: whatever the text, both say the same.
struct BinanceShapeTests {
  /// Everything a decoder tells of a text.
  private struct Reading: Equatable {
    var error: BinanceDecodeError
    var jsonError: JSONError
    var numbers: [Int64]
    var levels: [BookLevel]
    var bidCount: Int
  }

  /// - Returns: what the decoder says, and what it says when it goes the general way only.
  private func readings(_ text: [UInt8], _ decoder: inout BinanceMarketDecoder) -> (Reading, Reading) {
    // In memory of its own size, so that the address sanitizer sees a read behind its end.
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, text.count), alignment: 1)
    defer { bytes.deallocate() }
    bytes.copyBytes(from: text)
    let exact = UnsafeRawBufferPointer(rebasing: bytes[..<text.count])
    let fast = reading(decoder.decode(exact), decoder)
    return (fast, reading(decoder.decodeAnyForm(exact), decoder))
  }

  private func reading(_ error: BinanceDecodeError, _ decoder: borrowing BinanceMarketDecoder) -> Reading {
    guard error == .none else {
      return Reading(error: error, jsonError: decoder.jsonError, numbers: [], levels: [], bidCount: 0)
    }
    let message = decoder.message
    var levels = (0..<decoder.bidCount + decoder.askCount).map { decoder.levels[$0] }
    levels += [message.bid, message.ask]
    return Reading(
      error: error, jsonError: decoder.jsonError,
      numbers: [
        Int64(message.kind.rawValue), Int64(message.takerSide.rawValue), Int64(message.instrument),
        Int64(bitPattern: message.firstSequence), Int64(bitPattern: message.lastSequence), message.eventTimeNs,
        message.requestIdentifier, message.code,
      ],
      levels: levels, bidCount: decoder.bidCount)
  }

  private static func recorded(_ count: Int) throws -> [[UInt8]] {
    let file = try #require(sharedData).appendingPathComponent("binance/spot/btcusdt_20240808.gz")
    var reader = try CaptureReader(paths: [file.path])
    var texts: [[UInt8]] = []
    while texts.count < count, let line = try reader.next() {
      guard line.stream != nil else { continue }
      texts.append(line.text)
      texts.append(Array(line.text[line.payload]))
    }
    return texts
  }

  private func decoder() throws -> BinanceMarketDecoder {
    BinanceMarketDecoder(BinanceInstruments(try #require(DerivedRules.instruments(symbols: ["BTCUSDT", "ETHUSDT"]))))
  }

  @Test(.enabled(if: sharedData != nil))
  func recordedMessagesReadTheSameBothWays() throws {
    var decoder = try decoder()
    for text in try Self.recorded(20_000) {
      let (fast, general) = readings(text, &decoder)
      #expect(fast == general && fast.error == .none, "\(String(decoding: text, as: UTF8.self))")
    }
  }

  /// Otherwise the general way would be compared with itself. What goes there has a quantity between two lots.
  @Test(.enabled(if: sharedData != nil))
  func nearlyAllRecordedMessagesGoTheFastWay() throws {
    var decoder = try decoder()
    // As a combined stream brings them: every other text is the payload alone.
    let texts = try Self.recorded(20_000).enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    var fast = 0
    for text in texts where text.withUnsafeBytes({ decoder.decodeKnownShape($0) }) { fast += 1 }
    #expect(texts.count == 10_000 && fast * 100 >= texts.count * 99, "\(fast) of \(texts.count)")
  }

  /// Changed, cut, doubled and moved bytes of recorded messages: most are malformed, some have another meaning.
  @Test(.enabled(if: sharedData != nil), arguments: [1, 2, 3, 4] as [UInt64])
  func damagedMessagesReadTheSameBothWays(seed: UInt64) throws {
    var decoder = try decoder()
    var random = SeededRandom(seed)
    let interesting = Array(#""\{}[],:.0123456789eEsSuUtTbBaAmMpq -+"#.utf8) + [0, 9, 10, 31, 127, 128, 255]
    var accepted = 0
    for original in try Self.recorded(2_000) {
      var text = original
      for _ in 0..<1 + Int(random.next() % 2) {
        let place = Int(random.next() % UInt64(text.count))
        let byte = interesting[Int(random.next() % UInt64(interesting.count))]
        switch random.next() % 4 {
        case 0: text[place] = byte
        case 1: text.insert(byte, at: place)
        case 2: text.remove(at: place)
        default: text.removeSubrange(place...)
        }
        if text.isEmpty { break }
      }
      let (fast, general) = readings(text, &decoder)
      #expect(fast == general, "\(String(decoding: text, as: UTF8.self))")
      if general.error == .none { accepted += 1 }
    }
    // Otherwise only the refusals would have been compared.
    #expect(accepted > 100)
  }

  /// Numbers at the bounds of what the fast way reads: digits, decimals and names of every length.
  @Test func formsAtTheBoundsReadTheSameBothWays() throws {
    var decoder = try decoder()
    let nines = (1...20).map { String(repeating: "9", count: $0) }
    var texts: [String] = []
    for digits in nines + ["0", "00", "01", "-1", "1.0", "1e3", ""] {
      for quantity in ["0.02000000", digits, "\(digits).12345678", "\(digits).1", "\(digits).123456789", ".50000000"] {
        texts.append(BinanceText.ticker(u: digits, bidQuantity: quantity))
      }
    }
    let long = ["A23456789012345", "A234567890123456", String(repeating: "A", count: 40)]
    for symbol in ["", "BTCUSDT", "ETHUSDT", "BTCUSDTX", "BTCUSD", #"BTC\u0055SDT"#] + long {
      texts.append(BinanceText.ticker(symbol: symbol))
    }
    for text in texts {
      for wrapped in [text, #"{"stream":"btcusdt@bookTicker","data":\#(text)}"#] {
        let (fast, general) = readings(Array(wrapped.utf8), &decoder)
        #expect(fast == general, "\(wrapped)")
      }
    }
  }
}

extension BinanceText {
  /// A bookTicker in the order in which Binance writes it.
  fileprivate static func ticker(
    u: String = "50093239212", symbol: String = "BTCUSDT", bidQuantity: String = "3.78826000"
  ) -> String {
    #"{"u":\#(u),"s":"\#(symbol)","b":"61837.63000000","B":"\#(bidQuantity)","a":"61837.64000000","A":"1.54698000"}"#
  }
}
