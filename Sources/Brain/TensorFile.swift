// Reads and writes safetensors files: named arrays of floats and a table of texts. Cold path, never traps on bytes.

import FoundationEssentials

/// A safetensors file (the format of Hugging Face's `safetensors` library): the length of the header (8 bytes, little
/// endian), the header (JSON: name to dtype, shape and data offsets; `__metadata__` for texts), the data.
///
/// As the format demands, the tensors must cover the data without hole or overlap. Only `F32` is read.
public struct TensorFile: Sendable, Equatable {
  public struct Tensor: Sendable, Equatable {
    public var shape: [Int]
    public var values: [Float]

    public init(shape: [Int], values: [Float]) {
      self.shape = shape
      self.values = values
    }
  }

  /// Headers above this are refused before they are parsed: a model's has some thousand bytes.
  public static let longestHeaderBytes = 1 << 20

  public var metadata: [String: String]
  public var tensors: [String: Tensor]

  public init(metadata: [String: String], tensors: [String: Tensor]) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// - Throws: `ModelError.malformed` or `.tensor`.
  public init(_ bytes: [UInt8]) throws(ModelError) {
    let headerEnd = try Self.headerEnd(bytes)
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(bytes[8..<headerEnd]))
    } catch {
      throw .malformed("the header is not the JSON object that the format asks for")
    }
    metadata = header.metadata
    tensors = [:]
    var covered = 0
    for (name, entry) in header.entries.sorted(by: { $0.value.start < $1.value.start }) {
      let count = try entry.elementCount(name)
      guard entry.start == covered, entry.end - entry.start == count * 4, entry.end <= bytes.count - headerEnd else {
        throw .tensor(name: name, problem: "its place in the data does not follow from the shapes")
      }
      covered = entry.end
      let start = headerEnd + entry.start
      let values = bytes.withUnsafeBytes { raw in
        (0..<count).map { Float(bitPattern: raw.loadUnaligned(fromByteOffset: start + $0 * 4, as: UInt32.self)) }
      }
      tensors[name] = Tensor(shape: entry.shape, values: values)
    }
    guard covered == bytes.count - headerEnd else {
      throw .malformed("\(bytes.count - headerEnd - covered) bytes at the end belong to no tensor")
    }
  }

  /// Where the data begin.
  static func headerEnd(_ bytes: [UInt8]) throws(ModelError) -> Int {
    guard bytes.count >= 8 else { throw .malformed("\(bytes.count) bytes") }
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length >= 2, length <= UInt64(longestHeaderBytes), length <= UInt64(bytes.count - 8) else {
      throw .malformed("a header of \(length) bytes in a file of \(bytes.count)")
    }
    return 8 + Int(length)
  }

  /// The bytes of the file; tensors in the order of their names, so that equal content gives equal bytes.
  public func serialized() -> [UInt8] {
    var header = "{\"__metadata__\":{"
    header += metadata.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
      .joined(separator: ",")
    header += "}"
    var data: [UInt8] = []
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let start = data.count
      for value in tensor.values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data += $0 } }
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      header +=
        ",\(Self.quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(start),\(data.count)]}"
    }
    header += "}"
    while header.utf8.count % 8 != 0 { header += " " }  // keeps the data aligned, as the format recommends
    return withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// The header's JSON object: one entry per tensor, besides the metadata.
private struct Header: Decodable {
  var metadata: [String: String] = [:]
  var entries: [String: Entry] = [:]

  struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    for key in container.allKeys {
      if key.stringValue == "__metadata__" {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
      }
    }
  }
}

private struct Entry: Decodable {
  var dtype: String
  var shape: [Int]
  var offsets: [Int]

  enum CodingKeys: String, CodingKey {
    case dtype, shape
    case offsets = "data_offsets"
  }

  var start: Int { offsets.first ?? -1 }
  var end: Int { offsets.last ?? -1 }

  /// The product of the shape, checked: the numbers come from a file.
  func elementCount(_ name: String) throws(ModelError) -> Int {
    guard dtype == "F32" else { throw .tensor(name: name, problem: "dtype \(dtype), expected F32") }
    guard offsets.count == 2, start >= 0, end >= start else {
      throw .tensor(name: name, problem: "data_offsets \(offsets)")
    }
    var count = 1
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow, product <= Int.max / 8 else {
        throw .tensor(name: name, problem: "shape \(shape)")
      }
      count = product
    }
    return count
  }
}
