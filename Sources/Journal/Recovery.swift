// What a start does with the journal of the session before: reads it to its end, brings in what the record rings of a
// dead process still hold, and closes it. Cold, before any stage runs.

public import Pipeline

/// Why the last session cannot be taken up.
public enum RecoveryError: Error, CustomStringConvertible {
  /// The journal was being created: no stage of that session ever ran. The session before it is the last.
  case neverBegan(String)
  case journal(JournalError)
  case file(FileError)
  /// What the fold itself says against the session's beginning.
  case fold(any Error)

  public var description: String {
    switch self {
    case .neverBegan(let path): "\(path): this session never began"
    case .journal(let error): error.description
    case .file(let error): error.description
    case .fold(let error): "\(error)"
    }
  }
}

/// Why what is left in a record ring was not used. The venue is asked for the rest in any case.
public struct UnusedRing: Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    case unreadable(RecordRingError)
    /// It is what another session left.
    case otherSession
    case otherStage(UInt8)
    /// Records between the journal's last one and the ring's first one are missing: a power cut took them.
    case hole(expected: UInt64, found: UInt64)
  }

  public let file: String
  public let reason: Reason

  public var description: String {
    switch reason {
    case .unreadable(let error): "\(file): \(error)"
    case .otherSession: "\(file) was left by another session"
    case .otherStage(let stage): "\(file) holds the records of stage \(stage)"
    case .hole(let expected, let found): "\(file) begins with record \(found); the journal needs \(expected)"
    }
  }
}

/// A session that has ended, and what its records come to.
public struct RecoveredSession<State: RecordFold> {
  public let header: SessionHeader
  /// The fold of all its records.
  public let state: State
  /// How the journal ended when it was found.
  public let end: JournalEnd
  /// Records that were brought in from the record rings.
  public let drained: UInt64
  /// Records that a stage had begun and not published when the process died: nothing that follows from them ever
  /// left their stage. They are dropped.
  public let unpublished: UInt64
  /// Bytes behind the last whole record, which were cut off.
  public let tornBytes: Int
  public let unusedRings: [UnusedRing]
  /// Snapshot files that were not whole.
  public let damagedSnapshots: [String]
  /// Records folded since the snapshot, and bytes read for it.
  public let foldedRecords: Int
  public let readBytes: Int

  /// The session came to its orderly end.
  public var wasClean: Bool { end == .finished }
}

/// Takes up ended sessions.
public enum Recovery {
  /// Reads a session from its newest snapshot on, completes its journal and closes it.
  ///
  /// Nothing depends on how often this is done: a recovery that is itself cut off leaves a journal that the next one
  /// completes to the same records and the same fold.
  ///
  /// - Parameters:
  ///   - journalDirectory: of the session alone.
  ///   - ringDirectory: where its record rings were (`ringFile`); they are read and left as they are.
  ///   - begin: the fold before the session's first record.
  ///   - decode: a fold from the bytes of a snapshot.
  public static func run<State: RecordFold>(
    journalDirectory: String, ringDirectory: String, begin: (SessionHeader) throws -> State,
    decode: ([UInt8]) throws -> State
  ) throws(RecoveryError) -> RecoveredSession<State> {
    let files: JournalFiles
    do throws(JournalError) {
      files = try JournalFiles(directory: journalDirectory)
    } catch {
      if error == .noJournal(journalDirectory) { throw .neverBegan(journalDirectory) }
      throw .journal(error)
    }
    var opened = try OpenedJournal(files, journalDirectory, begin: begin, decode: decode)
    let end = try opened.readToEnd()
    var repair = JournalRepair(header: opened.reader.header, position: opened.reader.position)
    if end != .finished, !end.isRecovered {
      do throws(FileError) {
        try repair.run(end, files, directory: journalDirectory, rings: ringDirectory)
      } catch {
        throw .file(error)
      }
      for record in repair.records {
        record.withUnsafeBytes {
          let length = $0.loadUnaligned(as: RecordHeader.self).length
          opened.state.fold(UnsafeRawBufferPointer(rebasing: $0[..<Int(length)]))
        }
      }
    }
    return RecoveredSession(
      header: opened.reader.header, state: opened.state, end: end, drained: UInt64(repair.records.count),
      unpublished: repair.unpublished, tornBytes: repair.tornBytes, unusedRings: repair.unusedRings,
      damagedSnapshots: opened.damagedSnapshots, foldedRecords: opened.foldedRecords + repair.records.count,
      readBytes: opened.reader.readBytes)
  }

  /// The record ring file of a stage.
  public static func ringFile(_ stage: String) -> String { "records-" + stage }
}

extension JournalEnd {
  var isRecovered: Bool { if case .recovered = self { true } else { false } }
}

/// A journal opened behind its newest usable snapshot, and the fold so far.
struct OpenedJournal<State: RecordFold> {
  var reader: JournalReader
  var state: State
  var damagedSnapshots: [String] = []
  var foldedRecords = 0

  init(
    _ files: JournalFiles, _ directory: String, begin: (SessionHeader) throws -> State,
    decode: ([UInt8]) throws -> State
  ) throws(RecoveryError) {
    var damaged: [String] = []
    for name in try Self.snapshots(directory) {
      do {
        let bytes = try File.openForReading(directory + "/" + name).readAll()
        guard let snapshot = JournalSnapshot(encoded: bytes) else { throw JournalError.badPosition }
        state = try decode(snapshot.fold)
        reader = try JournalReader(files, from: snapshot.position, session: snapshot.session)
        damagedSnapshots = damaged
        return
      } catch {
        damaged.append(name)  // An older one, or none, only means to read more.
      }
    }
    do throws(JournalError) {
      reader = try JournalReader(files)
    } catch {
      // A header is durable before the first record: a broken one of the only segment stands before no record.
      if case .badHeader = error, files.names.count == 1 { throw .neverBegan(directory) }
      throw .journal(error)
    }
    do { state = try begin(reader.header) } catch { throw .fold(error) }
    damagedSnapshots = damaged
  }

  /// Newest first.
  private static func snapshots(_ directory: String) throws(RecoveryError) -> [String] {
    do throws(FileError) {
      return try Directory.names(directory).filter { JournalSnapshot.number(of: $0) != nil }.reversed()
    } catch {
      throw .file(error)
    }
  }

  mutating func readToEnd() throws(RecoveryError) -> JournalEnd {
    do throws(JournalError) {
      while let record = try reader.next() {
        record.bytes.withUnsafeBytes { state.fold($0) }
        foldedRecords += 1
      }
    } catch {
      throw .journal(error)
    }
    return reader.end ?? .unfinished
  }
}
