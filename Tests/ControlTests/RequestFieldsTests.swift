// The reader of requests: what it takes, what it refuses, and that no bytes make it trap.

import Control
import Foundation
import Support
import Testing

@Suite("Request fields")
struct RequestFieldsTests {
  private func read(_ text: String) -> RequestFields? { try? RequestFields(Array(text.utf8)) }

  @Test("a flat object of texts, escapes and spaces included")
  func valid() throws {
    #expect(try RequestFields(Array("{}".utf8)).names.isEmpty)
    let fields = try RequestFields(Array(#" { "a" : "b\"\\\/\u00e9\ud83d\ude00" ,"ä":""} "#.utf8))
    #expect(fields.names == ["a", "ä"])
    #expect(fields["a"] == "b\"\\/é😀" && fields["ä"] == "" && fields["b"] == nil)
  }

  @Test(
    "everything else is refused",
    arguments: [
      "", "{", "}", "[]", "null", #"{"a"}"#, #"{"a":}"#, #"{"a":"b""#, #"{"a":"b",}"#, #"{"a":"b"} x"#,
      #"{"a":"b"}{}"#, #"{"a":1}"#, #"{"a":true}"#, #"{"a":null}"#, #"{"a":{"b":"c"}}"#, #"{"a":["b"]}"#,
      #"{"a":"b","a":"b"}"#, #"{"a":"\n"}"#, #"{"a":"\u000a"}"#, #"{"a":"\u001b[2J"}"#, #"{"a":"\u0085"}"#,
      #"{"a":"\ud83d"}"#, #"{"a":"\ud83dx"}"#, #"{"a":"\ude00\ud83d"}"#, #"{"a":"\u12"}"#, #"{"a":"\uzzzz"}"#,
      #"{'a':'b'}"#, #"{"a":"b" "c":"d"}"#, "{\"a\":\"\u{0}\"}", "{\"a\":\"\t\"}",
    ])
  func invalid(text: String) { #expect(read(text) == nil) }

  @Test("bytes that are not UTF-8 are refused")
  func notUTF8() {
    #expect(throws: RequestProblem("a text is not UTF-8")) {
      try RequestFields(Array(#"{"a":""#.utf8) + [0xc3, 0x28] + Array(#""}"#.utf8))
    }
  }

  @Test("as many fields as there may be, and one more")
  func fieldLimit() {
    func object(_ count: Int) -> String { "{" + (0..<count).map { #""\#($0)":"""# }.joined(separator: ",") + "}" }
    #expect(read(object(RequestFields.limit)) != nil)
    #expect(read(object(RequestFields.limit + 1)) == nil)
  }

  /// What is taken must be what JSON says it is, by a reader that shares nothing with this one.
  @Test("seeded mutations: no trap, and what is taken is what Foundation's JSON reader finds", arguments: [1, 2, 3, 4])
  func mutations(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let corpus = [
      #"{"command":"halt","instrument":"BTCUSDT","reason":"odd fills"}"#,
      #"{"command":"set-limit","limit":"maximumPosition","value":"0.5","instrument":"ETHUSDT","reason":"a \"b\" é"}"#,
      #"{ "command" : "confirm" , "number" : "17" , "reason" : "\u00e9\ud83d\ude00\\" }"#,
    ].map { Array($0.utf8) }
    var taken = 0
    for _ in 0..<10_000 {
      var bytes = corpus.randomElement(using: &random)!
      for _ in 0..<Int.random(in: 0...3, using: &random) { Self.mutate(&bytes, &random) }
      guard let fields = try? RequestFields(bytes) else { continue }
      taken += 1
      let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: String])
      #expect(object.count == fields.names.count)
      #expect(fields.names.allSatisfy { object[$0] == fields[$0] })
      guard let request = try? ControlRequest(bytes) else { continue }
      #expect(try ControlRequest(Array(request.text.utf8)) == request, "what a client writes is what it meant")
    }
    #expect(taken > 2_500, "a quarter of all are unchanged")
  }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 1 where !bytes.isEmpty: bytes.remove(at: place)
    case 2: bytes.insert(Array(#"{}[]:,"\u0"#.utf8).randomElement(using: &random)!, at: min(place, bytes.count))
    default: bytes = Array(bytes.prefix(place)) + bytes.suffix(Int.random(in: 0...bytes.count, using: &random))
    }
  }
}
