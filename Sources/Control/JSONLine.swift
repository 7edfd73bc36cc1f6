// Writes one flat JSON object on one line: requests of `apus ctl` and replies of the bot.

/// A JSON object that grows field by field.
struct JSONLine {
  private var fields = ""

  var text: String { "{\(fields)}" }

  mutating func add(_ name: String, _ value: String) { add(name, raw: Self.quoted(value)) }

  mutating func add(_ name: String, _ value: some BinaryInteger) { add(name, raw: String(value)) }

  private mutating func add(_ name: String, raw: String) {
    if !fields.isEmpty { fields += "," }
    fields += "\(Self.quoted(name)):\(raw)"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let hexadecimal = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
