// The control words in a file, so that another process (the guard) can halt a session that does not listen any more.

import Glibc

/// Why a file cannot be taken for a session's control words.
public enum ControlWordsError: Error, Equatable, CustomStringConvertible {
  case memory(MemoryError)
  case notControlWords
  case unsupportedVersion(UInt32)

  public var description: String {
    switch self {
    case .memory(let error): error.description
    case .notControlWords: "not a file of control words"
    case .unsupportedVersion(let version):
      "control words of version \(version); this program knows version \(ControlWordsFile.version)"
    }
  }
}

/// Control words that lie in a shared file of this user alone.
///
/// | offset | size | |
/// |---|---|---|
/// | 0 | 8 | magic |
/// | 8 | 4 | version |
/// | 16 | 32 | the session's `ProcessIdentity` |
/// | 128 | 16 | `ControlWords` |
public struct ControlWordsFile: Sendable {
  public let words: ControlWords
  /// The process whose session the words govern.
  public let session: ProcessIdentity

  /// "APUSHALT" as bytes.
  private static let magic: UInt64 = 0x544c_4148_5355_5041
  static let version: UInt32 = 1
  private static let identityOffset = 16
  private static let wordsOffset = MemoryBlock.alignment
  private static let byteCount = 2 * MemoryBlock.alignment

  /// Makes the words of this process's session, all zero; whoever has an older session's file mapped keeps that one.
  ///
  /// - Parameter memory: where the file is to lie, with a link at `path`.
  public init(creating path: String, in memory: SharedMemory? = nil) throws(MemoryError) {
    let session = ProcessIdentity.current
    let block = try MemoryBlock(creating: path, byteCount: Self.byteCount, mode: 0o600, in: memory) { start in
      start.storeBytes(of: Self.magic, as: UInt64.self)
      start.storeBytes(of: Self.version, toByteOffset: 8, as: UInt32.self)
      start.storeBytes(of: session, toByteOffset: Self.identityOffset, as: ProcessIdentity.self)
    }
    self.init(block, session)
  }

  /// Joins another process's session.
  public init(opening path: String) throws(ControlWordsError) {
    let block: MemoryBlock
    do {
      block = try MemoryBlock(opening: path, writable: true)
    } catch {
      throw .memory(error)
    }
    guard block.byteCount >= Self.byteCount, block.address.load(as: UInt64.self) == Self.magic else {
      throw .notControlWords
    }
    let version = block.address.load(fromByteOffset: 8, as: UInt32.self)
    guard version == Self.version else { throw .unsupportedVersion(version) }
    self.init(block, block.address.load(fromByteOffset: Self.identityOffset, as: ProcessIdentity.self))
  }

  private init(_ block: MemoryBlock, _ session: ProcessIdentity) {
    words = ControlWords(block.carve(offset: Self.wordsOffset, byteCount: MemoryBlock.alignment))
    self.session = session
  }
}
