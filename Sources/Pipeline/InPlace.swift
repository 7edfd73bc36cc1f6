// A field that keeps the compiler from copying the struct that holds it. Any thread; nothing is read or written.

private import Synchronization

/// Gives a noncopyable struct an identity in memory, so that it is lent by its address.
///
/// A method that only reads `self` gets a large struct of plain fields, noncopyable or not, in a temporary: the caller copies
/// all of it to its stack before the call, 1,289 bytes for the execution stage (Swift 6.3). A struct with an atomic in it has to
/// stay where it is, so the call takes its address. Costs a byte of the struct. `scripts/hot-path-gate` tells where such copies
/// are made.
public struct InPlace: ~Copyable, Sendable {
  private let cell = Atomic<UInt8>(0)

  @_noLocks
  public init() {}
}
