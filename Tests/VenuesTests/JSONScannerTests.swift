import Foundation
import Support
import Testing
import Venues

/// The scanner against RFC 8259 and against Foundation's reader.
struct JSONScannerTests {
  private func error(_ text: String) -> JSONError {
    Array(text.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      scanner.skipValue()
      scanner.finish()
      return scanner.error
    }
  }

  @Test(arguments: [
    "{}", "[]", " [ ] ", "\t{\n\"a\" : 1 ,\r\"b\":[true,false,null]}", "0", "-0", "-1.5e+10", "1E5", "\"\"",
    #""\u00e9\n\"\\\/""#, #"{"a":{"b":[{"c":[]}]}}"#, "123456789012345678901234567890",
  ])
  func acceptsWhatIsJSON(_ text: String) { #expect(error(text) == .none) }

  @Test(arguments: [
    ("", JSONError.unexpectedEnd), ("{", .unexpectedEnd), ("[1", .unexpectedEnd), ("\"a", .unexpectedEnd),
    ("tru", .unexpectedEnd), ("-", .unexpectedEnd), ("[1,]", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte),
    ("[,1]", .unexpectedByte), ("[1 2]", .unexpectedByte), ("{\"a\" 1}", .unexpectedByte), ("{a:1}", .unexpectedByte),
    ("nul1", .unexpectedByte), ("+1", .unexpectedByte), ("01", .badNumber), ("1.", .badNumber), ("1e", .badNumber),
    ("\"\\x\"", .badString), ("\"\\u12g4\"", .badString), ("\"a\nb\"", .badString), ("{} {}", .trailingBytes),
    ("1 x", .trailingBytes), (String(repeating: "[", count: 40), .tooDeep),
  ])
  func namesWhatIsWrong(_ text: String, _ expected: JSONError) { #expect(error(text) == expected) }

  @Test(arguments: [
    ("0", 0, JSONError.none), ("-0", 0, .none), ("42", 42, .none), ("9223372036854775807", .max, .none),
    ("-9223372036854775808", .min, .none), ("9223372036854775808", 0, .integerOverflow),
    ("-9223372036854775809", 0, .integerOverflow), ("99999999999999999999", 0, .integerOverflow),
    ("1.0", 0, .notAnInteger), ("1e2", 0, .notAnInteger), ("007", 0, .badNumber), ("-", 0, .unexpectedEnd),
    ("\"1\"", 0, .unexpectedByte),
  ])
  func readsIntegersExactlyOrNotAtAll(_ text: String, _ value: Int64, _ expected: JSONError) {
    Array(text.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      let read = scanner.integer()
      scanner.finish()
      #expect(read == value && scanner.error == expected)
    }
  }

  @Test func anEmptyTextIsAnError() {
    var scanner = JSONScanner(UnsafeRawBufferPointer(start: nil, count: 0))
    scanner.beginObject()
    #expect(scanner.nextKey() == nil)
    #expect(scanner.error == .unexpectedEnd)
  }

  /// What Foundation accepts of mutated messages is accepted, and nothing else. ASCII only: invalid UTF-8, which
  /// Foundation refuses, is the socket layer's to refuse here.
  @Test func agreesWithFoundationOnMutatedMessages() {
    var random = SeededRandom(7)
    let seed = Array(BinanceText.diff(1, 2, symbol: "BTCUSDT", bids: #"["1.0","2"],["3","4.50"]"#).utf8)
    var compared = 0
    for round in 0..<Fuzz.rounds {
      let text = Fuzz.mutate(seed, &random)
      guard text.allSatisfy({ $0 < 0x80 }) else { continue }
      let mine = text.withUnsafeBytes { bytes in
        var scanner = JSONScanner(bytes)
        scanner.skipValue()
        scanner.finish()
        return scanner.error
      }
      let theirs = (try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil
      let source = String(decoding: text, as: UTF8.self)
      // Foundation takes a comma before a container's end, and refuses numbers beyond a double's range.
      if source.contains(/,\s*[\]}]/) || source.contains(/[0-9][eE]/) { continue }
      #expect(theirs == (mine == .none), "round \(round): \(mine), \(source)")
      compared += 1
    }
    #expect(compared > Fuzz.rounds / 4)
  }
}

/// Seeded mutations of real messages.
enum Fuzz {
  #if DEBUG
    static let rounds = 2_000
  #else
    static let rounds = 100_000
  #endif

  /// A few bytes flipped, cut out, doubled or replaced by pieces of grammar.
  static func mutate(_ text: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = text
    for _ in 0...Int.random(in: 0..<4, using: &random) {
      let place = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.removeLast(Int.random(in: 0...min(bytes.count, 40), using: &random))
      case 3 where !bytes.isEmpty:
        let end = min(bytes.count, place + Int.random(in: 1...20, using: &random))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 4:
        let pieces = [
          "\"", "{", "}", "[", "]", ",", ":", "-", "9999999999999999999", "null", "\\", "0", "e", ".", "\u{0}",
        ]
        bytes.insert(contentsOf: Array(pieces.randomElement(using: &random)!.utf8), at: place)
      default:
        let end = min(bytes.count, place + Int.random(in: 0...20, using: &random))
        bytes.removeSubrange(place..<end)
      }
    }
    return bytes
  }
}
