// A thread on one CPU, for measurements with two ends.

import CShims

/// A thread that runs a body on one CPU. Join it once.
struct PinnedThread {
  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: UInt64

  init(cpu: Int, _ body: @escaping @Sendable () -> Void) {
    let context = Unmanaged.passRetained(Body(body)).toOpaque()
    var started: UInt64 = 0
    let result = apus_thread_start(
      &started, Int32(cpu), 0,
      { context in
        Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context)
    precondition(result == 0, "no thread on CPU \(cpu): errno \(-result)")
    thread = started
  }

  func join() { apus_thread_join(thread) }
}
