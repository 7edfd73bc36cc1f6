// Everything that the live stages decided in a backtest, in one number: equal digests are equal decisions.

import CShims
public import Pipeline

/// A checksum over all records of strategy and execution, in their order. Drains their rings.
public struct DecisionDigest: ~Copyable {
  private var strategy: RecordConsumer
  private var execution: RecordConsumer
  private var sums: (strategy: UInt32, execution: UInt32) = (0, 0)
  /// Records read so far.
  public private(set) var records = 0

  public init(strategy: consuming RecordConsumer, execution: consuming RecordConsumer) {
    self.strategy = strategy
    self.execution = execution
  }

  /// The CRC-32C of strategy's records over that of execution's.
  public var value: UInt64 { UInt64(sums.strategy) << 32 | UInt64(sums.execution) }

  /// Takes what was written since the last call.
  mutating func drain() {
    var sum = sums.strategy
    records += strategy.drain { sum = apus_crc32c(sum, $0.baseAddress, $0.count) }
    sums.strategy = sum
    sum = sums.execution
    records += execution.drain { sum = apus_crc32c(sum, $0.baseAddress, $0.count) }
    sums.execution = sum
  }
}
