// How the exchange names accounts, assets and orders: dense numbers that are indices of its tables.

import Market

extension InstrumentIndex {
  @inline(always) var i: Int { Int(rawValue) }
}

/// An account of the exchange, counted from 0 in the order of its configuration.
public struct AccountIndex: BitwiseCopyable, Hashable, Sendable {
  public var rawValue: Int32
  @inline(always) public init(_ rawValue: Int32) { self.rawValue = rawValue }
  @inline(always) var i: Int { Int(rawValue) }
}

/// An asset of the exchange, counted from 0 in the order of its configuration.
public struct AssetIndex: BitwiseCopyable, Hashable, Sendable {
  public var rawValue: Int32
  @inline(always) public init(_ rawValue: Int32) { self.rawValue = rawValue }
  @inline(always) var i: Int { Int(rawValue) }
}

/// The exchange's name of an order: the ordinal of its acceptance (40 bits) over the slot that holds it (24 bits).
///
/// Identifiers grow with time; the slot is found without a search, and an identifier whose order is gone finds another
/// ordinal there.
public struct OrderId: BitwiseCopyable, Hashable, Comparable, Sendable {
  public var rawValue: UInt64

  @inline(always) public init(rawValue: UInt64) { self.rawValue = rawValue }
  @inline(always) init(ordinal: UInt64, slot: Int32) { rawValue = ordinal &<< 24 | UInt64(UInt32(bitPattern: slot)) }
  /// The name of no order.
  @inline(always) public static var none: OrderId { OrderId(rawValue: 0) }

  /// The first accepted order has 1.
  @inline(always) public var ordinal: UInt64 { rawValue &>> 24 }
  @inline(always) var slot: Int32 { Int32(truncatingIfNeeded: rawValue & 0xff_ffff) }
  @inline(always) public static func < (a: OrderId, b: OrderId) -> Bool { a.rawValue < b.rawValue }
}
