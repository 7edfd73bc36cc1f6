// What a restart reads: the account of a snapshot and of records, and the record rings of a dead process.

import CShims
import Execution
import Foundation
import Market
import Pipeline

/// An account: decoded as it is and with its checksum put right, then folded with records of arbitrary bytes.
final class AccountTarget: FuzzTarget {
  let name = "account"
  let seeds: [[UInt8]]
  private static let checksum = 12

  init() {
    let empty = AccountState(stage: 4, instruments: [bitcoin])
    var seeds = [empty.encoded]
    for type in RecordType.allCases {
      let payload = [UInt8](repeating: 1, count: 200)
      let header = RecordHeader(
        length: UInt32(RecordHeader.byteCount + payload.count), type: type.rawValue, version: 1, stage: 4, sequence: 1,
        cause: 0, timeNs: 5)
      seeds.append(withUnsafeBytes(of: header) { Array($0) } + payload)
    }
    self.seeds = seeds
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    var account = AccountState(stage: 4, instruments: [bitcoin])
    account.fold(bytes)
    check(account)
    if let decoded = try? AccountState(encoded: Self.repaired(Array(bytes))) { check(decoded) }
    _ = try? AccountState(encoded: Array(bytes))
  }

  private func check(_ account: AccountState) {
    let again = try? AccountState(encoded: account.encoded)
    require(again == account, "an account that does not survive being written")
  }

  private static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= checksum + 4 else { return bytes }
    var bytes = bytes
    for i in 0..<4 { bytes[checksum + i] = 0 }
    let sum = apus_crc32c(0, bytes, bytes.count)
    for i in 0..<4 { bytes[checksum + i] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(i))) }
    return bytes
  }
}

/// The file of a record ring whose process died at any moment, or whose pages were damaged.
final class RingFileTarget: FuzzTarget {
  let name = "ring-file"
  let seeds: [[UInt8]]
  var bytesLimit: Int { 16 * 1024 }
  private let scratch = ScratchFile()

  init() throws {
    let file = ScratchFile()
    let ring = try RecordRing(stage: 2, capacityBytes: 4096, path: file.path, session: 7)
    var producer = ring.producer
    for i in 0..<5 {
      _ = producer.append(type: 1, cause: 0, timeNs: Int64(i), SIMD8<UInt64>(repeating: UInt64(i)))
      if i != 4 { producer.publish() }
    }
    seeds = [Array(try Data(contentsOf: URL(fileURLWithPath: file.path)))]
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    scratch.write(bytes)
    guard let remains = try? RecordRingRemains(path: scratch.path) else { return }
    let total = remains.records.reduce(0) { $0 + $1.count }
    require(total <= bytes.count, "more records than bytes")
  }
}
