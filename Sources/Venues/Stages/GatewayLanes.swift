// The ring ends that a gateway takes its work from, one ring a lane, in the order in which they are polled.

public import Market
public import Pipeline
public import Risk

/// What execution sends to one gateway. A lane is a ring of its own, so that what is urgent never stands behind what
/// is not.
@frozen
public struct GatewayLanes: ~Copyable {
  /// Cancels that a halt, a flattening or the guard wants: they overtake everything.
  public var emergency: RingConsumer<GatewayRequest>
  /// Cancels and queries.
  public var requests: RingConsumer<GatewayRequest>
  public var amends: ApprovedOrderReceiver
  /// New orders.
  public var orders: ApprovedOrderReceiver

  public init(
    emergency: consuming RingConsumer<GatewayRequest>, requests: consuming RingConsumer<GatewayRequest>,
    amends: consuming ApprovedOrderReceiver, orders: consuming ApprovedOrderReceiver
  ) {
    self.emergency = emergency
    self.requests = requests
    self.amends = amends
    self.orders = orders
  }
}

/// A lane's place in `StepRecord.consumed`.
public enum GatewayLane: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case emergency = 0
  case requests = 1
  case amends = 2
  case orders = 3
}

/// Elements of each lane taken in one step: a burst longer than this is spread over steps, so that replies are read
/// between. Apart from the stage, whose type parameter would make each a generic call.
@usableFromInline
enum GatewayBatch {
  @inlinable static var requestLimit: Int { 32 }
  @inlinable static var orderLimit: Int { 16 }
}
