// What anybody on the machine may write to the control socket.

import Control

/// Requests: what is understood says only what its verb takes.
final class ControlTarget: FuzzTarget {
  let name = "control"
  let seeds: [[UInt8]]

  init() {
    let texts = [
      #"{"command":"status"}"#, #"{"command":"halt","instrument":"BTCUSDT","reason":"too fast"}"#,
      #"{"command":"set-limit","limit":"maximumPosition","value":"0.5","instrument":"BTCUSDT","reason":"é\n\u20ac"}"#,
      #"{"command":"confirm","number":"7","reason":"agreed"}"#,
      #"{ "command" : "flatten" , "venue" : "binance" , "reason" : "x" }"#,
    ]
    seeds = texts.map { Array($0.utf8) }
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    guard let request = try? ControlRequest(Array(bytes)) else { return }
    let scopes = [request.instrument, request.venue, request.strategy].compactMap { $0 }
    require(request.verb == .setLimit || scopes.count <= 1, "two scopes at once")
    require((request.reason?.utf8.count ?? 0) <= ControlRequest.reasonLimit, "a reason beyond its limit")
  }
}
