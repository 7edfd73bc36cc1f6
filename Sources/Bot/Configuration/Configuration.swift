// The whole configuration of a session, as the YAML file says it. Read and validated once; immutable afterwards.

public import Control
import Foundation
import Market
public import Pipeline
import Risk
public import Venues

/// What a session is configured to do. Every field is documented in docs/configuration.md.
public struct Configuration: Sendable {
  /// The symbols to trade, as `VENUE:SYMBOL` where a backtest has several venues; their order gives the instrument indices.
  public var instruments: [String]
  public var strategy: StrategyConfiguration
  public var risk: RiskSettings
  public var workers: [WorkerSettings]
  public var memory: MemorySettings
  public var tls: TLSSettings
  public var transport: TransportKind
  public var receiveStamps: ReceiveStamps
  public var feed: FeedSettings
  public var orders: OrderSettings
  public var journal: JournalSettings
  /// Whether every path is run on a market of this process before the session is made.
  public var isRehearsed: Bool
  /// What `apus run` trades with; nil where another command decides.
  public var mode: TradingMode?
  public var control: ControlSettings
  public var venue: VenueSettings
  /// Nil: only `apus run` needs one.
  public var account: AccountSettings?
  /// Nil: only `apus guard` needs one.
  public var guarding: GuardSettings?
  /// Nil: only `apus backtest` needs one.
  public var backtest: BacktestSettings?
  /// Nil: only `mode: paper` needs one.
  public var paper: PaperSettings?
  /// The file's own text: it stands in the journal's header, so that a journal can be replayed on its own.
  public var text: String
}

/// How bytes reach the sockets.
public enum TransportKind: String, Sendable, CaseIterable {
  /// io_uring with multishot receive. Where it is forbidden the session says so and polls.
  case uring
  /// Spinning non-blocking sockets.
  case poll
}

/// Who says when bytes arrived.
public enum ReceiveStamps: String, Sendable, CaseIterable {
  /// The process, when it takes them over.
  case process
  /// The kernel, when they came: a diagnostic mode, which costs a control message and a clock reading for each receive.
  case kernel
}

/// Which strategy trades, and its own parameters.
public struct StrategyConfiguration: Sendable {
  public var name: String
  /// Where the strategy's model file is, if it needs one; relative to the working directory.
  public var model: String?
  /// Numbers by name; the strategy's constructor claims them and refuses what it does not know.
  public var parameters: [String: Double]

  public init(name: String, model: String? = nil, parameters: [String: Double] = [:]) {
    self.name = name
    self.model = model
    self.parameters = parameters
  }

  /// The model file to read: the configured one, or the one that comes with Apus.
  var modelPath: String {
    get throws {
      if let model { return model }
      guard let included = Bundle.module.path(forResource: "btcusdt-2s", ofType: "safetensors", inDirectory: "Models")
      else { throw StrategyConfigurationError("the model that comes with Apus is missing beside the executable") }
      return included
    }
  }
}

/// The limits of the risk gate as a desk states them: quantities in decimal text of the asset, never in ticks.
public struct RiskSettings: Sendable {
  public var maximumOrderQuantity: String
  public var maximumOrderNotional: String
  public var maximumPosition: String
  public var maximumOpenOrders: Int
  public var priceCollarBasisPoints: Int
  public var ordersPerSecond: Int
  public var ordersPer10Seconds: Int
  public var maximumMarketAgeMs: Int
  public var maximumOrderAgeMs: Int
  /// In whole units of each quote asset (contracts: settlement asset), a UTC day long.
  public var maximumDailyLoss: String
  /// How many times its margin a contract may be worth; 0, where it is not given, for spot.
  public var leverage: Int
  public var ramp: RampSettings
}

/// How much of the limits holds at first after arming, and how long it takes to all of them.
public struct RampSettings: Sendable {
  public var percent: Int
  public var seconds: Int
}

/// One pinned thread: where it runs, how it waits, and which stages it polls in this order.
public struct WorkerSettings: Sendable {
  public var cpu: Int
  public var wait: String
  public var stages: [String]
  public var line: Int
}

/// Connections to the venue.
public struct TLSSettings: Sendable {
  public var records: TLSRecordLayer
}

public struct MemorySettings: Sendable {
  public var hugePages: Bool
  public var lock: Bool
  /// The folder of memory for the files that stages store to; nil leaves them on the disk.
  public var sharedFolder: String?
}

/// How orders are signed and how long the venue may take them.
public struct OrderSettings: Sendable {
  public enum Authentication: String, Sendable, CaseIterable {
    /// `session.logon` once with Ed25519: no signature per order.
    case logon
    /// Each request signed with Ed25519.
    case ed25519
    /// Each request signed with HMAC-SHA256.
    case hmac
  }
  public var authentication: Authentication
  public var receiveWindowMs: Int
  public var replyTimeoutMs: Int
  /// nil: the symbol's own default.
  public var selfTradePrevention: BinanceSelfTradePrevention?
}

