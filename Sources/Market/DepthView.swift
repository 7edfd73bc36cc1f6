// The best levels of one side of a book in vector form.

/// The sixteen best levels of a side. Levels that do not exist have quantity 0 and lie infinitely far away.
struct DepthView: BitwiseCopyable {
  /// Prices of the eight best levels, in ticks from the reader's anchor, clamped to 32 bits.
  var ticks = SIMD8<Int32>(repeating: 0)
  /// Distances of the eight best levels from the best one, in ticks, without sign; 0 for missing ones.
  var distances = SIMD8<Float>(repeating: 0)
  /// Quantities in lots of levels 1 to 8, and 9 to 16.
  var near = SIMD8<Float>(repeating: 0)
  var far = SIMD8<Float>(repeating: 0)
  /// How many of the eight best exist.
  var nearCount = 0

  static var levels: Int { 16 }

  /// Quantity of the best 1, 4, 8 and 16 levels.
  @inline(always)
  var cumulative: SIMD4<Float> {
    let four = FastMath.sum(near.lowHalf)
    let eight = four + FastMath.sum(near.highHalf)
    return SIMD4(near[0], four, eight, eight + FastMath.sum(far))
  }

  /// Ticks from the best to the last of the eight best levels that exist.
  @inline(always)
  var span: Float { distances[nearCount &- 1] }

  /// Ticks from the best to the second level; 0 when it is the only one.
  @inline(always)
  var gap: Float { distances[1] }
}

/// Reads `DepthView`s through scratch memory of its own.
struct DepthReader: ~Copyable {
  /// The price that ticks are counted from.
  var anchor = Price(ticks: 0)
  private let levels: UnsafeMutableBufferPointer<BookLevel>
  private let ticks: UnsafeMutablePointer<Int32>
  private let lots: UnsafeMutablePointer<Float>
  private let distances: UnsafeMutablePointer<Float>

  init() {
    levels = .allocate(capacity: DepthView.levels)
    levels.initialize(repeating: .none)
    ticks = .allocate(capacity: 8)
    ticks.initialize(repeating: 0, count: 8)
    lots = .allocate(capacity: DepthView.levels)
    lots.initialize(repeating: 0, count: DepthView.levels)
    distances = .allocate(capacity: 8)
    distances.initialize(repeating: 0, count: 8)
  }

  deinit {
    levels.deallocate()
    ticks.deallocate()
    lots.deallocate()
    distances.deallocate()
  }

  func read(_ book: borrowing OrderBook, _ side: Side) -> DepthView {
    let count = book.levels(side, into: levels)
    let nearCount = count < 8 ? count : 8
    var i = 0
    while i < count {
      lots[i] = Float(levels[i].quantity.lots)
      i &+= 1
    }
    while i < DepthView.levels {
      lots[i] = 0
      i &+= 1
    }
    i = 0
    while i < nearCount {
      ticks[i] = clamped(levels[i].price.ticks &- anchor.ticks)
      distances[i] = Float((levels[i].price.ticks &- levels[0].price.ticks).magnitude)
      i &+= 1
    }
    while i < 8 {
      ticks[i] = side == .buy ? .min : .max
      distances[i] = 0
      i &+= 1
    }
    // Safe: the scratch buffers have exactly these sizes; loads need no alignment beyond their element's.
    return DepthView(
      ticks: UnsafeRawPointer(ticks).loadUnaligned(as: SIMD8<Int32>.self),
      distances: UnsafeRawPointer(distances).loadUnaligned(as: SIMD8<Float>.self),
      near: UnsafeRawPointer(lots).loadUnaligned(as: SIMD8<Float>.self),
      far: UnsafeRawPointer(lots + 8).loadUnaligned(as: SIMD8<Float>.self), nearCount: nearCount)
  }

  private func clamped(_ ticks: Int64) -> Int32 {
    if ticks > Int64(Int32.max) { return .max }
    if ticks < Int64(Int32.min) { return .min }
    return Int32(truncatingIfNeeded: ticks)
  }
}
