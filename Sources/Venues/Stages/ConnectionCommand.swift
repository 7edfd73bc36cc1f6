// What a protocol core wants done with one of its channels.

/// The stage carries it out after each input.
public enum ConnectionCommand: UInt8, BitwiseCopyable, Sendable {
  case none
  /// Connect, and stay connected.
  case open
  /// Close; the channel connects again after its back-off.
  case reopen
  /// Close and stay closed.
  case shut
}
