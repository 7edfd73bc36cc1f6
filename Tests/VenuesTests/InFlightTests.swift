// Requests under way: an answer that never comes must not stand in the way of others.

import Market
import Testing

@Suite struct InFlightTests {
  /// The 257th request after one that the venue never answered would have had its place.
  @Test func anUnansweredRequestKeepsItsPlaceWhileOthersComeAndGo() throws {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    try gateway.comeUp()
    let silent = try gateway.order(1)
    gateway.run()
    for _ in 0..<600 {
      gateway.request(.cancel, ClientOrderIdentifier(bootEpoch: 1, sequence: 2))
      try gateway.refuse(-2011, "Unknown order sent.")
    }
    #expect(gateway.reports.filter { $0.kind == .cancelRejected && $0.reason == .unknownOrder }.count == 600)
    gateway.run(gateway.nowNs + 11_000_000_000)
    let lost = gateway.reports.filter { $0.kind == .unknown }
    #expect(lost.map(\.clientOrder) == [silent] && lost.first?.reason == .replyTimeout)
  }
}
