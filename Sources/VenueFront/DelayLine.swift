// Messages under way in one direction of a connection, by the time of their arrival.

/// First in, first out, unless a message is told to be overtaken. A value without a clock of its own.
struct DelayLine<Item> {
  private var items: [(dueNs: Int64, item: Item)] = []
  /// What is in order arrives no earlier than this.
  private var lastDueNs = Int64.min

  /// When the next message arrives; `.max` while nothing is under way.
  var nextDueNs: Int64 { items.first?.dueNs ?? .max }

  /// Sends a message that keeps its place: it arrives at `dueNs` or right after the one before it.
  mutating func add(_ item: Item, dueNs: Int64) {
    lastDueNs = max(lastDueNs, dueNs)
    insert(item, dueNs: lastDueNs)
  }

  /// Sends a message that later ones may overtake.
  mutating func addLate(_ item: Item, dueNs: Int64) { insert(item, dueNs: dueNs) }

  /// Nothing arrives before `untilNs`; the order stays.
  mutating func hold(untilNs: Int64) {
    for i in items.indices where items[i].dueNs < untilNs { items[i].dueNs = untilNs }
    lastDueNs = max(lastDueNs, untilNs)
  }

  mutating func take(nowNs: Int64) -> Item? {
    guard nextDueNs <= nowNs else { return nil }
    return items.removeFirst().item
  }

  mutating func removeAll() { items = [] }

  private mutating func insert(_ item: Item, dueNs: Int64) {
    let place = items.lastIndex { $0.dueNs <= dueNs }.map { $0 + 1 } ?? 0
    items.insert((dueNs, item), at: place)
  }
}
