// Counters and gauges in memory that another process can read.

import Synchronization

/// One counter with one writer; readers may be in other processes.
public struct Counter: @unchecked Sendable {  // Safe: one aligned word, read and written atomically.
  @usableFromInline let word: UnsafeMutablePointer<Atomic<Int64>>

  public init(_ word: UnsafeMutablePointer<Atomic<Int64>>) { self.word = word }

  /// Adds without a locked instruction: there is only one writer.
  @inline(always)
  public func add(_ amount: Int64 = 1) {
    word.pointee.store(word.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// Sets a gauge.
  @inline(always) public func set(_ value: Int64) { word.pointee.store(value, ordering: .relaxed) }
  @inline(always) public var value: Int64 { word.pointee.load(ordering: .relaxed) }
}
