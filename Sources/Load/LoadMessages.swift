// The messages of a market, made to be sent again and again: their numbers and times are written anew each time.

import Market
import Simulation

/// Where a number stands in a message, and what it counts.
struct LoadPatch {
  enum Field {
    case timeMs
    /// An update id, by its distance from the first of the cycle.
    case updateId(Int64)
    case tradeId
    /// The quantity of a tick that asks for an order.
    case tag
  }
  let field: Field
  /// Where its digits begin in the frame, and how many there are.
  let offset: Int
  let digits: Int
}

/// One message with its frame around it.
struct LoadMessage {
  let frame: Range<Int>
  let patches: Range<Int>
  /// How long after its predecessor it was recorded.
  let gapNs: Int64
}

/// The frames of all messages of one cycle, in memory taken at start. Numbers have a fixed width: they are written in
/// place.
struct LoadMessages {
  private(set) var bytes: [UInt8] = []
  private(set) var all: [LoadMessage] = []
  private(set) var patches: [LoadPatch] = []

  /// The values that numbers begin with: as wide as Binance's are today, and with room for years of a full load.
  static let firstUpdateId: Int64 = 100_000_000_000
  static let firstTradeId: Int64 = 1_000_000_000
  private static let updateDigits = 12
  private static let tradeDigits = 10
  private static let timeDigits = 13

  /// Adds a message whose numbers are to be written anew.
  ///
  /// - Parameter firstUpdateId: the update id that counts as 0.
  mutating func add(_ line: MarketLine, gapNs: Int64, firstUpdateId: Int64, tag: [UInt8]? = nil) {
    var text = ArraySlice(line.text)
    var body: [UInt8] = []
    var found: [LoadPatch] = []
    // `"X":` of one letter, followed by digits: the only numbers in these messages (web-socket-streams.md).
    while let quote = text.firstIndex(of: UInt8(ascii: "\"")) {
      body += text[text.startIndex..<quote]
      text = text[quote...]
      guard let key = Self.numberKey(text) else {
        if let tag, text.starts(with: tag) {
          found.append(LoadPatch(field: .tag, offset: body.count + 1, digits: tag.count - 2))
        }
        body.append(text.removeFirst())
        continue
      }
      body += text.prefix(4)
      text = text.dropFirst(4)
      let number = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      text = text.dropFirst(number.count)
      let value = Int64(String(decoding: number, as: UTF8.self)) ?? 0
      let (field, digits): (LoadPatch.Field, Int) =
        switch key {
        case UInt8(ascii: "E"), UInt8(ascii: "T"): (.timeMs, Self.timeDigits)
        case UInt8(ascii: "t"): (.tradeId, Self.tradeDigits)
        default: (.updateId(value - firstUpdateId), Self.updateDigits)
        }
      found.append(LoadPatch(field: field, offset: body.count, digits: digits))
      body += repeatElement(UInt8(ascii: "0"), count: digits)
    }
    body += text
    let start = bytes.count
    WebSocketFrames.appendHeader(.text, payloadCount: body.count, to: &bytes)
    let payloadStart = bytes.count
    bytes += body
    let first = patches.count
    patches += found.map { LoadPatch(field: $0.field, offset: $0.offset + payloadStart, digits: $0.digits) }
    all.append(LoadMessage(frame: start..<bytes.count, patches: first..<patches.count, gapNs: gapNs))
  }

  /// The letter of `"X":` before a digit; nil for anything else.
  private static func numberKey(_ text: ArraySlice<UInt8>) -> UInt8? {
    let start = text.startIndex
    guard text.count > 4, text[start + 2] == UInt8(ascii: "\""), text[start + 3] == UInt8(ascii: ":"),
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[start + 4])
    else { return nil }
    return text[start + 1]
  }

  /// Writes the numbers of a message and returns where its frame stands in `bytes`.
  mutating func prepare(_ index: Int, timeMs: Int64, updateBase: Int64, tradeId: Int64, tag: Int64) -> Range<Int> {
    let message = all[index]
    for patch in patches[message.patches] {
      let value =
        switch patch.field {
        case .timeMs: timeMs
        case .updateId(let distance): updateBase + distance
        case .tradeId: tradeId
        case .tag: tag
        }
      var rest = value
      for place in stride(from: patch.offset + patch.digits - 1, through: patch.offset, by: -1) {
        if bytes[place] == UInt8(ascii: ".") { continue }
        bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
    }
    return message.frame
  }

  func isTrade(_ index: Int) -> Bool {
    patches[all[index].patches].contains { if case .tradeId = $0.field { true } else { false } }
  }

  /// The last update id of the depth messages before `index`, by its distance from the first; nil where there is none.
  func lastUpdate(before index: Int) -> Int64? {
    for message in all[..<index].reversed() {
      // A ticker has one update id, a depth message its first and its last.
      let ids = patches[message.patches].compactMap {
        if case .updateId(let distance) = $0.field { distance } else { nil }
      }
      if ids.count == 2 { return ids[1] }
    }
    return nil
  }
}
