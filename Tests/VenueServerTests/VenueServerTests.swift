// Starting and ending a venue, and what it refuses to start with. Its protocols are tested by other people's clients
// (Tests/conformance).

import Foundation
import Market
import Pipeline
import Simulation
import Support
import Synchronization
import Testing
import VenueFront
import VenueServer

struct VenueServerTests {
  @Test func listensAndEnds() throws {
    var settings = VenueServer.Configuration()
    settings.exchange.balances = [AssetBalance(asset: ShortName("USDT")!, free: Amount(units: 5))]
    let server = try VenueServer(settings)
    #expect(server.port > 0)
    let state = try server.stop()
    #expect(state.market == "synthetic" && !state.hasEnded && state.linesPlayed == 0)
    #expect(state.captureTimeNs == SyntheticMarket.startNs)
    #expect(JSONValue(parsing: state.json.utf8)?["balances"]?.elements?.count == 2)
  }

  @Test func tellsTheEndOfARecording() throws {
    let capture = FileManager.default.temporaryDirectory.appendingPathComponent("capture-\(UUID())")
    defer { try? FileManager.default.removeItem(at: capture) }
    let lines = (1...3).map { id in
      #"170000000000000000\#(id) {"stream":"btcusdt@trade","data":{"e":"trade","E":1700000000000,"s":"BTCUSDT","#
        + #""t":\#(id),"p":"60000.00000000","q":"0.02000000","T":1700000000000,"m":true,"M":true}}"#
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: capture)
    var settings = VenueServer.Configuration()
    settings.market = .captures([capture.path])
    let told = Mutex<[Int]>([])
    let isPlayed = DispatchSemaphore(value: 0)
    let server = try VenueServer(settings) { lines in
      told.withLock { $0.append(lines) }
      isPlayed.signal()
    }
    let client = try subscribe("btcusdt@trade", port: UInt16(server.port))
    isPlayed.wait()
    let state = try server.stop()
    #expect(told.withLock { $0 } == [3])
    #expect(state.hasEnded && state.linesPlayed == 3)
    withExtendedLifetime(client) {}
  }

  @Test func matchesWhatItIsFed() throws {
    let instruments = try #require(DerivedRules.instruments(symbols: [DerivedRules.syntheticSymbol]))
    var settings = VenueServer.Configuration()
    settings.market = .fed(instruments: instruments, clockNs: { 1_700_000_000_123_456_789 })
    let server = try VenueServer(settings)
    let (level, index) = (PriceQuantity(price: Price(ticks: 100), quantity: Quantity(lots: 1)), InstrumentIndex(0))
    let above = PriceQuantity(price: Price(ticks: 101), quantity: Quantity(lots: 1))
    server.feed([.message(.snapshot(bids: [level], asks: [above], updateId: 1), index), .suspend(index)])
    server.feed([.message(.depth(bids: [level], asks: [], firstUpdateId: 2, updateId: 2), index)])
    let state = try server.stop()
    #expect(state.market == "fed" && state.linesPlayed == 2 && state.depthDiffs == 1 && !state.hasEnded)
    #expect(state.captureTimeNs == 1_700_000_000_123_456_789)
  }

  @Test func namesWhatIsWrong() throws {
    #expect(throws: CaptureError.self) { try start { $0.market = .captures(["/nowhere.gz"]) } }
    #expect(throws: VenueStartError.self) { try start { $0.speed = 0 } }
    #expect(throws: VenueStartError.self) {
      try start { $0.exchange.keys = [APIKey(name: "k", kind: .ed25519(publicKeyPEM: "none"))] }
    }
    #expect(throws: VenueStartError.self) { try start { $0.fillsPath = "/nowhere/fills" } }
    #expect(throws: TLSError.self) { try start { $0.tls = .init(certificate: "/nowhere", key: "/nowhere") } }
  }

  @Test(.enabled(if: sharedData != nil)) func playsSpotOnly() throws {
    let path = try #require(sharedData).appendingPathComponent("binance/coinm/btcusd_perp_20240808.gz").path
    let error = #expect(throws: VenueStartError.self) { try start { $0.market = .captures([path]) } }
    #expect(error?.description.contains("only spot streams") == true)
  }

  /// Opens a market stream over plain TCP. What it brings is not read.
  private func subscribe(_ stream: String, port: UInt16) throws -> SocketTransport {
    let request =
      "GET /ws/\(stream) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    var client = SocketTransport()
    client.connect(to: try SocketAddress.resolve(host: "127.0.0.1", port: port)[0])
    var event = client.poll()
    while event == .idle { event = client.poll() }
    try #require(event == .connected)
    client.sendSpace.copyBytes(from: request.utf8)
    client.send(request.utf8.count)
    return client
  }

  private func start(_ change: (inout VenueServer.Configuration) -> Void) throws {
    var settings = VenueServer.Configuration()
    change(&settings)
    _ = try VenueServer(settings).stop()
  }
}
