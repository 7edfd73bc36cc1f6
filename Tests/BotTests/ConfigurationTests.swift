// The configuration file: the demo's own is right, and whatever is wrong is named with its line and its path.

import Bot
import Control
import Pipeline
import Testing
import Venues

private let sound = DemoConfiguration.text(cpus: [0, 1], instrument: "BTCUSDT")

private func read(_ text: String) throws -> Configuration { try Configuration(file: "test.yaml", text: text) }

/// The error that reading `text` gives.
private func problem(_ text: String) -> ConfigurationError? {
  do {
    _ = try read(text)
    return nil
  } catch { return error as? ConfigurationError }
}

/// The line, from 1, on which `part` stands in `text`.
private func line(of part: String, in text: String) -> Int? {
  text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains(part) }.map { $0 + 1 }
}

@Suite("Configuration")
struct ConfigurationTests {
  @Test(
    "the demo's own configuration is sound on any number of CPUs, and places every stage once", arguments: [1, 2, 8])
  func demo(count: Int) throws {
    let cpus = Array(0..<count)
    let configuration = try read(DemoConfiguration.text(cpus: cpus, instrument: "ETHUSDT"))
    #expect(configuration.instruments == ["ETHUSDT"])
    var host = HostFacts.current()
    host.onlineCpus = cpus
    host.allowedCpus = cpus
    #expect(try configuration.affinity().problems(stages: StageNumber.placed, host: host).isEmpty)
    let busy = try configuration.affinity().workers.filter(\.wait.isBusy)
    #expect(busy.count == (count == 1 ? 0 : 1), "nobody spins where bot and venue share the only CPU")
  }

  @Test(
    "what is wrong is named with its line and path",
    arguments: [
      ("  maximumPosition: 0.2", "  maximumPositon: 0.2", "risk.maximumPosition", nil as String?),
      ("  maximumOpenOrders: 16", "  maximumOpenOrders: 0", "risk.maximumOpenOrders", "maximumOpenOrders: 0"),
      ("  ordersPer10Seconds: 40", "  ordersPer10Seconds: 65537", "risk.ordersPer10Seconds", "65537"),
      ("  maximumOrderNotional: 5000", "  maximumOrderNotional: 5e3", "risk.maximumOrderNotional", "5e3"),
      ("  maximumPosition: 0.2", "  maximumPosition: -0.2", "risk.maximumPosition", "maximumPosition: -0.2"),
      ("  maximumPosition: 0.2", "  maximumPosition: 0.0", "risk.maximumPosition", "maximumPosition: 0.0"),
      ("transport: uring", "transport: carrier-pigeon", "transport", "carrier-pigeon"),
      ("transport: uring", "transport: uring\nreceiveStamps: hardware", "receiveStamps", "hardware"),
      ("transport: uring", "transport: uring\ntls: {records: none}", "tls.records", "records: none"),
      ("transport: uring", "transport: uring\ntls: {record: direct}", "tls.record", "record: direct"),
      ("  name: combined", "  name: [combined]", "strategy.name", "[combined]"),
      ("instruments: [BTCUSDT]", "instruments: [btcusdt]", "instruments", "btcusdt"),
      ("instruments: [BTCUSDT]", "instruments: [BTCUSDT, BTCUSDT]", "instruments", "BTCUSDT, BTCUSDT"),
      ("silenceMs: 60000, depth", "silenceMs: 5, depth", "feed.silenceMs", "silenceMs: 5,"),
      ("feed: {connections: 1,", "feed: {encoding: xml, connections: 1,", "feed.encoding", "encoding: xml"),
      ("feed: {connections: 1,", "feed: {apiKeyFile: x, connections: 1,", "feed.apiKeyFile", "apiKeyFile: x"),
      ("transport: uring", "transport: uring\ntransports: poll", "transports", "transports"),
    ])
  func wrong(right: String, wrong: String, path: String, mark: String?) throws {
    let text = sound.replacing(right, with: wrong)
    #expect(text != sound, "the test replaces something that is there")
    let found = try #require(problem(text))
    #expect(found.path == path)
    #expect(!found.reason.isEmpty && found.description.hasPrefix("test.yaml:"))
    if let mark { #expect(found.line == line(of: mark, in: text)) }
  }

  @Test("the feed's encoding is JSON unless SBE is asked for, with the account's key or one of its own")
  func encoding() throws {
    #expect(try read(sound).feed.encoding == .json && read(sound).feed.apiKeyFile == nil)
    let sbe = sound.replacing("feed: {connections: 1,", with: "feed: {encoding: sbe, connections: 1,")
    #expect(try read(sbe).feed.encoding == .sbe && read(sbe).feed.apiKeyFile == nil)
    let own = sbe.replacing("encoding: sbe,", with: "encoding: sbe, apiKeyFile: keys/feed,")
    #expect(try read(own).feed.apiKeyFile == "keys/feed")
    let address = sbe + "\nvenue: {sbeStreams: \"127.0.0.1:9443\"}\n"
    #expect(try read(address).venue.sbeStreams == "127.0.0.1:9443" && read(address).venue.streams == nil)
  }

  @Test("a missing section of limits, an empty file and a file that is no YAML are refused")
  func missing() throws {
    let lines = sound.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "risk:"))
    let end = try #require(lines[start...].firstIndex(of: ""))
    let unlimited = (lines[..<start] + lines[end...]).joined(separator: "\n")
    #expect(problem(unlimited)?.path == "risk")
    #expect(problem("")?.reason == "the file is empty")
    #expect(problem("a: [1")?.reason.hasPrefix("not YAML") == true)
    #expect(problem("- a\n- b")?.reason.contains("mapping") == true)
  }

  @Test("a wait strategy that nobody knows is named with its line")
  func wait() throws {
    let text = sound.replacing("wait: pause", with: "wait: meditate")
    let configuration = try read(text)
    #expect(throws: SessionError.self) { try configuration.affinity() }
    do { _ = try configuration.affinity() } catch { #expect("\(error)".contains("meditate")) }
  }

  @Test("the control section: users by name or number, the socket beside the state, an unknown user by its line")
  func control() throws {
    #expect(try read(sound).controlSocket == read(sound).journal.directory + "/control")
    let text = sound + "\ncontrol: {socket: /run/apus/ctl, view: [root], risk: [71, 72]}\n"
    let configuration = try read(text)
    #expect(configuration.controlSocket == "/run/apus/ctl")
    #expect(try configuration.control.roles().canLoosen)
    let unknown = sound + "\ncontrol:\n  trade: [nobody-of-that-name]\n"
    let error = #expect(throws: SessionError.self) { try read(unknown).control.roles() }
    let number = try #require(line(of: "nobody-of-that-name", in: unknown))
    #expect(error?.description.hasPrefix("line \(number): control.trade: \"nobody-of-that-name\"") == true)
    #expect(problem(sound + "\ncontrol: {sockets: x}\n")?.path == "control.sockets")
    let long = String(repeating: "s", count: 108)
    #expect(problem(sound + "\ncontrol: {socket: \(long)}\n")?.path == "control.socket")
  }
}
