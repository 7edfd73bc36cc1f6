// The `paper` section of the configuration: the play account, its fees, and how far away the paper venue is.

import Market
import Simulation

/// What only `mode: paper` is configured with.
public struct PaperSettings: Sendable {
  /// Where the latency of orders and of their answers comes from.
  public enum Latency: Sendable, Equatable {
    /// The acknowledgements of the session whose journal is in that folder.
    case journal(String)
    case constant(orderNs: Int64, responseNs: Int64)
  }

  /// What the account begins with.
  public var balances: [AssetBalance]
  var fees: FeeTerms
  public var queue: QueueRule
  /// Of the latency's draws.
  public var seed: UInt64
  public var latency: Latency
}

extension PaperSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    balances = try reader.mapping("balances").balances()
    fees = try FeeTerms(reader.mapping("fees"))
    queue = reader.has("queue") ? try QueueSettings.rule("queue", &reader) : .leaveBehind
    seed = UInt64(try reader.integer("seed", in: 0...Int64.max, default: 1))
    latency = try Latency(reader.mapping("latency"))
    try reader.finish()
  }
}

extension PaperSettings.Latency {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    guard reader.has("journal") != (reader.has("orderUs") || reader.has("responseUs")) else {
      throw reader.fail("journal", "a latency is expected: `journal`, or `orderUs` and `responseUs`")
    }
    if reader.has("journal") {
      self = .journal(try reader.string("journal"))
    } else {
      func micros(_ name: String) throws -> Int64 { Int64(try reader.number(name, in: 0...60_000_000) * 1e3) }
      self = .constant(orderNs: try micros("orderUs"), responseNs: try micros("responseUs"))
    }
    try reader.finish()
  }
}
