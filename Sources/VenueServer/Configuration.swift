// What `apus venue` is told before it starts.

import Market
import Simulation

extension VenueServer {
  /// All of a venue's settings. Immutable once it runs.
  public struct Configuration: Sendable {
    /// Address to listen on.
    public var host = "127.0.0.1"
    /// 0: any free port; `start` tells which.
    public var port = 0
    /// Nil: plain TCP (tests only; the bot verifies certificates).
    public var tls: TLSFiles?
    public var market = Market.synthetic(seed: 1)
    /// How many nanoseconds of the market pass in one of real time.
    public var speed = 1.0
    /// The ordinal (from 1) of a depth diff that is played to matching but withheld from subscribers.
    public var withheldDiff: Int?
    /// Nothing is played after this many real seconds of play; the venue stays up.
    public var playSeconds: Double?
    public var start = StartCondition.allStreams
    public var keys: [APIKey] = []
    public var balances: [AssetBalance] = []
    public var fees = FeeRates()
    public var limits = RateLimits()
    /// Where every fill and what explains it is written, one JSON object a line.
    public var fillsPath: String?

    public init() {}
  }

  /// PEM files of the server's certificate chain and key.
  public struct TLSFiles: Sendable {
    public var certificate: String
    public var key: String

    public init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  public enum Market: Sendable {
    /// Capture files, as `CaptureReader` reads them.
    case captures([String])
    case synthetic(seed: UInt64)
  }

  /// When the market begins to move.
  public enum StartCondition: String, Sendable, CaseIterable {
    /// Every stream of the market is subscribed to by somebody: nothing is missed.
    case allStreams = "all"
    /// Any of its streams is.
    case firstStream = "first"
  }

  /// Binance's documented limits (web-socket-api.md, "Rate limits"), counted in calendar-aligned intervals of the
  /// venue's clock. Orders count when they are placed and are never given back, which is stricter than Binance.
  public struct RateLimits: Sendable {
    public var weightPerMinute = 6_000
    public var ordersPerTenSeconds = 50
    public var ordersPerDay = 160_000

    public init() {}
  }

  /// Why a venue did not start.
  public struct StartError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
  }
}
