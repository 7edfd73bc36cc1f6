// What is kept of a session's records besides the records themselves.

/// A value that follows from records alone: folded while the journal writes them, saved in its snapshots, and folded
/// again by the next start from the records behind the newest snapshot.
///
/// Cold: it belongs to the journal stage's thread, or to a start before any stage runs.
public protocol RecordFold: Sendable {
  /// Takes the next record in. Records of one stage come in their order; those of different stages in any.
  ///
  /// - Parameter record: header and payload, whole and checked.
  mutating func fold(_ record: UnsafeRawBufferPointer)

  /// The value as bytes that say whether they are whole.
  var encoded: [UInt8] { get }
}
