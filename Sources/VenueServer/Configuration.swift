// What `apus venue` is told before it starts.

import Market
import Simulation
import VenueFront

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
    public var exchange = ExchangeSettings()
    /// Of messages to and from the order API, in the market's time; nil: the fault plan's.
    public var latency: EmpiricalLatency?
    /// Changeable while the venue runs (`VenueCommandLine`).
    package var faults = FaultPlan()
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
    /// What `feed` brings while the venue runs, of instruments in the order of their indices.
    ///
    /// - clockNs: the venue's clock, in nanoseconds since 1970; called on the venue's thread.
    case fed(instruments: [Instrument], clockNs: @Sendable () -> Int64)

    var name: String {
      switch self {
      case .captures: "recorded"
      case .synthetic: "synthetic"
      case .fed: "fed"
      }
    }
  }

  /// What a fed market is told.
  public enum MarketFeed: Sendable {
    case message(MarketMessage, InstrumentIndex)
    /// Messages were lost: no order of the instrument is taken or filled until its next snapshot.
    case suspend(InstrumentIndex)
  }

  /// When the market begins to move.
  public enum StartCondition: String, Sendable, CaseIterable {
    /// Every stream of the market is subscribed to by somebody: nothing is missed.
    case allStreams = "all"
    /// Any of its streams is.
    case firstStream = "first"
  }
}
