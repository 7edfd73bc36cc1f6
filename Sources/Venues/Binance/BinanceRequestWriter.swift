// Requests of Binance's WebSocket API, written into memory taken at start. One thread.
//
// Format: binance-spot-api-docs, web-socket-api.md, "Request format".

public import Market

/// Writes one request at a time, `{"id":…,"method":…,"params":{…}}`, together with the text that its signature covers.
///
/// Parameters must be added in the order of their names: then that text is sorted by being written.
public struct BinanceRequestWriter: ~Copyable {
  /// The longest request (a signed order with a 128-byte key) takes below 600 bytes.
  static var capacityBytes: Int { 2048 }

  private let text: UnsafeMutableRawBufferPointer
  private let payload: UnsafeMutableRawBufferPointer
  private var textCount = 0
  private var payloadCount = 0
  private var hasParameters = false
  private var isOverlong = false
  /// Where key and signature stand in the text: they are blanked before it is journaled.
  private var keyRange = 0..<0
  private var signatureRange = 0..<0

  public init() {
    text = .allocate(byteCount: Self.capacityBytes, alignment: 8)
    payload = .allocate(byteCount: Self.capacityBytes, alignment: 8)
  }

  /// Erases what was signed: it names the key.
  deinit {
    text.initializeMemory(as: UInt8.self, repeating: 0)
    payload.initializeMemory(as: UInt8.self, repeating: 0)
    text.deallocate()
    payload.deallocate()
  }

  @_noLocks
  public mutating func begin(identifier: UInt64, method: StaticString) {
    textCount = 0
    payloadCount = 0
    hasParameters = false
    isOverlong = false
    keyRange = 0..<0
    signatureRange = 0..<0
    write("{\"id\":")
    writeNumber(identifier, isSigned: false)
    write(",\"method\":\"")
    write(method)
    write("\",\"params\":{")
  }

  /// A text parameter; the value must not need escaping (symbols, enumerations, keys: letters and digits).
  @_noLocks
  public mutating func add(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
    beginParameter(name)
    writeByte(UInt8(ascii: "\""))
    writeSigned(value)
    writeByte(UInt8(ascii: "\""))
  }

  @_noLocks
  public mutating func add(_ name: StaticString, _ value: StaticString) {
    add(name, UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }

  /// A symbol or asset.
  @_noLocks
  public mutating func add(_ name: StaticString, _ value: ShortName) {
    beginParameter(name)
    writeByte(UInt8(ascii: "\""))
    for i in 0..<value.count { writeSignedByte(value[i]) }
    writeByte(UInt8(ascii: "\""))
  }

  /// A number of milliseconds, as JSON number.
  @_noLocks
  public mutating func add(_ name: StaticString, number: UInt64) {
    beginParameter(name)
    writeNumber(number, isSigned: true)
  }

  /// A flag.
  @_noLocks
  public mutating func add(_ name: StaticString, flag: Bool) {
    beginParameter(name)
    let value: StaticString = flag ? "true" : "false"
    writeSigned(UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }

  /// A price or quantity as plain decimal text: Binance refuses exponents (-1100).
  @_noLocks
  public mutating func add(_ name: StaticString, _ steps: Int64, _ step: DecimalStep) {
    beginParameter(name)
    writeByte(UInt8(ascii: "\""))
    let free = UnsafeMutableRawBufferPointer(rebasing: text[textCount...])
    if let count = DecimalText.write(steps, step: step, into: free) {
      let start = textCount
      textCount &+= count
      sign(UnsafeRawBufferPointer(rebasing: text[start..<textCount]))
    } else {
      isOverlong = true
    }
    writeByte(UInt8(ascii: "\""))
  }

  /// The identifier of an order: `ap` and 16 lower-case hexadecimal digits.
  @_noLocks
  public mutating func add(_ name: StaticString, _ order: ClientOrderIdentifier) {
    beginParameter(name)
    writeByte(UInt8(ascii: "\""))
    for i in 0..<BinanceClientOrder.byteCount { writeSignedByte(BinanceClientOrder.character(order, i)) }
    writeByte(UInt8(ascii: "\""))
  }

  /// The API key, remembered as a secret.
  @_noLocks
  public mutating func addKey(_ key: UnsafeRawBufferPointer) {
    add("apiKey", key)
    keyRange = max(0, textCount &- 1 &- key.count)..<max(0, textCount &- 1)
  }

  /// Ends the request, signed when there is a signer.
  ///
  /// - Returns: the text, valid until the next `begin`; nil when it was too long or could not be signed.
  @_noLocks
  public mutating func finish(_ signer: borrowing BinanceSigner, isSigned: Bool) -> UnsafeRawBufferPointer? {
    if isSigned {
      write(hasParameters ? ",\"signature\":\"" : "\"signature\":\"")
      guard !isOverlong, textCount &+ BinanceSigner.longestSignature < text.count else { return nil }
      let start = textCount
      let count = signer.sign(
        UnsafeRawBufferPointer(rebasing: payload[0..<payloadCount]), into: text.baseAddress! + start)
      guard count > 0 else { return nil }
      textCount &+= count
      signatureRange = start..<textCount
      writeByte(UInt8(ascii: "\""))
    }
    write("}}")
    return isOverlong ? nil : UnsafeRawBufferPointer(rebasing: text[0..<textCount])
  }

  /// What the signature covers. For tests against the published vectors.
  public var signedText: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: payload[0..<payloadCount]) }

  /// The text with key and signature as asterisks, for the journal; the request itself is gone then.
  @_noLocks
  public mutating func blanked() -> UnsafeRawBufferPointer {
    for i in keyRange { text[i] = UInt8(ascii: "*") }
    for i in signatureRange { text[i] = UInt8(ascii: "*") }
    return UnsafeRawBufferPointer(rebasing: text[0..<textCount])
  }
}

extension BinanceRequestWriter {
  private mutating func beginParameter(_ name: StaticString) {
    if hasParameters {
      writeByte(UInt8(ascii: ","))
      sign("&")
    }
    hasParameters = true
    writeByte(UInt8(ascii: "\""))
    write(name)
    write("\":")
    sign(name)
    sign("=")
  }

  private mutating func write(_ value: StaticString) {
    for i in 0..<value.utf8CodeUnitCount { writeByte(value.utf8Start[i]) }
  }

  private mutating func sign(_ value: StaticString) {
    sign(UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }

  private mutating func writeSigned(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes { writeSignedByte(byte) }
  }

  @inline(always)
  private mutating func writeSignedByte(_ byte: UInt8) {
    writeByte(byte)
    signByte(byte)
  }

  private mutating func writeNumber(_ value: UInt64, isSigned: Bool) {
    var digits: UInt64 = 1
    while value / digits > 9 { digits &*= 10 }
    while digits > 0 {
      let digit = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / digits % 10)
      writeByte(digit)
      if isSigned { signByte(digit) }
      digits /= 10
    }
  }

  @inline(always)
  private mutating func writeByte(_ byte: UInt8) {
    guard textCount < text.count else {
      isOverlong = true
      return
    }
    text[textCount] = byte
    textCount &+= 1
  }

  private mutating func sign(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes { signByte(byte) }
  }

  @inline(always)
  private mutating func signByte(_ byte: UInt8) {
    guard payloadCount < payload.count else {
      isOverlong = true
      return
    }
    payload[payloadCount] = byte
    payloadCount &+= 1
  }
}
