// One side of a depth book: every level of the side, found and changed in a fixed number of steps wherever it lies.

/// Levels by key, where key 0 is the best price a side could ever have and keys grow away from the touch.
///
/// Sixteen neighbouring ticks make a page with a bitmap of the levels that exist. Pages are found through a trie of five
/// steps of six bits, and linked in the order of their keys, so that
/// * a change of a level is five dependent loads, near the touch and far from it alike;
/// * the best level is the first bit of the first page, and a walk along the side never searches;
/// * a new page costs one search for its neighbour. Nothing is ever copied or recentred when the market moves.
///
/// All memory is allocated by `init`. When all pages are in use the page furthest from the touch makes room (`evicted`).
/// Not thread-safe: part of a book that one stage owns.
struct PriceLadder: ~Copyable {
  /// Keys are below this: 2^34 ticks.
  static var keyLimit: Int64 { 1 << 34 }
  private static var pageBits: Int { 4 }
  private static var rootShift: Int { 24 }
  private static var depth: Int { 5 }
  private static var root: Int { 1 }

  /// Levels that exist.
  private(set) var count = 0
  /// Levels that were given up because the side had no page left.
  private(set) var evicted: Int64 = 0

  /// Pages; number 0 is the sentinel of the list: its `next` is the best page, its `previous` the worst.
  private let pages: UnsafeMutablePointer<Page>
  private let quantities: UnsafeMutablePointer<Int64>
  private let pageCapacity: Int
  private var pageFree = 0
  private var pagesUsed = 1

  /// Trie nodes; number 0 stands for "none" and has only itself for children, so that a search needs no branch.
  private let children: UnsafeMutablePointer<UInt16>
  private let occupied: UnsafeMutablePointer<UInt64>
  private let nodeCapacity: Int
  private var nodeFree = 0
  private var nodesUsed = 2
  /// The nodes from the root to the page that is being unlinked.
  private let path: UnsafeMutablePointer<Int>

  private struct Page {
    /// Key of its first tick, divided by 16.
    var number: Int64 = 0
    var bits: UInt32 = 0
    var next: UInt16 = 0
    var previous: UInt16 = 0
  }

  /// - Parameter pages: how many pages of 16 ticks can exist at once, at most 16384. As many levels are sure to fit.
  init(pages: Int) {
    precondition(pages > 0 && pages <= 16384, "1 to 16384 pages a side")
    pageCapacity = pages + 1
    // A trie over that many pages has at most 1 + 64 + 4096 nodes in its first three steps and one a page below.
    nodeCapacity = 2 + 64 + 4096 + 2 * pages
    self.pages = .allocate(capacity: pageCapacity)
    self.pages.initialize(repeating: Page(), count: pageCapacity)
    quantities = .allocate(capacity: pageCapacity << Self.pageBits)
    quantities.initialize(repeating: 0, count: pageCapacity << Self.pageBits)
    children = .allocate(capacity: nodeCapacity << 6)
    children.initialize(repeating: 0, count: nodeCapacity << 6)
    occupied = .allocate(capacity: nodeCapacity)
    occupied.initialize(repeating: 0, count: nodeCapacity)
    path = .allocate(capacity: Self.depth)
    path.initialize(repeating: 0, count: Self.depth)
  }

  deinit {
    pages.deallocate()
    quantities.deallocate()
    children.deallocate()
    occupied.deallocate()
    path.deallocate()
  }

  /// Forgets all levels, in constant time.
  mutating func removeAll() {
    count = 0
    pages[0] = Page()
    pageFree = 0
    pagesUsed = 1
    nodeFree = 0
    nodesUsed = 2
    clearNode(Self.root)
  }

