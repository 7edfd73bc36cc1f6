// The parameters of a request, whether they came in a query string or in JSON, and the text that was signed.

import Simulation

package struct Parameters {
  private var values: [String: String] = [:]
  /// What the signature must be of.
  package private(set) var signedText = ""

  /// Of a WebSocket API request: all but the signature, sorted by name, values as sent (web-socket-api.md, "SIGNED request
  /// example").
  package init(json: JSONValue?) throws(APIError) {
    guard let json, json != .null else { return }
    guard case .object(let members) = json else { throw .invalidJSON }
    for member in members {
      // Lists (`symbols`) are signed and read as their JSON text.
      values[member.key] = member.value.scalarText ?? (member.value == .null ? "" : member.value.text)
    }
    signedText = values.filter { $0.key != "signature" }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { "\($0.key)=\($0.value)" }.joined(separator: "&")
  }

  /// Of a REST request: query string and form body, joined as they were sent without the signature (rest-api.md).
  package init(query: String, body: String) throws(APIError) {
    for part in [query, body] {
      var unsigned: [Substring] = []
      for pair in part.split(separator: "&") {
        let name = pair.prefix { $0 != "=" }
        guard name != pair, let value = Self.decodePercent(pair.dropFirst(name.count + 1)) else {
          throw .invalidData(String(name))
        }
        guard values.updateValue(value, forKey: String(name)) == nil else {
          throw APIError(code: -1101, message: "Duplicate values for a parameter detected.")
        }
        if name != "signature" { unsigned.append(pair) }
      }
      signedText += unsigned.joined(separator: "&")
    }
  }

  /// - Returns: nil when it was not sent or is empty.
  package subscript(_ name: String) -> String? {
    guard let value = values[name], !value.isEmpty else { return nil }
    return value
  }

  package func required(_ name: String) throws(APIError) -> String {
    guard let value = self[name] else { throw .missing(name) }
    return value
  }

  func unsigned(_ name: String) throws(APIError) -> UInt64? {
    guard let text = self[name] else { return nil }
    guard let number = UInt64(text) else { throw .illegalCharacters(name, legal: "^[0-9]{1,20}$") }
    return number
  }

  /// A price or quantity in units of 10^-8. Exponents are illegal characters, as on Binance.
  package func units(_ name: String) throws(APIError) -> Int64 {
    let text = try required(name)
    do throws(DecimalProblem) {
      return try CoinText.units(text)
    } catch {
      switch error {
      case .illegalCharacters: throw .illegalCharacters(name, legal: #"^([0-9]{1,20})(\.[0-9]{1,20})?$"#)
      case .tooPrecise: throw .tooPrecise(name)
      case .tooLarge: throw .overflow(name)
      }
    }
  }

  /// A client order identifier, legal or refused.
  func clientOrderId(_ name: String) throws(APIError) -> String? {
    guard let text = self[name] else { return nil }
    let legal = text.utf8.allSatisfy {
      ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z"))
        || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
    }
    guard legal, text.utf8.count <= 36 else { throw .illegalCharacters(name, legal: "^[a-zA-Z0-9-_]{1,36}$") }
    return text
  }

  private static func decodePercent(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) else { return nil }
      rest = rest.dropFirst(2)
      bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
