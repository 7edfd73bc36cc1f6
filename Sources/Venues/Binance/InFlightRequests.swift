// The requests that were sent and not answered. One thread.

internal import Market

/// A request under way.
struct InFlightRequest: BitwiseCopyable {
  var identifier: UInt64 = 0
  var kind = BinanceRequestKind.none
  /// The connection that it was sent on.
  var connection: UInt8 = 0
  var clientOrder = ClientOrderIdentifier.none
  /// Position of the instrument in the session; -1 where there is none.
  var instrument = -1
  var side = Side.buy
  var sentNs: Int64 = 0
  var weight: Int64 = 0
  /// The record that led to it: an order's or a request's cause.
  var cause: UInt64 = 0
}

/// A table of fixed size, indexed by the low bits of the identifier.
struct InFlightRequests: ~Copyable {
  /// More than the orders and cancels that Binance's own limits allow within a reply timeout (50 orders in 10 s).
  static var capacity: Int { 256 }

  private let places: UnsafeMutablePointer<InFlightRequest>
  private(set) var count = 0
  /// Every identifier below this one is answered.
  private var oldest: UInt64 = 1
  private(set) var next: UInt64 = 1

  init() {
    places = .allocate(capacity: Self.capacity)
    places.initialize(repeating: InFlightRequest(), count: Self.capacity)
  }

  deinit { places.deallocate() }

  /// A new identifier: the next one whose place is free. An old request without an answer keeps its place while others
  /// come and go.
  mutating func takeIdentifier() -> UInt64 {
    var tries = 0
    while place(next).pointee.kind != .none, tries < Self.capacity {
      next &+= 1
      tries &+= 1
    }
    defer { next &+= 1 }
    return next
  }

  /// Whether another request may be under way; then `takeIdentifier` finds a place.
  var hasRoom: Bool { count < Self.capacity }

  mutating func insert(_ request: InFlightRequest) {
    precondition(place(request.identifier).pointee.kind == .none, "asked before: hasRoom")
    place(request.identifier).pointee = request
    count &+= 1
  }

  /// Removes and returns the request with that identifier.
  mutating func take(_ identifier: UInt64) -> InFlightRequest? {
    let found = place(identifier).pointee
    guard found.kind != .none, found.identifier == identifier else { return nil }
    place(identifier).pointee.kind = .none
    count &-= 1
    return found
  }

  /// Removes and returns the request with that identifier if it was sent on that connection.
  mutating func take(_ identifier: UInt64, on connection: Int) -> InFlightRequest? {
    guard Int(place(identifier).pointee.connection) == connection else { return nil }
    return take(identifier)
  }

  /// Removes and returns the first request that was sent on that connection.
  mutating func takeFirst(of connection: Int) -> InFlightRequest? {
    var earliest = UInt64.max
    for i in 0..<Self.capacity where places[i].kind != .none && Int(places[i].connection) == connection {
      earliest = min(earliest, places[i].identifier)
    }
    return earliest == .max ? nil : take(earliest)
  }

  /// The request that was sent first.
  mutating func first() -> InFlightRequest? {
    guard count > 0 else {
      oldest = next
      return nil
    }
    while oldest < next {
      let found = place(oldest).pointee
      if found.kind != .none, found.identifier == oldest { return found }
      oldest &+= 1
    }
    return nil
  }

  private func place(_ identifier: UInt64) -> UnsafeMutablePointer<InFlightRequest> {
    places + Int(truncatingIfNeeded: identifier & UInt64(Self.capacity &- 1))  // Safe: the mask bounds it.
  }
}
