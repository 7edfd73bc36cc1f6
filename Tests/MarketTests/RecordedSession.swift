// The recorded Binance spot captures as market events: a slow reader of its own, independent of the venue's decoders.

import Foundation
import Market
import Support

/// One instrument's two captures, joined at midnight: the stream as a correct feed publishes it.
///
/// Diffs wait for the snapshot; those it contains are left out, the first of the others must cover its id plus one,
/// and each must begin where the last one ended (`gaps` counts those that do not).
struct RecordedSession: Sendable {
  private(set) var events: [MarketEvent] = []
  private(set) var snapshotBids: [BookLevel] = []
  private(set) var snapshotAsks: [BookLevel] = []
  private(set) var gaps = 0
  private var lastId: UInt64?
  private var waiting: [Data] = []

  /// Tick 0.01, lot 0.000001: the finest steps that occur in the captures.
  static let btc = RecordedSession("btcusdt")
  static let eth = RecordedSession("ethusdt")

  private init(_ symbol: String) {
    guard let folder = sharedData?.appendingPathComponent("binance/spot") else { return }
    for day in ["20240808", "20240809"] {
      for line in gunzipped(folder.appendingPathComponent("\(symbol)_\(day).gz")).split(separator: UInt8(ascii: "\n")) {
        read(line)
      }
    }
  }

  private mutating func read(_ line: Data) {
    let space = line.firstIndex(of: UInt8(ascii: " "))!
    let timeNs = Int64(String(decoding: line[..<space], as: UTF8.self))!
    let json = try! JSONSerialization.jsonObject(with: line[space...]) as! [String: Any]
    guard let stream = json["stream"] as? String, let message = json["data"] as? [String: Any] else {
      return snapshot(json, timeNs)
    }
    switch stream.split(separator: "@")[1] {
    case "depth" where lastId == nil: waiting.append(line)
    case "depth": depth(message, timeNs)
    case "bookTicker": ticker(message, timeNs)
    default: trade(message, timeNs)
    }
  }

  private mutating func snapshot(_ json: [String: Any], _ timeNs: Int64) {
    lastId = (json["lastUpdateId"] as! NSNumber).uint64Value
    snapshotBids = levels(json["bids"])
    snapshotAsks = levels(json["asks"])
    add(.snapshot, .buy, lastId!, .none, timeNs)
    for line in waiting { read(line) }
    waiting = []
  }

  private mutating func depth(_ message: [String: Any], _ timeNs: Int64) {
    let first = (message["U"] as! NSNumber).uint64Value
    let last = (message["u"] as! NSNumber).uint64Value
    guard last > lastId! else { return }
    if first > lastId! + 1 { gaps += 1 }
    lastId = last
    for level in levels(message["b"]) { add(.level, .buy, last, level, timeNs) }
    for level in levels(message["a"]) { add(.level, .sell, last, level, timeNs) }
    add(.depthEnd, .buy, last, .none, timeNs)
  }

  private mutating func ticker(_ message: [String: Any], _ timeNs: Int64) {
    let id = (message["u"] as! NSNumber).uint64Value
    add(.touch, .buy, id, BookLevel(steps(message["b"], 2), steps(message["B"], 6)), timeNs)
    add(.touch, .sell, id, BookLevel(steps(message["a"], 2), steps(message["A"], 6)), timeNs)
  }

  private mutating func trade(_ message: [String: Any], _ timeNs: Int64) {
    let takerSide: Side = (message["m"] as! Bool) ? .sell : .buy
    let id = (message["t"] as! NSNumber).uint64Value
    add(.trade, takerSide, id, BookLevel(steps(message["p"], 2), steps(message["q"], 6)), timeNs)
  }

  private mutating func add(_ kind: MarketEventKind, _ side: Side, _ id: UInt64, _ level: BookLevel, _ timeNs: Int64) {
    events.append(
      .script(kind, side, sequence: id, ticks: level.price.ticks, lots: level.quantity.lots, timeNs: timeNs))
  }

  private func levels(_ json: Any?) -> [BookLevel] {
    (json as! [[String]]).map { BookLevel(steps($0[0], 2), steps($0[1], 6)) }
  }

  /// "61837.63000000" with 2 decimals: 6183763. All captures print eight decimals.
  private func steps(_ json: Any?, _ decimals: Int) -> Int64 {
    let text = json as! String
    let kept = text.dropLast(8 - decimals)
    precondition(text.suffix(8 - decimals).allSatisfy { $0 == "0" } && text.dropLast(8).last == ".", text)
    return Int64(kept.filter { $0 != "." })!
  }
}

/// The contents of a gzip file, through the program of that name.
private func gunzipped(_ file: URL) -> Data {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["gzip", "-dc", file.path]
  let output = Pipe()
  process.standardOutput = output
  try! process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  precondition(process.terminationStatus == 0, "gzip -dc \(file.path)")
  return data
}

extension BookUnderTest {
  /// Plays an event of a recorded session; its snapshot goes through the pool.
  @discardableResult
  mutating func play(_ event: MarketEvent, of session: borrowing RecordedSession) -> BookChange {
    guard event.kind == .snapshot else { return play(event) }
    return playSnapshot(
      session.snapshotBids, session.snapshotAsks, sequence: event.sequence, timeNs: event.receiveTimeNs)
  }
}
