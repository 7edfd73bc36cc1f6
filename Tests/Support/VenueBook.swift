// The venue's book from its recorded messages, slow and obvious: texts in, texts out.

import Foundation

/// What a depth request would be answered at any point of a recorded spot market.
public struct VenueBook {
  private var bids: [String: String] = [:]
  private var asks: [String: String] = [:]
  private var lastUpdate = 0
  /// Diffs from before the snapshot: one of them is newer than it.
  private var early: [[UInt8]] = []

  public init() {}

  /// Takes the recorded snapshot.
  public mutating func load(_ text: [UInt8]) {
    guard let root = object(text) else { return }
    lastUpdate = root["lastUpdateId"] as! Int
    set(&bids, root["bids"])
    set(&asks, root["asks"])
    for text in early { _ = apply(text) }
  }

  /// - Returns: whether it was a diff.
  public mutating func apply(_ text: [UInt8]) -> Bool {
    guard
      text.starts(with: Array(#"{"stream":"btcusdt@depth"#.utf8))
        || text.starts(with: Array(#"{"stream":"ethusdt@depth"#.utf8)),
      let data = object(text)?["data"] as? [String: Any]
    else { return false }
    if lastUpdate == 0 { early.append(text) }
    if data["u"] as! Int > lastUpdate, lastUpdate > 0 {
      set(&bids, data["b"])
      set(&asks, data["a"])
      lastUpdate = data["u"] as! Int
    }
    return true
  }

  public func snapshot() -> String {
    #"{"lastUpdateId":\#(lastUpdate),"bids":[\#(text(bids, descending: true))],"asks":[\#(text(asks, descending: false))]}"#
  }

  private func object(_ text: [UInt8]) -> [String: Any]? {
    try? JSONSerialization.jsonObject(with: Data(text)) as? [String: Any]
  }

  private func set(_ side: inout [String: String], _ levels: Any?) {
    for level in levels as? [[String]] ?? [] { side[level[0]] = Double(level[1]) == 0 ? nil : level[1] }
  }

  private func text(_ side: [String: String], descending: Bool) -> String {
    side.sorted { (Double($0.key)! < Double($1.key)!) != descending }
      .map { #"["\#($0.key)","\#($0.value)"]"# }.joined(separator: ",")
  }
}
