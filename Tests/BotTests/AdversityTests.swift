// What goes wrong between a session and its venue: each has its counter and its reaction, and never an order on a book
// that cannot be trusted.

import Bot
import Foundation
import Market
import Pipeline
import Testing
import VenueFront
import VenueServer

/// One after the other: each runs a venue and a session's threads.
@Suite("Adversity", .serialized)
struct AdversityTests {
  /// Runs `body` in a folder of its own.
  private func withFolder(_ body: (DemoFolder) throws -> Void) throws {
    let folder = try DemoFolder(kept: nil)
    defer { folder.remove() }
    try body(folder)
  }

  /// Runs `body` with a venue that is stopped at the end.
  private func withVenue(
    adjust: (inout VenueServer.Configuration) throws -> Void = { _ in }, body: (TestVenue) throws -> Void
  ) throws {
    try withFolder { folder in
      let venue = try TestVenue(folder, adjust: adjust)
      let outcome = Result { try body(venue) }
      _ = try venue.server.stop()
      try outcome.get()
    }
  }

  /// A session with this trust: the reason is named, counted on both connections, tried again, and nothing is traded.
  private func expectRefusal(_ venue: TestVenue, trusting file: String, naming problem: CertificateProblem) throws {
    let endpoint = try venue.endpoint(trusting: file)
    let error = #expect(throws: SessionError.self) { try endpoint.timeNs() }
    #expect(error?.description.contains("certificate was refused (\(problem))") == true)
    let session = try TestSession.run(venue, endpoint, originNs: venue.server.state().captureTimeNs) { session in
      try session.wait(for: "two refusals of the certificate by feed and gateway") {
        try session.count("feed.binance.closed.certificateRejected") >= 2
          && session.count("gateway.binance.closed.certificateRejected") >= 2
      }
    }
    for stage in ["feed.binance", "gateway.binance"] {
      #expect(try session.total(stage + ".closed.") == session.count(stage + ".closed.certificateRejected"))
      #expect(try session.count(stage + ".messages") == 0)
    }
    #expect(try session.records(.order) == 0)
    try session.expectSoundJournal()
  }

  /// Whole sessions against the local venue, whose records are OpenSSL's.
  @Test("orders are sent and filled over direct records") func directRecords() throws {
    try withVenue { venue in
      let session = try TestSession.run(venue, try venue.endpoint(records: .direct)) { session in
        try session.wait(for: "a fill") {
          try session.count("execution.fills.maker") + session.count("execution.fills.taker") > 0
        }
      }
      #expect(try session.count("feed.binance.closed.tlsFailed") == 0)
      #expect(try session.count("gateway.binance.closed.tlsFailed") == 0)
      try session.expectSoundJournal()
    }
  }

  @Test("a venue's certificate from another authority is refused by name") func untrusted() throws {
    try withVenue { venue in
      let other = venue.folder.path + "/other-authority.pem"
      try ThrowAwayAuthority().writeCertificate(to: other)
      try expectRefusal(venue, trusting: other, naming: .untrusted)
    }
  }

  @Test("a trusted certificate for another host is refused by name") func wrongHost() throws {
    let authority = try ThrowAwayAuthority()
    try withFolder { files in
      let (certificate, key) = (files.path + "/elsewhere.pem", files.path + "/elsewhere.key")
      let trust = files.path + "/elsewhere-authority.pem"
      try authority.writeCertificate(to: trust)
      try authority.issue(names: ["DNS:elsewhere.example"], certificateFile: certificate, keyFile: key)
      try withVenue { settings in
        settings.tls = .init(certificate: certificate, key: key)
      } body: { venue in
        try expectRefusal(venue, trusting: trust, naming: .wrongHost)
      }
    }
  }

