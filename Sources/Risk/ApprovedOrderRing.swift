// The ring that carries approved orders from execution to one gateway: its slots cannot be reached from outside.

public import Pipeline

/// A bounded queue of approved orders between execution and one gateway. Take `sender` and `receiver` once each.
///
/// The ring of terms inside is private to this module, so that nobody can put an order in or take one out other than
/// as an `ApprovedOrder`.
@frozen
public struct ApprovedOrderRing: ~Copyable {
  public var sender: ApprovedOrderSender
  public var receiver: ApprovedOrderReceiver

  /// - Parameters:
  ///   - capacity: the number of slots, a power of two.
  ///   - arena: where its memory comes from; nil takes it from the heap.
  public init(capacity: Int, in arena: MemoryArena? = nil) {
    let ring = Ring<ApprovedOrderRecord>(capacity: capacity, in: arena)
    sender = ApprovedOrderSender(ring.producer)
    receiver = ApprovedOrderReceiver(ring.consumer)
  }
}

extension ApprovedOrderRing {
  /// What a ring takes of an arena.
  public static func byteCount(capacity: Int) -> Int { Ring<ApprovedOrderRecord>.byteCount(capacity: capacity) }
}

/// Execution's end. One thread at a time.
public struct ApprovedOrderSender: ~Copyable, Sendable {
  private var slots: RingProducer<ApprovedOrderRecord>

  init(_ slots: consuming RingProducer<ApprovedOrderRecord>) { self.slots = slots }

  public var capacity: Int { slots.capacity }

  /// How many orders can be sent now.
  @_noLocks
  public mutating func freeSlots() -> Int { slots.free }

  /// Sends an order and makes it visible to the gateway.
  ///
  /// - Returns: false when the ring is full; the order is spent either way.
  @_noLocks
  public mutating func trySend(_ order: consuming ApprovedOrder) -> Bool { slots.tryPush(order.record) }

  /// Puts an order in without showing it: `publish` follows, once the order's record is where it outlives the process.
  ///
  /// - Returns: false when the ring is full; the order is spent either way.
  @_noLocks
  public mutating func tryPut(_ order: consuming ApprovedOrder) -> Bool {
    guard let slot = slots.claim() else { return false }
    slot.initialize(to: order.record)
    return true
  }

  /// Makes all orders that were put in visible to the gateway.
  @_noLocks
  public mutating func publish() { slots.publish() }
}

/// The gateway's end. One thread at a time.
public struct ApprovedOrderReceiver: ~Copyable, Sendable {
  private var slots: RingConsumer<ApprovedOrderRecord>

  init(_ slots: consuming RingConsumer<ApprovedOrderRecord>) { self.slots = slots }

  public var capacity: Int { slots.capacity }

  /// How many orders are there, asked of the sender now.
  @_noLocks
  public mutating func available() -> Int { slots.available() }

  /// The oldest order, or nil when there is none.
  @_noLocks
  public mutating func receive() -> ApprovedOrder? {
    guard let record = slots.tryPop() else { return nil }
    return ApprovedOrder(record)
  }
}

/// The same ring with a gate between its ends, for a replay.
@frozen
public struct GatedApprovedOrderRing: ~Copyable {
  public var sender: ApprovedOrderSender
  public var receiver: ApprovedOrderReceiver
  public let gate: RingGate

  /// - Parameter capacity: a power of two, at least twice the session's.
  public init(capacity: Int) {
    let ring = GatedRing<ApprovedOrderRecord>(capacity: capacity)
    gate = ring.gate
    sender = ApprovedOrderSender(ring.producer)
    receiver = ApprovedOrderReceiver(ring.consumer)
  }
}
