// Reads a request: one flat JSON object (RFC 8259) whose values are texts. No bytes make it trap.

/// Why a request cannot be read, in words for the one who sent it.
package struct RequestProblem: Error, Equatable {
  package var text: String
  package init(_ text: String) { self.text = text }
}

/// The fields of a request by name.
///
/// Stricter than JSON asks: a name that stands twice could mean one thing to the bot and another to who reads the
/// journal, a nested value means nothing here, and control characters would steer the terminal that prints them.
package struct RequestFields {
  package private(set) var names: [String] = []
  private var values: [String: String] = [:]

  package static var limit: Int { 16 }

  package subscript(_ name: String) -> String? { values[name] }

  package init(_ bytes: [UInt8]) throws(RequestProblem) {
    var scanner = TextScanner(bytes)
    guard scanner.take("{") else { throw RequestProblem("a request is one JSON object") }
    if !scanner.take("}") {
      repeat {
        let name = try scanner.string()
        guard scanner.take(":") else { throw RequestProblem("a colon is missing behind \"\(name)\"") }
        let value = try scanner.string()
        guard values.updateValue(value, forKey: name) == nil else {
          throw RequestProblem("\"\(name)\" stands twice")
        }
        names.append(name)
        guard names.count <= Self.limit else { throw RequestProblem("more than \(Self.limit) fields") }
      } while scanner.take(",")
      guard scanner.take("}") else { throw RequestProblem("a request ends with }") }
    }
    guard scanner.isAtEnd else { throw RequestProblem("something stands behind the request") }
  }
}

/// Takes texts and marks off the front of bytes.
private struct TextScanner {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return place == bytes.count
    }
  }

  private mutating func skipSpace() {
    while place < bytes.count, [0x20, 0x09, 0x0d, 0x0a].contains(bytes[place]) { place += 1 }
  }

  private mutating func next() -> UInt8? {
    guard place < bytes.count else { return nil }
    defer { place += 1 }
    return bytes[place]
  }

  /// Takes the mark if it comes next.
  mutating func take(_ mark: Unicode.Scalar) -> Bool {
    skipSpace()
    guard place < bytes.count, bytes[place] == UInt8(ascii: mark) else { return false }
    place += 1
    return true
  }

  mutating func string() throws(RequestProblem) -> String {
    guard take("\"") else { throw RequestProblem("names and values are texts in quotes") }
    var content: [UInt8] = []
    while let byte = next() {
      switch byte {
      case UInt8(ascii: "\""): return try Self.checked(content)
      case UInt8(ascii: "\\"): content += Array(String(try escaped()).utf8)
      default: content.append(byte)
      }
    }
    throw RequestProblem("a quote is missing")
  }

  private static func checked(_ content: [UInt8]) throws(RequestProblem) -> String {
    guard let text = String(validating: content, as: UTF8.self) else { throw RequestProblem("a text is not UTF-8") }
    // C0, DEL and C1.
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) else {
      throw RequestProblem("a text holds control characters")
    }
    return text
  }

  /// What follows a backslash; the escapes of control characters are not among them.
  private mutating func escaped() throws(RequestProblem) -> Unicode.Scalar {
    switch next() {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "u"):
      let unit = try unit()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      guard next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u") else { break }
      let pair = [unit, try self.unit()]
      if let scalar = String(validating: pair, as: UTF16.self)?.unicodeScalars.first { return scalar }
    default: break
    }
    throw RequestProblem("an escape is unknown")
  }

  /// Four hexadecimal digits.
  private mutating func unit() throws(RequestProblem) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw RequestProblem("an escape is unknown")
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }
}
