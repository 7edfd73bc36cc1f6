// The layout of record payloads as tables, by which they are printed: no bytes make a table trap.

import Pipeline

/// The value of a field, ready to be printed.
public enum FieldValue: Equatable, Sendable {
  case number(String)
  case text(String)
}

/// One field of a payload: its name, its bytes, and how they read.
public struct RecordField: Sendable {
  public let name: String
  public let byteCount: Int
  let read: @Sendable (ArraySlice<UInt8>) -> FieldValue

  /// A little-endian integer.
  public static func integer<Value: FixedWidthInteger & SendableMetatype>(
    _ name: String, _ type: Value.Type
  ) -> RecordField {
    RecordField(name: name, byteCount: MemoryLayout<Value>.size) { .number(String(value(Value.self, $0))) }
  }

  /// An enumeration, which is one byte in memory whatever its raw type: the position of its case in the declaration.
  /// (So cases are only ever added at the end.) A byte that is none of them is printed as a number.
  public static func enumeration<Choice: CaseIterable & SendableMetatype>(
    _ name: String, _ type: Choice.Type
  ) -> RecordField {
    RecordField(name: name, byteCount: 1) { bytes in
      let position = Int(value(UInt8.self, bytes))
      return Choice.allCases.dropFirst(position).first.map { .text("\($0)") } ?? .number(String(position))
    }
  }

  /// A stored raw value of an enumeration, printed as its case; a value that is none of them as a number.
  public static func code<Choice: RawRepresentable & SendableMetatype>(
    _ name: String, _ type: Choice.Type
  ) -> RecordField where Choice.RawValue: FixedWidthInteger & SendableMetatype {
    RecordField(name: name, byteCount: MemoryLayout<Choice.RawValue>.size) {
      let raw = value(Choice.RawValue.self, $0)
      return Choice(rawValue: raw).map { .text("\($0)") } ?? .number(String(raw))
    }
  }

  /// A `RecordIdentifier`, printed as stage and number; 0 as nothing.
  public static func record(_ name: String) -> RecordField {
    RecordField(name: name, byteCount: 8) {
      let raw = value(UInt64.self, $0)
      return .text(raw == 0 ? "" : "\(raw >> 56)#\(raw & 0x00ff_ffff_ffff_ffff)")
    }
  }

  /// A `ClientOrderIdentifier`: boot epoch and sequence.
  public static func clientOrder(_ name: String) -> RecordField {
    RecordField(name: name, byteCount: 8) {
      let raw = value(UInt64.self, $0)
      return .text(raw == 0 ? "" : "\(raw >> 40)-\(raw & 0xff_ffff_ffff)")
    }
  }

  /// A `ShortName`: 15 bytes of text and its length.
  public static func name(_ name: String) -> RecordField {
    RecordField(name: name, byteCount: 16) {
      .text(String(decoding: $0.prefix(Int($0.last ?? 0)), as: UTF8.self))
    }
  }

  public static func flag(_ name: String) -> RecordField {
    RecordField(name: name, byteCount: 1) { .text($0.first == 0 ? "false" : "true") }
  }

  /// A `Float`, as it prints.
  public static func float(_ name: String) -> RecordField {
    RecordField(name: name, byteCount: 4) { .text("\(Float(bitPattern: value(UInt32.self, $0)))") }
  }

  /// Bytes that say nothing.
  public static func reserved(_ byteCount: Int) -> RecordField {
    RecordField(name: "", byteCount: byteCount) { _ in .text("") }
  }

  private static func value<Value: FixedWidthInteger>(_ type: Value.Type, _ bytes: ArraySlice<UInt8>) -> Value {
    var reader = ByteReader(bytes)
    return reader.take() ?? 0
  }
}

/// How the payload of one record type is laid out.
public struct PayloadLayout: Sendable {
  public let name: String
  public let fields: [RecordField]
  /// Whether raw bytes follow the fields.
  public let hasRaw: Bool

  public init(_ name: String, _ fields: [RecordField], hasRaw: Bool = false) {
    self.name = name
    self.fields = fields
    self.hasRaw = hasRaw
  }

  /// Bytes of the fixed part.
  public var byteCount: Int { fields.reduce(0) { $0 + $1.byteCount } }

  /// The printable fields of a payload, and what follows them; nil when the payload has not the layout's size.
  func read(_ payload: ArraySlice<UInt8>) -> (values: [(name: String, value: FieldValue)], raw: ArraySlice<UInt8>)? {
    guard hasRaw ? payload.count >= byteCount : payload.count == byteCount else { return nil }
    var reader = ByteReader(payload)
    var values: [(String, FieldValue)] = []
    for field in fields {
      guard let bytes = reader.take(field.byteCount) else { return nil }
      if !field.name.isEmpty { values.append((field.name, field.read(bytes))) }
    }
    return (values, reader.rest)
  }
}
