// The outgoing bytes of one connection: written at the end, taken by the kernel from the front, never moved between.

/// A fixed buffer whose bytes stay where they are until the kernel has them, as io_uring demands.
///
/// It empties from the front and begins anew when it is empty: with a peer that takes what it is sent, that is after
/// every send.
struct SendBuffer: ~Copyable {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private var head = 0
  private var tail = 0

  init(capacity: Int) {
    self.capacity = capacity
    base = .allocate(byteCount: capacity, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)  // pre-faults
  }

  deinit { base.deallocate() }

  var space: UnsafeMutableRawBufferPointer {
    @_noLocks get { UnsafeMutableRawBufferPointer(start: base + tail, count: capacity &- tail) }
  }

  var pending: UnsafeRawBufferPointer {
    @_noLocks get { UnsafeRawBufferPointer(start: base + head, count: tail &- head) }
  }

  @_noLocks
  mutating func commit(_ count: Int) {
    precondition(count >= 0 && count <= capacity &- tail)
    tail &+= count
  }

  @_noLocks
  mutating func sent(_ count: Int) {
    precondition(count >= 0 && count <= tail &- head)
    head &+= count
    if head == tail { reset() }
  }

  @_noLocks
  mutating func reset() {
    head = 0
    tail = 0
  }
}
