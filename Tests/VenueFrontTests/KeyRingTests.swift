// Signatures against the examples of Binance's documents.

import Simulation
import Testing
import VenueFront

struct KeyRingTests {
  /// Binance's own worked examples of signed WebSocket requests, checked by the venue.
  @Test func acceptsTheDocumentedSignatures() throws {
    let ring = try KeyRing([
      APIKey(
        name: "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
        kind: .hmac(secret: "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"))
    ])
    let request = """
      {"type":"LIMIT","symbol":"BTCUSDT","side":"SELL","timeInForce":"GTC","quantity":"0.01000000","price":"52000.00",
      "newOrderRespType":"ACK","recvWindow":100,"timestamp":1645423376532,
      "apiKey":"vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A","signature":"SIGNATURE"}
      """
    func verify(_ signature: String) throws {
      let text = request.replacing("SIGNATURE", with: signature)
      let parameters = try Parameters(json: JSONValue(parsing: text.utf8))
      _ = try ring.verify(parameters, by: parameters["apiKey"])
    }
    try verify("cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a")
    try verify("CC15477742BD704C29492D96C7EAD9414DFD8E0EC4A00F947BB5BB454DDBD08A")
    #expect(throws: APIError.invalidSignature) {
      try verify("cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08b")
    }
  }
}
