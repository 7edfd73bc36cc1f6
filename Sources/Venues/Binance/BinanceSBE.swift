// The layout of Binance's SBE market streams: where each field lies, and reading blocks, groups and text without trust.
//
// Source: binance-spot-api-docs, sbe/schemas/stream_1_0.xml (schema 1, version 0; little endian), and
// sbe-market-data-streams.md.

/// Offsets within a block, in the order of the schema, and what version 0 has of it at least.
///
/// A later version may append fields to a block, and groups or data to a message; what is known never moves. The length of
/// a block is therefore taken from the message.
enum BinanceSBE {
  static var schema: UInt16 { 1 }

  /// `messageHeader`.
  enum Header {
    static var rootByteCount: Int { 0 }
    static var template: Int { 2 }
    static var schema: Int { 4 }
    static var byteCount: Int { 8 }
  }

  /// `TradesStreamEvent`: `eventTime` (0), `transactTime`, exponents, group `trades`.
  enum Trades {
    static var template: UInt16 { 10_000 }
    static var transactTime: Int { 8 }
    static var priceExponent: Int { 16 }
    static var quantityExponent: Int { 17 }
    static var byteCount: Int { 18 }
  }

  /// An element of `trades`. `isBestMatch` is constant: it takes no bytes.
  enum Trade {
    static var identifier: Int { 0 }
    static var price: Int { 8 }
    static var quantity: Int { 16 }
    static var buyerIsMaker: Int { 24 }
    static var byteCount: Int { 25 }
  }

  /// `BestBidAskStreamEvent`.
  enum Touch {
    static var template: UInt16 { 10_001 }
    static var eventTime: Int { 0 }
    static var update: Int { 8 }
    static var priceExponent: Int { 16 }
    static var quantityExponent: Int { 17 }
    static var bid: Int { 18 }
    static var ask: Int { 34 }
    static var byteCount: Int { 50 }
  }

  /// `DepthDiffStreamEvent`: root, groups `bids` and `asks`.
  enum Depth {
    static var template: UInt16 { 10_003 }
    static var eventTime: Int { 0 }
    static var firstUpdate: Int { 8 }
    static var lastUpdate: Int { 16 }
    static var priceExponent: Int { 24 }
    static var quantityExponent: Int { 25 }
    static var byteCount: Int { 26 }
  }

  /// An element of `bids` and `asks`, and each side of `BestBidAskStreamEvent`.
  enum Level {
    static var price: Int { 0 }
    static var quantity: Int { 8 }
    static var byteCount: Int { 16 }
  }

  /// Whether a frame is JSON, as the answers to control messages are: it opens an object. An event that begins with the same
  /// character has a root of 123 bytes and a multiple of 256, and JSON goes on with nothing below 9 (a tab).
  @inline(always)
  static func isText(_ frame: UnsafeRawBufferPointer) -> Bool {
    frame.count >= 2 && frame[0] == UInt8(ascii: "{") && frame[1] >= 9
  }
}

/// A block of a message: as many bytes as its reader was asked for.
struct SBEBlock: BitwiseCopyable {
  fileprivate let start: UnsafeRawPointer

  @inline(always) func byte(_ offset: Int) -> UInt8 { start.load(fromByteOffset: offset, as: UInt8.self) }
  @inline(always) func exponent(_ offset: Int) -> Int8 { Int8(bitPattern: byte(offset)) }
  @inline(always) func short(_ offset: Int) -> UInt16 {
    UInt16(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
  @inline(always) func integer(_ offset: Int) -> Int64 {
    Int64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: Int64.self))
  }
}

/// The elements of a group, all of one length.
struct SBEGroup: BitwiseCopyable {
  private(set) var count: Int
  private var first: SBEBlock
  private let stride: Int

  /// No elements.
  static var empty: SBEGroup {
    @inline(always) get {
      SBEGroup(SBEBlock(start: UnsafeRawPointer(bitPattern: 1)!), count: 0, stride: 0)  // Safe: never read.
    }
  }

  @inline(always)
  fileprivate init(_ first: SBEBlock, count: Int, stride: Int) {
    self.first = first
    self.count = count
    self.stride = stride
  }

  @inline(always)
  subscript(_ position: Int) -> SBEBlock {
    precondition(position >= 0 && position < count)
    return SBEBlock(start: first.start + position &* stride)
  }

  @inline(always)
  mutating func removeFirst() {
    precondition(count > 0)
    count &-= 1
    if count > 0 { first = SBEBlock(start: first.start + stride) }
  }
}

/// The part of a message that was not read yet. What is asked for beyond its end is nil.
struct SBEReader: BitwiseCopyable {
  private var next: UnsafeRawPointer
  private let end: UnsafeRawPointer

  @inline(always)
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return nil }
    next = start
    end = start + bytes.count
  }

  @inline(always)
  private mutating func take(_ byteCount: Int) -> UnsafeRawPointer? {
    guard byteCount <= end - next else { return nil }
    defer { next += byteCount }
    return next
  }

  /// A block of a length that the message tells.
  ///
  /// - Parameter known: what is read of it; nil when it is shorter.
  @inline(always)
  mutating func block(_ byteCount: Int, atLeast known: Int) -> SBEBlock? {
    guard byteCount >= known, let start = take(byteCount) else { return nil }
    return SBEBlock(start: start)
  }

  @inline(always)
  mutating func short() -> UInt16? {
    guard let start = take(2) else { return nil }
    return UInt16(littleEndian: start.loadUnaligned(as: UInt16.self))
  }

  /// A group with `groupSize16Encoding`.
  @inline(always)
  mutating func group(atLeast known: Int) -> SBEGroup? {
    guard let stride = short(), let count = short() else { return nil }
    return elements(Int(count), Int(stride), known)
  }

  /// A group with `groupSizeEncoding`, which counts in 32 bits.
  @inline(always)
  mutating func longGroup(atLeast known: Int) -> SBEGroup? {
    guard let stride = short(), let count = take(4) else { return nil }
    return elements(Int(UInt32(littleEndian: count.loadUnaligned(as: UInt32.self))), Int(stride), known)
  }

  @inline(always)
  private mutating func elements(_ count: Int, _ stride: Int, _ known: Int) -> SBEGroup? {
    // Safe: a product of 16 and 32 bits.
    guard stride >= known, let start = take(count &* stride) else { return nil }
    return SBEGroup(SBEBlock(start: start), count: count, stride: stride)
  }

  /// A `varString8`.
  @inline(always)
  mutating func text() -> JSONText? {
    guard let length = take(1) else { return nil }
    let count = Int(length.load(as: UInt8.self))
    guard let start = take(count) else { return nil }
    return JSONText(start: start.assumingMemoryBound(to: UInt8.self), count: count)
  }
}
