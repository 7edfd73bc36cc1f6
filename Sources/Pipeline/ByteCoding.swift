// Little-endian integers and texts to bytes and back. Reading never goes past the end: it returns nil instead.

/// Appends values to a growing array of bytes.
package struct ByteWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func put(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// Zeros up to a multiple of 8.
  package mutating func pad() { while bytes.count & 7 != 0 { bytes.append(0) } }

  /// Replaces a value that was written as a placeholder.
  package mutating func replace(at offset: Int, _ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
  }
}

/// Takes values from the front of some bytes.
package struct ByteReader {
  package private(set) var rest: ArraySlice<UInt8>

  package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  package mutating func take<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value? {
    guard let bytes = take(MemoryLayout<Value>.size) else { return nil }
    return bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
  }

  /// The rest as a text; nil when it is not UTF-8.
  package var text: String? { String(validating: rest, as: UTF8.self) }
}
