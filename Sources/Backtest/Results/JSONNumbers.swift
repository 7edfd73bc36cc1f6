// JSON of results: keys in the order in which they are written, numbers in one form, so that equal results are equal bytes.

public import Market
public import Simulation

extension JSONValue {
  /// An object with its keys in this order.
  public static func fields(_ fields: [(String, JSONValue)]) -> JSONValue {
    .object(fields.map { Member(key: $0.0, value: $0.1) })
  }

  public static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }
  public static func integers(_ values: [Int64]) -> JSONValue { .array(values.map { .integer($0) }) }

  /// The shortest decimal that reads back as the same number; null when it is not finite.
  public static func real(_ value: Double?) -> JSONValue {
    guard let value, value.isFinite else { return .null }
    return .number("\(value)")
  }

  /// Whole coins with eight decimals: exact.
  public static func amount(_ amount: Amount) -> JSONValue { .number(CoinText.text(amount.units)) }

  public var real: Double? { if case .number(let text) = self { Double(text) } else { nil } }
  public var integer: Int64? { if case .number(let text) = self { Int64(text) } else { nil } }
  public var string: String? { if case .string(let text) = self { text } else { nil } }
}
