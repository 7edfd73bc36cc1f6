// One side of a replayed book: a flat array by tick with a bitmap over it.

import Glibc

/// Quantities by tick index. The array spans all prices of the tape; the system gives memory only to the pages that are
/// touched, so what is far from every price costs nothing. The best level is found through the bitmap, 64 ticks a word,
/// and a summary of it, 4096 ticks a word. Not thread-safe: part of one book.
struct TickSide: ~Copyable {
  private let quantities: UnsafeMutablePointer<Int64>
  private let words: UnsafeMutablePointer<UInt64>
  private let summary: UnsafeMutablePointer<UInt64>
  private let summaryCount: Int

  /// What `below` and `above` return when there is no level.
  static var none: Int { -1 }

  /// - Parameter pages: which pages of 512 ticks will be used: their memory is taken now, and not row by row later.
  init(ticks: Int, pages: [Int]) {
    quantities = Self.zeroed(ticks, Int64.self)
    words = Self.zeroed(ticks / 64 + 1, UInt64.self)
    summaryCount = ticks / 4096 + 1
    summary = Self.zeroed(summaryCount, UInt64.self)
    for page in pages {
      quantities[page * Self.pageTicks] = 0
      words[page * Self.pageTicks / 64] = 0
    }
    summary.initialize(repeating: 0, count: summaryCount)
  }

  /// A page of memory.
  static var pageTicks: Int { 512 }

  deinit {
    free(quantities)
    free(words)
    free(summary)
  }

  /// `calloc` maps untouched pages of zeros, where Swift's own allocation would write them all.
  private static func zeroed<Element>(_ count: Int, _ type: Element.Type) -> UnsafeMutablePointer<Element> {
    guard let memory = calloc(count, MemoryLayout<Element>.stride) else { fatalError("no memory for a book") }
    return memory.bindMemory(to: type, capacity: count)
  }

  @inline(__always)
  func quantity(_ tick: Int) -> Int64 { quantities[tick] }

  /// Without a branch: whether a level comes, goes or changes is what a processor predicts worst here.
  ///
  /// - Returns: the quantity before.
  @inline(__always)
  mutating func set(_ tick: Int, _ quantity: Int64) -> Int64 {
    let previous = quantities[tick]
    quantities[tick] = quantity
    let word = tick &>> 6
    let (place, summaryPlace) = (UInt64(truncatingIfNeeded: tick & 63), UInt64(truncatingIfNeeded: word & 63))
    let bits = words[word] & ~(1 &<< place) | ((quantity != 0 ? 1 : 0) &<< place)
    words[word] = bits
    let top = word &>> 6
    summary[top] = summary[top] & ~(1 &<< summaryPlace) | ((bits != 0 ? 1 : 0) &<< summaryPlace)
    return previous
  }

  /// The highest level below `tick`.
  @inline(__always)
  func below(_ tick: Int) -> Int {
    let word = tick &>> 6
    let bits = words[word] & ((1 &<< UInt64(truncatingIfNeeded: tick & 63)) &- 1)
    if bits != 0 { return word &<< 6 | (63 &- bits.leadingZeroBitCount) }
    return belowWord(word)
  }

  /// The lowest level above `tick`.
  @inline(__always)
  func above(_ tick: Int) -> Int {
    let word = tick &>> 6
    // Two shifts: by 64 at once would be a shift by 0.
    let bits = words[word] & ((~0 &<< UInt64(truncatingIfNeeded: tick & 63)) &<< 1)
    if bits != 0 { return word &<< 6 | bits.trailingZeroBitCount }
    return aboveWord(word)
  }

  private func belowWord(_ word: Int) -> Int {
    var top = word &>> 6
    var bits = summary[top] & ((1 &<< UInt64(truncatingIfNeeded: word & 63)) &- 1)
    while bits == 0 {
      guard top > 0 else { return Self.none }
      top &-= 1
      bits = summary[top]
    }
    let found = top &<< 6 | (63 &- bits.leadingZeroBitCount)
    return found &<< 6 | (63 &- words[found].leadingZeroBitCount)
  }

  private func aboveWord(_ word: Int) -> Int {
    var top = word &>> 6
    var bits = summary[top] & ((~0 &<< UInt64(truncatingIfNeeded: word & 63)) &<< 1)
    while bits == 0 {
      top &+= 1
      guard top < summaryCount else { return Self.none }
      bits = summary[top]
    }
    let found = top &<< 6 | bits.trailingZeroBitCount
    return found &<< 6 | words[found].trailingZeroBitCount
  }
}