/// Where records go, and how much may wait for the disk.
public struct JournalSettings: Sendable {
  public var directory: String
  public var feedRingMiB: Int
  public var stageRingMiB: Int
}

extension Configuration {
  /// Reads and validates a configuration file in full.
  ///
  /// - Throws: `ConfigurationError` naming the file, the line, the field and the reason.
  public init(file: String) throws {
    let text: String
    do {
      text = try String(contentsOfFile: file, encoding: .utf8)
    } catch {
      throw ConfigurationError(file: file, line: 0, path: "", reason: "cannot be read: \(error.localizedDescription)")
    }
    try self.init(file: file, text: text)
  }

  /// Reads and validates a configuration given as text; `file` is its name in messages.
  public init(file: String, text: String) throws {
    var root = try YAMLReader.root(file: file, text: text)
    self.text = text
    instruments = try root.strings("instruments")
    guard !instruments.isEmpty, Set(instruments).count == instruments.count else {
      throw root.fail("instruments", "at least one symbol, each once")
    }
    strategy = try StrategyConfiguration(root.mapping("strategy"))
    risk = try RiskSettings(root.mapping("risk"))
    backtest = root.has("backtest") ? try BacktestSettings(root.mapping("backtest")) : nil
    for name in instruments {
      if let problem = Self.problem(name, backtest) { throw root.fail("instruments", problem) }
    }
    // A backtest has one thread and places nothing.
    let needsWorkers = backtest == nil || root.has("workers")
    workers = needsWorkers ? try root.mappings("workers").map { try WorkerSettings($0) } : []
    memory = root.has("memory") ? try MemorySettings(root.mapping("memory")) : MemorySettings.standard
    tls = root.has("tls") ? try TLSSettings(root.mapping("tls")) : .standard
    transport = try root.choice("transport", ["uring": .uring, "poll": .poll], default: .uring)
    receiveStamps = try root.choice(
      "receiveStamps", ["process": .process, "kernel": .kernel], default: .process)
    feed = root.has("feed") ? try FeedSettings(root.mapping("feed")) : .standard
    orders = root.has("orders") ? try OrderSettings(root.mapping("orders")) : .standard
    journal = root.has("journal") ? try JournalSettings(root.mapping("journal")) : .standard
    isRehearsed = try root.flag("rehearsal", default: true)
    mode = root.has("mode") ? try root.choice("mode", TradingMode.byName) : nil
    control = root.has("control") ? try ControlSettings(root.mapping("control")) : .standard
    venue = root.has("venue") ? try VenueSettings(root.mapping("venue")) : .standard
    account = root.has("account") ? try AccountSettings(root.mapping("account")) : nil
    guarding = root.has("guard") ? try GuardSettings(root.mapping("guard")) : nil
    paper = root.has("paper") ? try PaperSettings(root.mapping("paper")) : nil
    try root.finish()
  }
}

extension Configuration {
  /// What is wrong with the name of an instrument; nil for nothing.
  private static func problem(_ name: String, _ backtest: BacktestSettings?) -> String? {
    let named = InstrumentName(name)
    guard ShortName(named.symbol) != nil, named.symbol == named.symbol.uppercased() else {
      return "a symbol is upper case, at most 15 characters"
    }
    guard let venues = backtest?.venues.map(\.name) else {
      return named.venue == nil ? nil : "\(name): only a backtest has venues of its own"
    }
    guard let venue = named.venue else {
      return venues.count == 1 ? nil : "\(name): of which venue? VENUE:\(name) is expected"
    }
    return venues.contains(venue) ? nil : "\(name): backtest.venues has \(venues.joined(separator: ", "))"
  }
}

/// What stands in `instruments`: a symbol, or `VENUE:SYMBOL`.
struct InstrumentName {
  var venue: String?
  var symbol: String

  init(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    venue = parts.count == 2 ? parts[0] : nil
    symbol = parts[parts.count - 1]
  }
}

extension StrategyConfiguration {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    name = try reader.string("name")
    model = reader.has("model") ? try reader.string("model") : nil
    parameters = reader.has("parameters") ? try reader.mapping("parameters").numbers() : [:]
    try reader.finish()
  }
}

