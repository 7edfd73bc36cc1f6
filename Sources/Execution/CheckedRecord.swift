// Records made of bytes that nobody vouches for.

import Market
import Risk

/// A record whose enumerations, flags and names are checked before it is made of bytes: any other bytes are no value of
/// it.
package protocol CheckedRecord: BitwiseCopyable {
  /// Offset and number of values of each field that does not take all.
  static var bounds: [(offset: Int?, count: Int)] { get }
  /// Offset of each `ShortName`.
  static var names: [Int?] { get }
}

extension CheckedRecord {
  package static var names: [Int?] { [] }
}

extension UnsafeRawBufferPointer {
  /// The payload as a value; nil when it has another size or a field's byte is none of its values.
  package func checked<Record: CheckedRecord>(_ type: Record.Type) -> Record? {
    guard count == MemoryLayout<Record>.size else { return nil }
    for (offset, count) in Record.bounds {
      guard let offset, Int(self[offset]) < count else { return nil }
    }
    for offset in Record.names {
      guard let offset, Self.isName(self[offset..<offset + MemoryLayout<ShortName>.size]) else { return nil }
    }
    return loadUnaligned(as: Record.self)
  }

  /// Whether the bytes are a text, zeros behind it, and its length.
  private static func isName(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard let length = bytes.last, length < bytes.count else { return false }
    let behind = bytes.dropFirst(Int(length)).dropLast()
    return behind.allSatisfy { $0 == 0 } && String(validating: bytes.prefix(Int(length)), as: UTF8.self) != nil
  }
}

// A stored enumeration is the position of its case, whatever its raw value.
extension ApprovedOrderRecord: CheckedRecord {
  package static let bounds: [(offset: Int?, count: Int)] = [
    (MemoryLayout<Self>.offset(of: \.side), Side.allCases.count),
    (MemoryLayout<Self>.offset(of: \.type), OrderType.allCases.count),
    (MemoryLayout<Self>.offset(of: \.timeInForce), TimeInForce.allCases.count),
    (MemoryLayout<Self>.offset(of: \.reduceOnly), 2),
    (MemoryLayout<Self>.offset(of: \.action), OrderAction.allCases.count),
  ]
}

extension OrderStateRecord: CheckedRecord {
  package static let bounds: [(offset: Int?, count: Int)] = [
    (MemoryLayout<Self>.offset(of: \.from), OrderState.allCases.count),
    (MemoryLayout<Self>.offset(of: \.to), OrderState.allCases.count),
    (MemoryLayout<Self>.offset(of: \.event), OrderEvent.allCases.count),
    (MemoryLayout<Self>.offset(of: \.verdict), OrderVerdict.allCases.count),
  ]
}

extension FillRecord: CheckedRecord {
  package static let bounds: [(offset: Int?, count: Int)] = [
    (MemoryLayout<Self>.offset(of: \.side), Side.allCases.count), (MemoryLayout<Self>.offset(of: \.isMaker), 2),
  ]
  package static let names = [MemoryLayout<Self>.offset(of: \.feeAsset)]
}

extension PositionRecord: CheckedRecord {
  package static let bounds: [(offset: Int?, count: Int)] = []
}

extension BalanceRecord: CheckedRecord {
  package static let bounds: [(offset: Int?, count: Int)] = [(MemoryLayout<Self>.offset(of: \.isMismatch), 2)]
  package static let names = [MemoryLayout<Self>.offset(of: \.asset)]
}

extension ReconciliationRecord: CheckedRecord {
  package static let bounds: [(offset: Int?, count: Int)] = [
    (MemoryLayout<Self>.offset(of: \.event), ReconciliationEvent.allCases.count),
    (MemoryLayout<Self>.offset(of: \.phase), ReconciliationPhase.allCases.count),
  ]
  package static let names = [MemoryLayout<Self>.offset(of: \.asset)]
}

extension TradingState: CheckedRecord {
  package static let bounds: [(offset: Int?, count: Int)] = [
    (MemoryLayout<Self>.offset(of: \.isArmed), 2),
    (MemoryLayout<Self>.offset(of: \.origin), CommandOrigin.allCases.count),
  ]
}

extension LimitRecord: CheckedRecord {
  package static let bounds: [(offset: Int?, count: Int)] = [
    (MemoryLayout<Self>.offset(of: \.limit), CommandLimit.allCases.count)
  ]
}
