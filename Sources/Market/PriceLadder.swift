// One side of a depth book: every level of the side, found and changed in a fixed number of steps wherever it lies.

/// Levels by key, where key 0 is the best price a side could ever have and keys grow away from the touch.
///
/// Sixteen neighbouring ticks make a page with a bitmap of the levels that exist. Pages are found through a trie and linked
/// in the order of their keys, so that
/// * a change of a level takes the same few loads wherever it lies, near the touch or a million ticks away;
/// * the best level is the first bit of the first page, and a walk along the side never searches;
/// * a new page costs one search for its neighbour. Nothing is ever copied or recentred when the market moves.
///
/// All memory is allocated by `init`. When all pages are in use the page furthest from the touch makes room (`evicted`).
/// Not thread-safe: part of a book that one stage owns.
struct PriceLadder: ~Copyable {
  /// Keys are below this: 2^34 ticks, 16 a page.
  static var keyLimit: Int64 { 1 << 34 }
  private static var pageBits: Int { 4 }

  /// Levels that exist.
  private(set) var count = 0
  /// Levels that were given up because the side had no page left.
  private(set) var evicted: Int64 = 0

  private var trie: PageTrie
  /// Page 0 is the sentinel of the list: its `next` is the best page, its `previous` the worst.
  private let pages: UnsafeMutablePointer<Page>
  private let quantities: UnsafeMutablePointer<Int64>
  private let pageCapacity: Int
  private var freePage = 0
  private var pagesUsed = 1

  private struct Page {
    /// Key of its first tick, divided by 16.
    var number: Int64 = 0
    var bits: UInt32 = 0
    var next: UInt16 = 0
    var previous: UInt16 = 0
  }

  /// - Parameter pages: how many pages of 16 ticks can exist at once, at most 16384. As many levels are sure to fit.
  init(pages: Int) {
    trie = PageTrie(pages: pages)
    pageCapacity = pages + 1
    self.pages = .allocate(capacity: pageCapacity)
    self.pages.initialize(repeating: Page(), count: pageCapacity)
    quantities = .allocate(capacity: pageCapacity << Self.pageBits)
    quantities.initialize(repeating: 0, count: pageCapacity << Self.pageBits)
  }

  deinit {
    pages.deallocate()
    quantities.deallocate()
  }

  /// Forgets all levels, in constant time.
  mutating func removeAll() {
    count = 0
    pages[0] = Page()
    freePage = 0
    pagesUsed = 1
    trie.removeAll()
  }

  /// Sets the quantity at `key`; zero removes the level, and removing what is not there is nothing.
  ///
  /// - Precondition: `key` is in `0..<keyLimit`, `quantity` is not negative.
  mutating func set(_ key: Int64, _ quantity: Int64) {
    let number = key >> Self.pageBits
    let slot = Int(truncatingIfNeeded: key & 15)
    let bit: UInt32 = 1 &<< UInt32(truncatingIfNeeded: slot)
    var page = trie.find(number)
    if quantity == 0 {
      guard page != 0, pages[page].bits & bit != 0 else { return }
      count &-= 1
      pages[page].bits ^= bit
      if pages[page].bits == 0 { remove(page) }
      return
    }
    if page == 0 {
      page = insert(number)
      guard page != 0 else { return }
    }
    if pages[page].bits & bit == 0 {
      pages[page].bits |= bit
      count &+= 1
    }
    quantities[page &<< Self.pageBits &+ slot] = quantity
  }

  /// The quantity at `key`; 0 where there is no level.
  func quantity(_ key: Int64) -> Int64 {
    let page = trie.find(key >> Self.pageBits)
    let slot = Int(truncatingIfNeeded: key & 15)
    guard pages[page].bits >> UInt32(truncatingIfNeeded: slot) & 1 == 1 else { return 0 }
    return quantities[page &<< Self.pageBits &+ slot]
  }

  /// A place on the walk from the best level outward. Any change of the ladder ends the walk.
  struct Cursor {
    fileprivate var page: Int
    fileprivate var bits: UInt32
  }

  /// The beginning of a walk.
  var first: Cursor {
    let page = Int(pages[0].next)
    return Cursor(page: page, bits: pages[page].bits)
  }

  /// The next level of a walk; a negative key at its end.
  @inline(always)
  func next(_ cursor: inout Cursor) -> (key: Int64, quantity: Int64) {
    if cursor.bits == 0 {
      guard cursor.page != 0 else { return (-1, 0) }
      cursor.page = Int(pages[cursor.page].next)
      cursor.bits = pages[cursor.page].bits  // a page in the list is not empty; the sentinel is
      guard cursor.page != 0 else { return (-1, 0) }
    }
    let slot = cursor.bits.trailingZeroBitCount
    cursor.bits &= cursor.bits &- 1
    let key = pages[cursor.page].number &<< Int64(Self.pageBits) &+ Int64(slot)
    return (key, quantities[cursor.page &<< Self.pageBits &+ slot])
  }

  /// The best level; a negative key when there is none.
  @inline(always)
  var best: (key: Int64, quantity: Int64) {
    var cursor = first
    return next(&cursor)
  }

  // MARK: Pages

  /// Makes an empty page and links it; 0 when all are in use and each is nearer to the touch than `number`.
  private mutating func insert(_ number: Int64) -> Int {
    if freePage == 0, pagesUsed == pageCapacity {
      let worst = Int(pages[0].previous)
      guard pages[worst].number > number else {
        evicted &+= 1
        return 0
      }
      evicted &+= Int64(pages[worst].bits.nonzeroBitCount)
      count &-= pages[worst].bits.nonzeroBitCount
      remove(worst)
    }
    let page = takePage()
    let next = trie.successor(number)  // the sentinel when there is none
    let previous = Int(pages[next].previous)
    pages[page] = Page(
      number: number, bits: 0, next: UInt16(truncatingIfNeeded: next), previous: UInt16(truncatingIfNeeded: previous))
    pages[next].previous = UInt16(truncatingIfNeeded: page)
    pages[previous].next = UInt16(truncatingIfNeeded: page)
    trie.insert(number, page: page)
    return page
  }

  /// Unlinks an empty or evicted page.
  private mutating func remove(_ page: Int) {
    let gone = pages[page]
    pages[Int(gone.previous)].next = gone.next
    pages[Int(gone.next)].previous = gone.previous
    pages[page].next = UInt16(truncatingIfNeeded: freePage)
    freePage = page
    trie.remove(gone.number)
  }

  private mutating func takePage() -> Int {
    if freePage != 0 {
      let page = freePage
      freePage = Int(pages[page].next)
      return page
    }
    pagesUsed &+= 1
    return pagesUsed &- 1
  }
}
