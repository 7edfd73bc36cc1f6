import Simulation
import Testing
import VenueFront

struct ParametersTests {
  @Test func sortsWhatIsSigned() throws {
    let json = JSONValue(parsing: Array(#"{"symbol":"BTCUSDT","signature":"x","apiKey":"k","recvWindow":100}"#.utf8))
    #expect(try Parameters(json: json).signedText == "apiKey=k&recvWindow=100&symbol=BTCUSDT")
  }

  @Test func signsAQueryAndABodyAsSent() throws {
    let parameters = try Parameters(query: "symbol=BTCUSDT&side=BUY", body: "price=1%2E5&signature=x")
    #expect(parameters.signedText == "symbol=BTCUSDT&side=BUYprice=1%2E5")
    #expect(parameters["price"] == "1.5")
  }

  @Test func refusesDuplicatesAndBrokenEscapes() {
    #expect(throws: APIError.self) { try Parameters(query: "a=1&a=2", body: "") }
    #expect(throws: APIError.self) { try Parameters(query: "a=%4", body: "") }
    #expect(throws: APIError.self) { try Parameters(query: "a", body: "") }
  }

  @Test func refusesExponents() throws {
    let parameters = try Parameters(query: "price=1e-05&quantity=0.123456789", body: "")
    #expect(
      throws: APIError.illegalCharacters("price", legal: #"^([0-9]{1,20})(\.[0-9]{1,20})?$"#)
    ) { try parameters.units("price") }
    #expect(throws: APIError.tooPrecise("quantity")) { try parameters.units("quantity") }
    #expect(throws: APIError.missing("side")) { try parameters.required("side") }
  }
}
