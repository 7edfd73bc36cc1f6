import Simulation
import Testing

struct JSONValueTests {
  @Test(arguments: [
    #"{"a":[1,-2.5e+3,"x"],"b":{"c":null,"d":true}}"#, "[]", "{}", #""é\n""#, "0", "-0.1",
  ])
  func readsAndPrints(text: String) throws {
    let value = try #require(JSONValue(parsing: Array(text.utf8)))
    let again = try #require(JSONValue(parsing: Array(value.text.utf8)))
    #expect(value == again)
  }

  @Test func decodesEscapes() {
    #expect(JSONValue(parsing: Array(#""\u0041\ud83d\ude00\"\/""#.utf8)) == .string("A😀\"/"))
  }

  @Test(arguments: [
    "", "{", "[1,]", #"{"a" 1}"#, "01", "1.", "1e", "tru", #""\x""#, #""\ud800""#, "[1] 2", "\"\u{1}\"", "+1", "{1:2}",
    String(repeating: "[", count: 100),
  ])
  func refuses(text: String) { #expect(JSONValue(parsing: Array(text.utf8)) == nil) }

  @Test func refusesTextThatIsNotUTF8() { #expect(JSONValue(parsing: [0x22, 0xFF, 0x22]) == nil) }

  /// Any mutation of a message is read or refused, never trapped on; what is read prints to something equal.
  @Test func survivesMutations() {
    let text = Array(
      #"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"p":"61837.63","m":true,"x":[null,1e5]}}"#.utf8)
    var random = SplitMix64(seed: 7)
    var read = 0
    for _ in 0..<20_000 {
      var mutated = text
      for _ in 0...random.below(3) {
        mutated[Int(random.below(Int64(mutated.count)))] = UInt8(random.below(256))
      }
      guard let value = JSONValue(parsing: mutated) else { continue }
      read += 1
      #expect(JSONValue(parsing: Array(value.text.utf8)) == value)
    }
    #expect(read > 100)
  }
}
