// Where the pages of a price ladder are: a trie over page numbers.

/// Finds pages by number in five dependent loads, and the next page above a number in at most ten.
///
/// Six bits of the number a step, 2^30 numbers. A node is a bitmap of its children and their indices; a child of the last
/// step is a page. All memory is allocated by `init`. Safe throughout: indices come from the structure or are masked.
struct PageTrie: ~Copyable {
  private static var depth: Int { 5 }
  private static var rootShift: Int { 6 * (depth - 1) }
  private static var root: Int { 1 }

  /// Node 0 stands for "none" and has only itself for children, so that a search needs no branch.
  private let children: UnsafeMutablePointer<UInt16>
  private let occupied: UnsafeMutablePointer<UInt64>
  private var freeNode = 0
  private var nodesUsed = 2
  /// The nodes from the root to the page that is being removed.
  private let path: UnsafeMutablePointer<Int>

  /// - Parameter pages: the most pages that are ever in it at once, at most 16384 (node indices have 16 bits).
  init(pages: Int) {
    precondition(pages > 0 && pages <= 16384, "1 to 16384 pages a side")
    // At most 1 + 64 + 4096 nodes in the first three steps and one a page in each; and the node "none".
    let nodes = 2 + min(64, pages) + min(4096, pages) + 2 * pages
    children = .allocate(capacity: nodes << 6)
    children.initialize(repeating: 0, count: nodes << 6)
    occupied = .allocate(capacity: nodes)
    occupied.initialize(repeating: 0, count: nodes)
    path = .allocate(capacity: Self.depth)
    path.initialize(repeating: 0, count: Self.depth)
  }

  deinit {
    children.deallocate()
    occupied.deallocate()
    path.deallocate()
  }

  /// Forgets all pages, in constant time.
  mutating func removeAll() {
    freeNode = 0
    nodesUsed = 2
    clear(Self.root)
  }

  /// The page with that number; 0 when there is none.
  @inline(always)
  func find(_ number: Int64) -> Int {
    var node = Self.root
    var shift = Self.rootShift
    while shift >= 0 {
      node = Int(children[node &<< 6 | digit(number, shift)])
      shift &-= 6
    }
    return node
  }

  /// The page with the smallest number above `number`; 0 when there is none.
  func successor(_ number: Int64) -> Int {
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

  mutating func insert(_ number: Int64, page: Int) {
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

  /// Removes a page that is there, with every node that led to it alone.
  mutating func remove(_ number: Int64) {
    var step = 0
    var node = Self.root
    while step < Self.depth {
      path[step] = node
      node = Int(children[node &<< 6 | digit(number, Self.rootShift &- 6 &* step)])
      step &+= 1
    }
    while step > 0 {
      step &-= 1
      node = path[step]
      let digit = digit(number, Self.rootShift &- 6 &* step)
      children[node &<< 6 | digit] = 0
      occupied[node] &= ~(1 &<< UInt64(digit))
      guard occupied[node] == 0, step > 0 else { return }
      children[node &<< 6] = UInt16(truncatingIfNeeded: freeNode)
      freeNode = node
    }
  }

  @inline(always)
  private func digit(_ number: Int64, _ shift: Int) -> Int {
    Int(truncatingIfNeeded: number &>> Int64(shift)) & 63
  }

  private mutating func takeNode() -> Int {
    if freeNode != 0 {
      let node = freeNode
      freeNode = Int(children[node &<< 6])
      children[node &<< 6] = 0  // an emptied node has no other child
      return node
    }
    nodesUsed &+= 1
    clear(nodesUsed &- 1)  // it may hold what was there before `removeAll`
    return nodesUsed &- 1
  }

  private func clear(_ node: Int) {
    occupied[node] = 0
    (children + node &<< 6).update(repeating: 0, count: 64)
  }
}
