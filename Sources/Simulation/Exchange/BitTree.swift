// A set of small numbers with a fast "next above" and "next below": which pages of a book have levels.

/// Bits in words, and over them bits of the words that are not empty, up to a single word: five steps hold 2^30 numbers.
///
/// One writer; memory is allocated by `init` only.
struct BitTree: ~Copyable {
  private let words: UnsafeMutablePointer<UInt64>
  private let count: Int
  /// Where each step begins in `words`, the step of the numbers themselves first.
  private let starts: InlineArray<6, Int>
  private let depth: Int

  /// For the numbers `0..<capacity`.
  init(capacity: Int) {
    precondition(capacity > 0 && capacity <= 1 << 30)
    var starts = InlineArray<6, Int>(repeating: 0)
    var size = (capacity + 63) / 64
    var total = size
    var depth = 1
    while size > 1 {
      starts[depth] = total
      size = (size + 63) / 64
      total += size
      depth += 1
    }
    self.starts = starts
    self.depth = depth
    count = total
    words = .allocate(capacity: total)
    words.initialize(repeating: 0, count: total)
  }

  deinit { words.deallocate() }

  @inline(always)
  func contains(_ number: Int) -> Bool { words[number &>> 6] &>> UInt64(number & 63) & 1 != 0 }

  mutating func insert(_ number: Int) {
    var index = number
    for step in 0..<depth {
      let word = starts[step] &+ index &>> 6
      let before = words[word]
      words[word] = before | 1 &<< UInt64(index & 63)
      if before != 0 { return }
      index = index &>> 6
    }
  }

  mutating func remove(_ number: Int) {
    var index = number
    for step in 0..<depth {
      let word = starts[step] &+ index &>> 6
      words[word] &= ~(1 &<< UInt64(index & 63))
      if words[word] != 0 { return }
      index = index &>> 6
    }
  }

  /// The smallest number above `number`; -1 when there is none. From -1 on: the smallest of all.
  func above(_ number: Int) -> Int {
    var index = number &+ 1
    var step = 0
    while step < depth {
      let word = index &>> 6
      if starts[step] &+ word < end(of: step) {
        let bits = words[starts[step] &+ word] & (~0 &<< UInt64(index & 63))
        if bits != 0 { return descend(step, word &<< 6 | bits.trailingZeroBitCount, lowest: true) }
      }
      index = word &+ 1
      step &+= 1
    }
    return -1
  }

  /// The largest number below `number`; -1 when there is none.
  func below(_ number: Int) -> Int {
    var index = number &- 1
    var step = 0
    while step < depth, index >= 0 {
      let word = index &>> 6
      let bits = words[starts[step] &+ word] & (~0 &>> UInt64(63 &- index & 63))
      if bits != 0 { return descend(step, word &<< 6 | (63 &- bits.leadingZeroBitCount), lowest: false) }
      index = word &- 1
      step &+= 1
    }
    return -1
  }

  @inline(always)
  private func end(of step: Int) -> Int { step &+ 1 < depth ? starts[step &+ 1] : count }

  private func descend(_ from: Int, _ start: Int, lowest: Bool) -> Int {
    var index = start
    var step = from
    while step > 0 {
      step &-= 1
      let bits = words[starts[step] &+ index]
      index = index &<< 6 | (lowest ? bits.trailingZeroBitCount : 63 &- bits.leadingZeroBitCount)
    }
    return index
  }
}
