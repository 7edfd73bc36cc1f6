import Foundation
import Market
import Pipeline
import Support
import Testing
import Venues

/// Published vectors through the project's own construction of the signed text.
@Suite(.enabled(if: sharedData != nil, "needs the published vectors (APUS_DATA)"))
struct BinanceSigningTests {
  private func vector(_ name: String) throws -> [String: Any] {
    let file = try #require(sharedData).appendingPathComponent("signing_vectors.json")
    let vectors = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]] ?? []
    return try #require(vectors.first { $0["name"] as? String == name })
  }

  private func text(_ vector: [String: Any], _ field: String) throws -> String {
    try #require(vector[field] as? String)
  }

  private func signed(_ writer: consuming BinanceRequestWriter, _ secret: String) throws -> (
    text: String, payload: String
  ) {
    let signer = BinanceSigner.hmac(HMACSHA256(secret: secret)!)
    let finished = writer.finish(signer, isSigned: true)
    let text = try #require(finished)
    return (String(decoding: text, as: UTF8.self), String(decoding: writer.signedText, as: UTF8.self))
  }

  private func add(_ writer: inout BinanceRequestWriter, _ name: StaticString, _ value: String) {
    Array(value.utf8).withUnsafeBytes { writer.add(name, $0) }
  }

  @Test func theWebSocketExampleIsSignedAsPublished() throws {
    let vector = try vector("binance WS-API HMAC")
    var writer = BinanceRequestWriter()
    writer.begin(identifier: 1, method: "order.place")
    Array(GatewayUnderTest.apiKey.utf8).withUnsafeBytes { writer.addKey($0) }
    writer.add("price", 5_200_000, DecimalStep(mantissa: 1, exponent: -2))
    writer.add("quantity", 1_000_000, DecimalStep(mantissa: 1, exponent: -8))
    writer.add("recvWindow", number: 100)
    writer.add("side", "SELL")
    writer.add("symbol", ShortName("BTCUSDT")!)
    writer.add("timeInForce", "GTC")
    writer.add("timestamp", number: 1_645_423_376_532)
    writer.add("type", "LIMIT")
    let (sent, payload) = try signed(writer, text(vector, "secret"))
    #expect(try payload == text(vector, "payload"))
    let root = try JSONSerialization.jsonObject(with: Data(sent.utf8)) as? [String: Any] ?? [:]
    #expect((root["params"] as? [String: Any])?["signature"] as? String == (try text(vector, "expected")))
  }

  @Test func symbolsBeyondASCIIAreSignedAsRawUTF8() throws {
    let vector = try vector("binance WS-API HMAC non-ASCII (raw UTF-8)")
    var writer = BinanceRequestWriter()
    writer.begin(identifier: 1, method: "order.place")
    Array(GatewayUnderTest.apiKey.utf8).withUnsafeBytes { writer.addKey($0) }
    writer.add("price", 10_000_000, DecimalStep(mantissa: 1, exponent: -8))
    writer.add("quantity", 100_000_000, DecimalStep(mantissa: 1, exponent: -8))
    writer.add("recvWindow", number: 5000)
    writer.add("side", "BUY")
    add(&writer, "symbol", "１２３４５６")
    writer.add("timeInForce", "GTC")
    writer.add("timestamp", number: 1_645_423_376_532)
    writer.add("type", "LIMIT")
    let (sent, payload) = try signed(writer, text(vector, "secret"))
    let expected = try text(vector, "expected")
    #expect(try payload == text(vector, "payload"))
    #expect(sent.contains("\"signature\":\"\(expected)\""))
  }

  /// REST signs the query as it is sent; the same key and function.
  @Test(arguments: ["binance REST HMAC", "binance REST HMAC non-ASCII (percent-encoded)"])
  func theRestExamplesAreSignedAsPublished(_ name: String) throws {
    let vector = try vector(name)
    let key = HMACSHA256(secret: try text(vector, "secret"))!
    var hex = [UInt8](repeating: 0, count: 64)
    let isSigned = try Array(text(vector, "payload").utf8).withUnsafeBytes { payload in
      hex.withUnsafeMutableBytes { key.signHex(payload, into: $0.baseAddress!) }
    }
    #expect(isSigned)
    #expect(try String(decoding: hex, as: UTF8.self) == text(vector, "expected"))
  }
}

/// What the writer does at its edges.
struct BinanceRequestWriterTests {
  @Test func anOverlongRequestIsNoRequest() {
    var writer = BinanceRequestWriter()
    writer.begin(identifier: 1, method: "order.place")
    [UInt8](repeating: 0x61, count: 3000).withUnsafeBytes { writer.add("symbol", $0) }
    let overlong = writer.finish(GatewayUnderTest.hmac(), isSigned: true)
    #expect(overlong == nil)
    writer.begin(identifier: 2, method: "time")
    let next = writer.finish(GatewayUnderTest.hmac(), isSigned: false)
    #expect(next != nil)
  }

  @Test func secretsAreBlankedForTheJournal() throws {
    var writer = BinanceRequestWriter()
    writer.begin(identifier: 12, method: "session.logon")
    Array(GatewayUnderTest.apiKey.utf8).withUnsafeBytes { writer.addKey($0) }
    writer.add("timestamp", number: 5)
    let finished = writer.finish(GatewayUnderTest.hmac(), isSigned: true)
    #expect(finished != nil)
    let blanked = String(decoding: writer.blanked(), as: UTF8.self)
    #expect(
      blanked
        == #"{"id":12,"method":"session.logon","params":{"apiKey":"\#(String(repeating: "*", count: 64))","#
        + #""timestamp":5,"signature":"\#(String(repeating: "*", count: 64))"}}"#)
  }

  @Test func clientOrderIdentifiersComeBack() {
    for value in [0, 1, 0xdead_beef, UInt64.max, 0x0123_4567_89ab_cdef] {
      var writer = BinanceRequestWriter()
      writer.begin(identifier: 1, method: "x")
      writer.add("c", ClientOrderIdentifier(value))
      let text = Array(String(decoding: writer.signedText, as: UTF8.self).utf8.dropFirst(2))
      #expect(text.withUnsafeBytes { BinanceClientOrder.parse($0) }.rawValue == value)
    }
    for foreign in ["", "ap", "ap012345678901234G", "xp0123456789012345", "ap01234567890123456", "AP0123456789012345"] {
      #expect(Array(foreign.utf8).withUnsafeBytes { BinanceClientOrder.parse($0) }.rawValue == 0)
    }
  }
}