  /// Sets the quantity at `key`; zero removes the level, and removing what is not there is nothing.
  ///
  /// - Precondition: `key` is in `0..<keyLimit`, `quantity` is not negative.
  mutating func set(_ key: Int64, _ quantity: Int64) {
    let number = key >> Self.pageBits
    let slot = Int(truncatingIfNeeded: key & 15)
    let bit: UInt32 = 1 &<< UInt32(truncatingIfNeeded: slot)
    var page = find(number)
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
    let page = find(key >> Self.pageBits)
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

  // MARK: Pages and the trie above them. Safe throughout: indices come from the structure itself or are masked.

  private func digit(_ number: Int64, _ shift: Int) -> Int {
    Int(truncatingIfNeeded: number &>> Int64(shift)) & 63
  }

  private func find(_ number: Int64) -> Int {
    var node = Self.root
    var shift = Self.rootShift
    while shift >= 0 {
      node = Int(children[node &<< 6 | digit(number, shift)])
      shift &-= 6
    }
    return node
  }

  /// The page with the smallest number above `number`; the sentinel when there is none.
  private func successor(_ number: Int64) -> Int {
    var node = Self.root
    var shift = Self.rootShift
    var branch = 0
    var branchShift = 0
    while shift >= 0, node != 0 {
      let digit = digit(number, shift)
      let above = occupied[node] & (~1 &<< UInt64(digit))
      if above != 0 {
        branch = node &<< 6 | above.trailingZeroBitCount
        branchShift = shift
      }
      node = Int(children[node &<< 6 | digit])
      shift &-= 6
    }
    guard branch != 0 else { return 0 }
    node = Int(children[branch])
    while branchShift > 0 {
      node = Int(children[node &<< 6 | occupied[node].trailingZeroBitCount])
      branchShift &-= 6
    }
    return node
  }

  /// Makes an empty page and links it; 0 when all are in use and each is nearer to the touch than `number`.
  private mutating func insert(_ number: Int64) -> Int {
    if pageFree == 0, pagesUsed == pageCapacity {
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
    let next = successor(number)
    let previous = Int(pages[next].previous)
    pages[page] = Page(
      number: number, bits: 0, next: UInt16(truncatingIfNeeded: next), previous: UInt16(truncatingIfNeeded: previous))
    pages[next].previous = UInt16(truncatingIfNeeded: page)
    pages[previous].next = UInt16(truncatingIfNeeded: page)
    link(page, number)
    return page
  }

  private mutating func link(_ page: Int, _ number: Int64) {
    var node = Self.root
    var shift = Self.rootShift
    while shift >= 0 {
      let digit = digit(number, shift)
      let place = node &<< 6 | digit
      if children[place] == 0 {
        occupied[node] |= 1 &<< UInt64(digit)
        children[place] = UInt16(truncatingIfNeeded: shift == 0 ? page : takeNode())
      }
      node = Int(children[place])
      shift &-= 6
    }
  }

  /// Unlinks an empty or evicted page, with every trie node that led to it alone.
  private mutating func remove(_ page: Int) {
    let gone = pages[page]
    pages[Int(gone.previous)].next = gone.next
    pages[Int(gone.next)].previous = gone.previous
    pages[page].next = UInt16(truncatingIfNeeded: pageFree)
    pages[page].bits = 0
    pageFree = page

    var step = 0
    var node = Self.root
    while step < Self.depth {
      path[step] = node
      node = Int(children[node &<< 6 | digit(gone.number, Self.rootShift &- 6 &* step)])
      step &+= 1
    }
    while step > 0 {
      step &-= 1
      node = path[step]
      let digit = digit(gone.number, Self.rootShift &- 6 &* step)
      children[node &<< 6 | digit] = 0
      occupied[node] &= ~(1 &<< UInt64(digit))
      guard occupied[node] == 0, step > 0 else { return }
      children[node &<< 6] = UInt16(truncatingIfNeeded: nodeFree)
      nodeFree = node
    }
  }

  private mutating func takePage() -> Int {
    if pageFree != 0 {
      let page = pageFree
      pageFree = Int(pages[page].next)
      return page
    }
    pagesUsed &+= 1
    return pagesUsed &- 1
  }

  private mutating func takeNode() -> Int {
    if nodeFree != 0 {
      let node = nodeFree
      nodeFree = Int(children[node &<< 6])
      children[node &<< 6] = 0  // an emptied node has no other child
      return node
    }
    nodesUsed &+= 1
    clearNode(nodesUsed &- 1)  // it may hold what `removeAll` left
    return nodesUsed &- 1
  }

  private func clearNode(_ node: Int) {
    occupied[node] = 0
    (children + node &<< 6).update(repeating: 0, count: 64)
  }
}
