// The window of fills already counted: a fill that is told twice counts once. One thread.

import Market

/// What makes a fill unique. Trade ids are unique within a venue's instrument.
struct FillKey: BitwiseCopyable {
  var trade: UInt64
  var scope: UInt64

  @inline(always)
  init(trade: UInt64, venue: VenueIndex, account: UInt8, instrument: InstrumentIndex) {
    self.trade = trade
    scope = UInt64(venue.rawValue) << 24 | UInt64(account) << 16 | UInt64(instrument.rawValue)
  }
}

/// The last `capacity` fills, in a ring for the order of arrival and a hash table for the look-up.
///
/// The two copies of a fill (the reply and the user stream) are apart by at most the venue's reply bound, 10 s; with
/// Binance's 100 orders per 10 s, 16,384 fills leave 163 fills to each order between its copies. A copy that came
/// later still would show as an overfill and halt the instrument.
struct FillWindow: ~Copyable {
  static var defaultCapacity: Int { 16_384 }

  let capacity: Int
  private let keys: UnsafeMutablePointer<FillKey>
  /// Place in `keys` plus one; 0 is empty. Twice as many slots as keys keep the probes short.
  private let slots: UnsafeMutablePointer<Int32>
  private let slotMask: Int
  private var count = 0

  init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "the fill window's capacity is a power of two")
    self.capacity = capacity
    slotMask = capacity * 2 - 1
    keys = .allocate(capacity: capacity)
    slots = .allocate(capacity: capacity * 2)
    slots.initialize(repeating: 0, count: capacity * 2)
  }

  deinit {
    keys.deallocate()
    slots.deallocate()
  }

  /// Remembers a fill, forgetting the oldest when full.
  ///
  /// - Returns: false when it is there already.
  @inline(always)
  mutating func insert(_ key: FillKey) -> Bool {
    var slot = hash(key)
    while slots[slot] != 0 {
      let known = keys[Int(slots[slot]) &- 1]
      if known.trade == key.trade && known.scope == key.scope { return false }
      slot = (slot &+ 1) & slotMask
    }
    let place = count & (capacity &- 1)
    if count >= capacity {
      remove(place)
      slot = hash(key)  // the removal may have moved entries into or out of the run
      while slots[slot] != 0 { slot = (slot &+ 1) & slotMask }
    }
    (keys + place).initialize(to: key)
    slots[slot] = Int32(truncatingIfNeeded: place &+ 1)
    count &+= 1
    return true
  }

  /// Whether a fill is remembered.
  @inline(always)
  func contains(_ key: FillKey) -> Bool {
    var slot = hash(key)
    while slots[slot] != 0 {
      let known = keys[Int(slots[slot]) &- 1]
      if known.trade == key.trade && known.scope == key.scope { return true }
      slot = (slot &+ 1) & slotMask
    }
    return false
  }

  /// Deletion from linear probing by moving later entries of the run back (Knuth, TAOCP 3, 6.4, algorithm R).
  private mutating func remove(_ place: Int) {
    var hole = hash(keys[place])
    while Int(slots[hole]) != place &+ 1 { hole = (hole &+ 1) & slotMask }
    var slot = (hole &+ 1) & slotMask
    while slots[slot] != 0 {
      let home = hash(keys[Int(slots[slot]) &- 1])
      if (slot &- home) & slotMask >= (slot &- hole) & slotMask {
        slots[hole] = slots[slot]
        hole = slot
      }
      slot = (slot &+ 1) & slotMask
    }
    slots[hole] = 0
  }

  /// Fibonacci hashing: trade ids are consecutive.
  @inline(always)
  private func hash(_ key: FillKey) -> Int {
    Int(truncatingIfNeeded: ((key.trade ^ key.scope << 32) &* 0x9E37_79B9_7F4A_7C15) >> 32) & slotMask
  }
}
