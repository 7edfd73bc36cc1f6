// The number of a session's start, durable before its first order, so that no two sessions share an order identifier.

import CShims
import Glibc

/// Why there is no boot epoch, and what to do.
public enum BootEpochError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  /// Another process trades with this state directory.
  case inUse(String)
  /// The directory holds other state, but not the epoch: beginning again at 1 could reuse identifiers.
  case missing(String)
  case damaged(String)
  /// 2^24 - 1 sessions were started.
  case usedUp

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .inUse(let path): "\(path) is in use by another process: one state directory serves one session at a time"
    case .missing(let path):
      "\(path) is missing beside other state: restore it from a backup, or start with an empty directory and another "
        + "account, so that no order identifier is used twice"
    case .damaged(let path): "\(path) is damaged: restore it from a backup (its number may only grow)"
    case .usedUp: "all 16,777,215 boot epochs are used: start with an empty state directory"
    }
  }
}

/// The boot epoch of this session. Keeps the state directory locked against other processes as long as it lives.
public struct BootEpoch: ~Copyable {
  /// From 1, below 2^24: the upper bits of `ClientOrderIdentifier`.
  public let value: UInt32
  private let directory: File

  package static let maximum: UInt32 = 1 << 24 - 1
  static let fileName = "boot-epoch"

  /// Takes the next number and makes it durable: written beside the old one, synced, put in its place, and the
  /// directory synced. A crash at any point leaves the old or the new number.
  ///
  /// - Parameter stateDirectory: created when it is not there; the numbers begin at 1 only if it was empty.
  public init(stateDirectory: String) throws(BootEpochError) {
    let path = stateDirectory + "/" + BootEpoch.fileName
    let directory = try BootEpoch.lock(stateDirectory)
    let next = try BootEpoch.last(path, stateDirectory) + 1
    guard next <= BootEpoch.maximum else { throw .usedUp }
    do throws(FileError) {
      let temporary = path + ".new"
      try Directory.remove(temporary)
      let file = try File.create(temporary)
      try file.write(Array(BootEpoch.text(next).utf8), at: 0)
      try file.sync()
      try Directory.rename(temporary, to: path)
      try directory.sync()
    } catch {
      throw .file(error)
    }
    value = next
    self.directory = directory
  }

  private static func lock(_ stateDirectory: String) throws(BootEpochError) -> File {
    do throws(FileError) {
      try Directory.create(stateDirectory)
      let directory = try File.openDirectory(stateDirectory)
      try directory.lock()
      return directory
    } catch {
      throw error.code == EWOULDBLOCK ? .inUse(stateDirectory) : .file(error)
    }
  }

  /// The number of the last session; 0 in an empty directory.
  private static func last(_ path: String, _ stateDirectory: String) throws(BootEpochError) -> UInt32 {
    var names: [String] = []
    var bytes: [UInt8] = []
    do throws(FileError) {
      names = try Directory.names(stateDirectory).filter { $0 != fileName + ".new" }
      if names.contains(fileName) { bytes = try File.openForReading(path).readAll() }
    } catch {
      throw .file(error)
    }
    if names.isEmpty { return 0 }
    guard names.contains(fileName) else { throw .missing(path) }
    guard let text = String(validating: bytes, as: UTF8.self), let word = text.split(separator: " ").dropFirst(2).first,
      let value = UInt32(word), BootEpoch.text(value) == text
    else { throw .damaged(path) }
    return value
  }

  /// One line with a checksum: `apus boot-epoch 12 crc32c 1f2e3d4c`.
  package static func text(_ value: UInt32) -> String {
    let words = "apus boot-epoch \(value)"
    let digits = String(apus_crc32c(0, words, words.utf8.count), radix: 16)
    return words + " crc32c " + String(repeating: "0", count: 8 - digits.count) + digits + "\n"
  }
}
