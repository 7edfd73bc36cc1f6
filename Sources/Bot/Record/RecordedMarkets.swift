// Which markets can be recorded: where their streams and snapshots are, and what the streams are called.

import ArgumentParser
import Control

/// A Binance market.
///
/// Sources: binance-spot-api-docs, web-socket-streams.md and rest-api.md; Binance derivatives documentation, USD-M and
/// COIN-M Futures, "Websocket Market Streams" and "Order Book".
enum RecordedMarkets: String, ExpressibleByArgument, CaseIterable {
  case spot
  /// Linear perpetuals and futures.
  case usdm
  /// Inverse perpetuals and futures.
  case coinm

  /// `HOST:PORT` of the streams.
  var streams: String {
    switch self {
    case .spot: BinanceAddresses.services(.live).streams
    case .usdm: "fstream.binance.com:443"
    case .coinm: "dstream.binance.com:443"
    }
  }

  /// `HOST:PORT` of the snapshots.
  var rest: String {
    switch self {
    case .spot: BinanceAddresses.services(.live).rest
    case .usdm: "fapi.binance.com:443"
    case .coinm: "dapi.binance.com:443"
    }
  }

  /// The streams of a symbol that a recording holds: every change of the book, the touch, every trade.
  func streams(of symbol: String) -> [String] {
    let depth = self == .spot ? "depth@100ms" : "depth@0ms"
    return [depth, "bookTicker", "trade"].map { "\(symbol.lowercased())@\($0)" }
  }

  func snapshotTarget(_ symbol: String) -> String {
    switch self {
    case .spot: "/api/v3/depth?symbol=\(symbol)&limit=5000"
    case .usdm: "/fapi/v1/depth?symbol=\(symbol)&limit=1000"
    case .coinm: "/dapi/v1/depth?symbol=\(symbol)&limit=1000"
    }
  }
}