  @Test("a refused login is counted and tried again; the market is followed, but no order is approved")
  func refusedLogin() throws {
    try withVenue {
      $0.exchange.keys = []
    } body: { venue in
      let session = try TestSession.run(venue) { session in
        try session.wait(for: "refused logins on connections of their own, and refused orders") {
          try session.count("gateway.binance.session_errors") >= 2
            && session.count("gateway.binance.closed.requested") >= 2
            && session.count("execution.refused.notReconciled") >= 2 && session.count("feed.binance.diffs") > 0
        }
      }
      #expect(try session.count("gateway.binance.sessions_up") == 0)
      #expect(try session.count("execution.orders.sent") == 0)
      #expect(try session.records(.order) == 0)
      try session.expectSoundJournal()
    }
  }

  @Test("a venue that stops answering: the loss is counted by name, orders turn unknown, and none follows")
  func venueStops() throws {
    try withFolder { folder in
      let venue = try TestVenue(folder)
      var resting: Int64 = 0
      let session = try TestSession.run(venue) { session in
        let reached = Result {
          try session.wait(for: "a resting order after a few others") {
            try session.count("execution.orders.sent") >= 3 && session.count("execution.orders.open") >= 1
          }
        }
        resting = Int64(try venue.server.stop().openOrders)
        try reached.get()
        try session.wait(for: "the loss, a refused reconnection, and what was resting to be unknown") {
          try session.count("feed.binance.disconnects") == 2 && session.count("gateway.binance.sessions_down") == 1
            && session.count("feed.binance.closed.connectFailed") > 0
            && session.count("gateway.binance.closed.connectFailed") > 0
            && session.count("execution.orders.unknown") >= resting
        }
      }
      for stage in ["feed.binance", "gateway.binance"] {
        // Whether the end of the connection or its reset comes first is the kernel's choice.
        let lost = try session.count(stage + ".closed.peerClosed") + session.count(stage + ".closed.socketError")
        #expect(lost >= 1)
      }
      // What was not answered may live at the venue: it stays open here until somebody knows.
      #expect(try session.count("execution.orders.open") >= resting)
      #expect(try session.count("strategy0.broken_streams") == 1)
      #expect(try session.records(.stream) == 2, "live, void: the audit has a break to look at")
      #expect(try session.records(.order) >= 3)
      try session.expectSoundJournal()
    }
  }

  @Test("a withheld message is one gap and one resynchronisation; trading goes on after it")
  func gap() throws {
    try withVenue {
      $0.withheldDiff = 200
    } body: { venue in
      let session = try TestSession.run(venue) { session in
        try session.wait(for: "the resynchronisation") { try session.count("feed.binance.resyncs") >= 1 }
        let sent = try session.count("execution.orders.sent")
        try session.wait(for: "an order after it") { try session.count("execution.orders.sent") > sent }
        session.live.beginStop()
        try session.wait(for: "the cancels of what rests") { try session.count("execution.orders.open") == 0 }
      }
      #expect(try session.count("feed.binance.gaps") == 1)
      #expect(try session.count("feed.binance.resyncs") == 1)
      #expect(try session.count("feed.binance.disconnects") == 0)
      #expect(try session.count("strategy0.broken_streams") == 1)
      #expect(try session.records(.stream) == 3, "live, void, live: the audit has a break to look at")
      try session.expectSoundJournal()
    }
  }

  @Test("what one connection loses the other brings: no gap, no void book, and trading goes on")
  func redundantConnections() throws {
    try withVenue { venue in
      let session = try TestSession.run(venue) { session in
        // Until both carry, what the only one loses is lost.
        try session.wait(for: "the same messages on both") {
          try session.count("feed.binance.connection0.duplicates")
            + session.count("feed.binance.connection1.duplicates") > 20
        }
        _ = try venue.server.answer("faults market.lost 20% connection=2; market.stall 5% 5ms..20ms connection=1")
        try session.wait(for: "holes that the other connection closed, and orders") {
          try session.count("feed.binance.arbitrated") >= 20 && session.count("execution.orders.sent") >= 3
        }
      }
      #expect(try session.count("feed.binance.connects") == 2)
      #expect(try session.count("feed.binance.gaps") == 0)
      #expect(try session.count("feed.binance.trade_gaps") == 0)
      #expect(try session.count("strategy0.broken_streams") == 0)
      #expect(try session.records(.stream) == 1, "live, once and for all")
      try session.expectSoundJournal()
    }
  }
}
