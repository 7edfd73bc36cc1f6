// One stage's record ring, as the journal sees it.

public import Pipeline

/// The reading end of a stage's record ring. Belongs to the thread of the journal stage (or of the replay).
public final class RecordSource {
  var consumer: RecordConsumer
  /// What of the oldest waiting records is being written: freed when the file has it.
  var taken = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  public init(_ consumer: consuming RecordConsumer) { self.consumer = consumer }

  /// Bytes that wait to be written.
  public var pendingBytes: Int { consumer.pendingBytes }
}