extension RiskSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    maximumOrderQuantity = try reader.decimal("maximumOrderQuantity")
    maximumOrderNotional = try reader.decimal("maximumOrderNotional")
    maximumPosition = try reader.decimal("maximumPosition")
    maximumOpenOrders = Int(try reader.integer("maximumOpenOrders", in: 1...1_000))
    priceCollarBasisPoints = Int(try reader.integer("priceCollarBasisPoints", in: 1...10_000))
    ordersPerSecond = Int(try reader.integer("ordersPerSecond", in: 1...10_000))
    ordersPer10Seconds = Int(try reader.integer("ordersPer10Seconds", in: 1...Int64(OrderRateLimits.maximumCount)))
    maximumMarketAgeMs = Int(try reader.integer("maximumMarketAgeMs", in: 1...60_000))
    maximumOrderAgeMs = Int(try reader.integer("maximumOrderAgeMs", in: 1...60_000))
    maximumDailyLoss = try reader.decimal("maximumDailyLoss")
    leverage = reader.has("leverage") ? Int(try reader.integer("leverage", in: 1...125)) : 0
    ramp = reader.has("ramp") ? try RampSettings(reader.mapping("ramp")) : .none
    try reader.finish()
  }
}

extension RampSettings {
  static let none = RampSettings(percent: 100, seconds: 0)

  init(_ reader: YAMLReader) throws {
    var reader = reader
    percent = Int(try reader.integer("percent", in: 1...100))
    seconds = Int(try reader.integer("seconds", in: 1...86_400))
    try reader.finish()
  }
}

extension WorkerSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    line = reader.line
    cpu = Int(try reader.integer("cpu", in: 0...4_095))
    wait = try reader.string("wait")
    stages = try reader.strings("stages")
    try reader.finish()
  }
}

extension TLSSettings {
  static let standard = TLSSettings(records: .openssl)

  init(_ reader: YAMLReader) throws {
    var reader = reader
    records = try reader.choice("records", ["openssl": .openssl, "direct": .direct], default: .openssl)
    try reader.finish()
  }
}

extension MemorySettings {
  static let standard = MemorySettings(hugePages: false, lock: false, sharedFolder: "/dev/shm")

  init(_ reader: YAMLReader) throws {
    var reader = reader
    hugePages = try reader.choice("hugePages", ["none": false, "2MiB": true], default: false)
    lock = try reader.flag("lock", default: false)
    let folder = try reader.string("shared", default: Self.standard.sharedFolder ?? "none")
    sharedFolder = folder == "none" ? nil : folder
    try reader.finish()
  }
}

extension OrderSettings {
  static let standard = OrderSettings(authentication: .logon, receiveWindowMs: 5_000, replyTimeoutMs: 10_000)

  init(_ reader: YAMLReader) throws {
    var reader = reader
    authentication = try reader.choice(
      "authentication", ["logon": .logon, "ed25519": .ed25519, "hmac": .hmac], default: Self.standard.authentication)
    receiveWindowMs = Int(
      try reader.integer("receiveWindowMs", in: 1...60_000, default: Int64(Self.standard.receiveWindowMs)))
    replyTimeoutMs = Int(
      try reader.integer("replyTimeoutMs", in: 100...60_000, default: Int64(Self.standard.replyTimeoutMs)))
    selfTradePrevention = try reader.choice(
      "selfTradePrevention",
      [
        "symbolDefault": nil, "none": BinanceSelfTradePrevention.none, "expireTaker": .expireTaker,
        "expireMaker": .expireMaker, "expireBoth": .expireBoth, "decrement": .decrement,
      ], default: .some(nil))
    try reader.finish()
  }
}

extension JournalSettings {
  static let standard = JournalSettings(directory: "runs", feedRingMiB: 64, stageRingMiB: 16)

  init(_ reader: YAMLReader) throws {
    var reader = reader
    directory = try reader.string("directory", default: Self.standard.directory)
    feedRingMiB = try reader.powerOfTwo("feedRingMiB", in: 1...1_024, default: Self.standard.feedRingMiB)
    stageRingMiB = try reader.powerOfTwo("stageRingMiB", in: 4...1_024, default: Self.standard.stageRingMiB)
    try reader.finish()
  }
}

extension TradingMode {
  static var byName: KeyValuePairs<String, TradingMode> {
    ["shadow": .shadow, "paper": .paper, "testnet": .testnet, "live": .live]
  }
}

extension YAMLReader {
  /// A positive plain decimal ("0.05"), kept as text: it becomes lots of an instrument without floating point.
  mutating func decimal(_ name: String) throws -> String {
    let text = try string(name)
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let plain = parts.count <= 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }
    guard plain, text.contains(where: { $0 != "0" && $0 != "." }) else {
      throw fail(name, "a positive decimal such as 0.05 is expected")
    }
    return text
  }

  mutating func powerOfTwo(_ name: String, in range: ClosedRange<Int64>, default fallback: Int) throws -> Int {
    let value = Int(try integer(name, in: range, default: Int64(fallback)))
    guard value & (value - 1) == 0 else { throw fail(name, "a power of two is expected") }
    return value
  }

  /// Every field of a mapping of free numbers.
  func numbers() throws -> [String: Double] {
    var reader = self
    var numbers: [String: Double] = [:]
    for name in reader.names { numbers[name] = try reader.number(name, in: -1e12...1e12) }
    return numbers
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
