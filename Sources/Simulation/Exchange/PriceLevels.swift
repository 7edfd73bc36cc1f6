// The price levels of one side of a book, each the two ends of a queue of orders and its sums.

/// One price: the first and last order of its queue (slots of the order pool; -1: none) and what they add up to.
struct PriceLevel: BitwiseCopyable {
  var first: Int32 = -1
  var last: Int32 = -1
  var orders: Int64 = 0
  /// Lots that are displayed.
  var displayed: Int64 = 0
  /// Lots with the hidden parts of icebergs.
  var total: Int64 = 0
}

/// Levels by price in pages of 64: a directory finds the page of a price, a bit tree the pages beside it.
///
/// A page is taken when its first level appears and given back with its last, so that memory follows the levels in use,
/// not the range of prices. Grows by doubling and never shrinks. One writer.
struct PriceLevels: ~Copyable {
  private let origin: Int64
  private let directory: UnsafeMutablePointer<Int32>
  private var inUse: BitTree
  private var levels: UnsafeMutablePointer<PriceLevel>
  private var bits: UnsafeMutablePointer<UInt64>
  private var capacity: Int
  private var pagesUsed = 0
  /// The first page that was given back; each names the next in its first level.
  private var freePage: Int32 = -1
  /// How many levels there are.
  private(set) var count = 0

  /// For prices of `range`, whose ends are at most 2^30 apart.
  init(range: ClosedRange<Int64>) {
    origin = range.lowerBound
    let pages = Int((range.upperBound - range.lowerBound) >> 6) + 1
    directory = .allocate(capacity: pages)
    directory.initialize(repeating: -1, count: pages)
    inUse = BitTree(capacity: pages)
    capacity = 16
    levels = .allocate(capacity: capacity << 6)
    levels.initialize(repeating: PriceLevel(), count: capacity << 6)
    bits = .allocate(capacity: capacity)
    bits.initialize(repeating: 0, count: capacity)
  }

  deinit {
    directory.deallocate()
    levels.deallocate()
    bits.deallocate()
  }

  /// The place of a price that has a level; -1 when it has none. A place is valid until that level is removed.
  @inline(always)
  func place(_ price: Int64) -> Int {
    let offset = Int(price &- origin)
    let page = Int(directory[offset &>> 6])
    guard page >= 0, bits[page] &>> UInt64(offset & 63) & 1 != 0 else { return -1 }
    return page &<< 6 | offset & 63
  }

  @inline(always)
  subscript(_ place: Int) -> PriceLevel {
    unsafeAddress { UnsafePointer(levels + place) }
    unsafeMutableAddress { levels + place }
  }

  /// The place of a price, whose level is made if it is not there.
  mutating func makePlace(_ price: Int64) -> Int {
    let offset = Int(price &- origin)
    var page = Int(directory[offset &>> 6])
    if page < 0 {
      page = takePage()
      directory[offset &>> 6] = Int32(truncatingIfNeeded: page)
      inUse.insert(offset &>> 6)
    }
    let bit: UInt64 = 1 &<< UInt64(offset & 63)
    if bits[page] & bit == 0 {
      bits[page] |= bit
      levels[page &<< 6 | offset & 63] = PriceLevel()
      count &+= 1
    }
    return page &<< 6 | offset & 63
  }

  /// Removes the level of a price that has one.
  mutating func remove(_ price: Int64) {
    let offset = Int(price &- origin)
    let page = Int(directory[offset &>> 6])
    bits[page] &= ~(1 &<< UInt64(offset & 63))
    count &-= 1
    guard bits[page] == 0 else { return }
    directory[offset &>> 6] = -1
    inUse.remove(offset &>> 6)
    levels[page &<< 6].first = freePage
    freePage = Int32(truncatingIfNeeded: page)
  }

  /// The lowest price above `price` that has a level; nil when there is none.
  func above(_ price: Int64) -> Int64? {
    let offset = Int(price &- origin) &+ 1
    if offset & 63 != 0 {
      let page = Int(directory[offset &>> 6])
      let rest = page < 0 ? 0 : bits[page] & (~0 &<< UInt64(offset & 63))
      if rest != 0 { return origin &+ Int64((offset & ~63) | rest.trailingZeroBitCount) }
    }
    let number = inUse.above((offset &+ 63) &>> 6 &- 1)
    guard number >= 0 else { return nil }
    return origin &+ Int64(number &<< 6 | bits[Int(directory[number])].trailingZeroBitCount)
  }

  /// The highest price below `price` that has a level; nil when there is none.
  func below(_ price: Int64) -> Int64? {
    let offset = Int(price &- origin) &- 1
    guard offset >= 0 else { return nil }
    let page = Int(directory[offset &>> 6])
    let rest = page < 0 ? 0 : bits[page] & (~0 &>> UInt64(63 &- offset & 63))
    if rest != 0 { return origin &+ Int64((offset & ~63) | (63 &- rest.leadingZeroBitCount)) }
    let number = inUse.below(offset &>> 6)
    guard number >= 0 else { return nil }
    return origin &+ Int64(number &<< 6 | (63 &- bits[Int(directory[number])].leadingZeroBitCount))
  }

  private mutating func takePage() -> Int {
    if freePage >= 0 {
      let page = Int(freePage)
      freePage = levels[page &<< 6].first
      return page
    }
    if pagesUsed == capacity { grow() }
    pagesUsed &+= 1
    return pagesUsed &- 1
  }

  private mutating func grow() {
    let grownLevels = UnsafeMutablePointer<PriceLevel>.allocate(capacity: capacity << 7)
    grownLevels.moveInitialize(from: levels, count: capacity << 6)
    (grownLevels + capacity << 6).initialize(repeating: PriceLevel(), count: capacity << 6)
    levels.deallocate()
    levels = grownLevels
    let grownBits = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity << 1)
    grownBits.moveInitialize(from: bits, count: capacity)
    (grownBits + capacity).initialize(repeating: 0, count: capacity)
    bits.deallocate()
    bits = grownBits
    capacity <<= 1
  }
}
