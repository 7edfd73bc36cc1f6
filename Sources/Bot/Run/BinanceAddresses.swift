// Binance's own addresses, for whoever configures none.

import Control

/// Where Binance's services listen.
///
/// Source: binance-spot-api-docs, web-socket-streams.md ("General WSS information"), rest-api.md ("General API
/// Information"), web-socket-api.md ("General API Information"), sbe-market-data-streams.md ("General Information"), and
/// testnet/ of the same repository.
enum BinanceAddresses {
  /// Market streams in both encodings, REST and the WebSocket API, as `HOST:PORT`.
  struct Services {
    var streams: String
    var sbeStreams: String
    var rest: String
    var orders: String
  }

  static func services(_ mode: TradingMode) -> Services {
    switch mode {
    case .testnet:
      Services(
        streams: "stream.testnet.binance.vision:9443", sbeStreams: "stream-sbe.testnet.binance.vision:9443",
        rest: "testnet.binance.vision:443",
        orders: "ws-api.testnet.binance.vision:443")
    case .shadow, .paper, .live:
      Services(
        streams: "stream.binance.com:9443", sbeStreams: "stream-sbe.binance.com:9443", rest: "api.binance.com:443",
        orders: "ws-api.binance.com:443")
    }
  }
}
