// Records as lines of text, for people or as JSON for programs.

public import Market
import Pipeline

/// Prints records, one a line.
public struct JournalText: Sendable {
  private let stages: [UInt8: String]
  private let layouts: [UInt16: PayloadLayout]
  /// Raw bytes printed of a record for people; all of them stand in the JSON.
  private static var rawLimit: Int { 160 }

  /// - Parameters:
  ///   - stages: names, as in the journal's header.
  ///   - layouts: of payloads that other modules define, besides `PayloadLayout.shared`.
  public init(stages: [UInt8: String], layouts: [RecordType: PayloadLayout] = [:]) {
    self.stages = stages
    let all = PayloadLayout.shared.merging(layouts) { $1 }
    self.layouts = Dictionary(uniqueKeysWithValues: all.map { ($0.key.rawValue, $0.value) })
  }

  /// `2024-08-08T23:54:13.912345678Z feed#12 frame byteCount=312 … {"stream":…}`
  public func line(_ record: JournalRecord) -> String { line(record.header, record.payload) }

  /// One JSON object. Integers are JSON numbers of up to 64 bits.
  public func json(_ record: JournalRecord) -> String {
    let header = record.header
    var members = [
      "\"timeNs\":\(header.timeNs)", "\"stage\":\(quoted(stage(header.stage)))", "\"sequence\":\(header.sequence)",
      "\"cause\":\(quoted(cause(header.cause)))", "\"type\":\(quoted(typeName(header.type)))",
    ]
    if let (values, raw) = layouts[header.type]?.read(record.payload) {
      for (name, value) in values {
        switch value {
        case .number(let digits): members.append("\(quoted(name)):\(digits)")
        case .text(let text): members.append("\(quoted(name)):\(quoted(text))")
        }
      }
      if layouts[header.type]!.hasRaw { members.append("\"raw\":\(quoted(rawText(raw)))") }
    } else {
      members.append("\"payload\":\(quoted(Digest.text(record.payload)))")
    }
    return "{" + members.joined(separator: ",") + "}"
  }

  /// Both records of a difference, where it is, and what ran.
  public func text(_ difference: ReplayDifference) -> String {
    let place = difference.expected.map { "\($0.file), byte \($0.offset)" } ?? "behind its last record"
    let found = difference.found.map { bytes in
      line(bytes.withUnsafeBytes { $0.loadUnaligned(as: RecordHeader.self) }, bytes.dropFirst(RecordHeader.byteCount))
    }
    return """
      stage \(difference.stage) differs at \(place)
        session: \(difference.expected.map { line($0) } ?? "nothing")
        replay:  \(found ?? "nothing")
        in the step that began with: \(line(difference.step))
      """
  }

  private func line(_ header: RecordHeader, _ payload: ArraySlice<UInt8>) -> String {
    var words = [TimeText.utc(header.timeNs), "\(stage(header.stage))#\(header.sequence)", typeName(header.type)]
    if header.cause != 0 { words.append("cause=\(cause(header.cause))") }
    if let (values, raw) = layouts[header.type]?.read(payload) {
      for (name, value) in values {
        switch value {
        case .number(let text), .text(let text): words.append("\(name)=\(text)")
        }
      }
      if !raw.isEmpty { words.append(shortened(raw)) }
    } else {
      words.append(Digest.text(payload))
    }
    return words.joined(separator: " ")
  }

  private func stage(_ number: UInt8) -> String { stages[number] ?? "stage\(number)" }

  private func cause(_ rawValue: UInt64) -> String {
    if rawValue == 0 { return "" }
    let identifier = RecordIdentifier(rawValue)
    return "\(stage(identifier.stage))#\(identifier.sequence)"
  }

  private func typeName(_ type: UInt16) -> String {
    layouts[type]?.name ?? RecordType(rawValue: type).map { "\($0)" } ?? "type\(type)"
  }

  private func shortened(_ raw: ArraySlice<UInt8>) -> String {
    let text = escaped(rawText(raw.prefix(JournalText.rawLimit)))
    return raw.count > JournalText.rawLimit ? "\(text)… (+\(raw.count - JournalText.rawLimit) bytes)" : text
  }

  /// UTF-8 as it is, other bytes in hexadecimal.
  private func rawText(_ raw: ArraySlice<UInt8>) -> String {
    String(validating: raw, as: UTF8.self) ?? "0x" + Digest.text(raw)
  }

  private func quoted(_ text: String) -> String { "\"" + escaped(text, quotes: true) + "\"" }

  /// Control characters (and for JSON, RFC 8259 section 7, quotes and backslashes) escaped.
  private func escaped(_ text: String, quotes: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"" where quotes, "\\" where quotes: result += "\\" + String(scalar)
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
