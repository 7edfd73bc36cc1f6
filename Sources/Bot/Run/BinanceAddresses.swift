// Binance's own addresses, for whoever configures none.

/// Where Binance's services listen.
///
/// Source: binance-spot-api-docs, web-socket-streams.md ("General WSS information"), rest-api.md ("General API
/// Information"), web-socket-api.md ("General API Information"), and testnet/ of the same repository.
enum BinanceAddresses {
  static let live = (
    streams: "stream.binance.com:9443", rest: "api.binance.com:443", orders: "ws-api.binance.com:443"
  )
  static let testnet = (
    streams: "stream.testnet.binance.vision:9443", rest: "testnet.binance.vision:443",
    orders: "ws-api.testnet.binance.vision:443"
  )
}
