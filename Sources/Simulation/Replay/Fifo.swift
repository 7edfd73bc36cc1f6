// A queue of messages on the wire.

/// First in, first out, in a ring that doubles when it is full: nothing is allocated once it has its size. One owner.
struct Fifo<Element: BitwiseCopyable>: ~Copyable {
  private var elements: UnsafeMutablePointer<Element>
  private var capacity = 64
  private var head = 0
  private(set) var count = 0

  init() { elements = .allocate(capacity: capacity) }

  deinit { elements.deallocate() }

  /// The oldest; there must be one.
  @inline(__always)
  var first: Element { elements[head] }

  /// The newest; there must be one.
  @inline(__always)
  var last: Element { elements[(head &+ count &- 1) & (capacity &- 1)] }

  mutating func append(_ element: Element) {
    if count == capacity { grow() }
    elements[(head &+ count) & (capacity &- 1)] = element
    count &+= 1
  }

  mutating func removeFirst() -> Element {
    precondition(count > 0)
    defer {
      head = (head &+ 1) & (capacity &- 1)
      count &-= 1
    }
    return elements[head]
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
    for i in 0..<count { (larger + i).initialize(to: elements[(head + i) & (capacity - 1)]) }
    elements.deallocate()
    elements = larger
    capacity *= 2
    head = 0
  }
}

/// An order on its way, and when it arrives.
struct OrderInFlight: BitwiseCopyable {
  var arrivalNs: Int64
  var order: ReplayOrder
}

extension Fifo where Element == OrderInFlight {
  /// When the next message arrives; later than anything when there is none.
  @inline(__always)
  var nextNs: Int64 { count == 0 ? .max : first.arrivalNs }

  /// Messages do not overtake each other: the arrival is the later of the previous one's and the own.
  mutating func send(_ order: ReplayOrder, arrivalNs: Int64) {
    append(OrderInFlight(arrivalNs: count == 0 ? arrivalNs : max(arrivalNs, last.arrivalNs), order: order))
  }
}
