// The local venue as a server: Binance's REST, market streams and WebSocket API over TLS, on one event loop.

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Pipeline
import VenueFront

/// A venue for this bot and for anybody's client. SwiftNIO, so that the bot's own WebSocket and HTTP meet an independent
/// implementation. Start and stop from any thread that is not the venue's own.
public final class VenueServer: Sendable {
  public let configuration: Configuration
  /// The port it listens on.
  public let port: Int

  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel
  private let venue: VenueLoop

  /// The largest frame a client may send; requests have a few hundred bytes.
  private static let frameBytesMax = 64 * 1024
  /// Unsent bytes at which the play waits for a client, and at which it goes on.
  private static let writeWaterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 256 * 1024, high: 1024 * 1024)

  /// Reads the market, then listens. When this returns, clients can connect.
  ///
  /// - Parameter onPlayed: called once on the venue's own thread when a recorded market was played to its end, with the
  ///   number of its lines. A play that is cut short (by `playSeconds`, a damaged file or `stop`) never gets there.
  /// - Throws: `VenueStartError`, `CaptureError`, `TLSError` or NIO's error of an address that cannot be bound.
  public init(_ configuration: Configuration, onPlayed: @escaping @Sendable (_ lines: Int) -> Void = { _ in }) throws {
    guard configuration.speed > 0, configuration.speed.isFinite else { throw VenueStartError("speed must be positive") }
    self.configuration = configuration
    let tls = try configuration.tls.map { files throws(TLSError) in
      try TLSContext.server(certificateFile: files.certificate, keyFile: files.key)
    }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
      let loop = group.next()
      let venue = try loop.submit { try VenueLoop(configuration, loop: loop, onPlayed: onPlayed) }.wait()
      channel = try Self.bootstrap(group, venue: venue, tls: tls)
        .bind(host: configuration.host, port: configuration.port).wait()
      self.venue = venue
    } catch {
      try? group.syncShutdownGracefully()
      throw error
    }
    self.group = group
    port = channel.localAddress?.port ?? configuration.port
  }

  /// What the venue has to say now.
  public func state() throws -> State {
    let venue = venue
    return try channel.eventLoop.submit { venue.state() }.wait()
  }

  /// What `apus venue --control` understands, a command a line.
  public static let commands = VenueConsole.help

  /// Carries out one command of `commands`.
  ///
  /// - Returns: its answer, one JSON object.
  public func answer(_ command: String) throws -> String {
    let venue = venue
    return try channel.eventLoop.submit { VenueConsole(venue: venue).answer(command) }.wait()
  }

  /// Gives a fed market its next messages; returns at once. One thread at a time, so that their order is kept.
  public func feed(_ messages: [MarketFeed]) {
    let venue = venue
    channel.eventLoop.execute { venue.feed(messages) }
  }

  /// Tells every connection that it will be closed in `seconds`; the venue goes on.
  public func announceShutdown(seconds: Int64) throws {
    let venue = venue
    try channel.eventLoop.submit { venue.announceShutdown(notice: .seconds(seconds)) }.wait()
  }

  /// Stops playing, closes every connection and returns the final state.
  public func stop() throws -> State {
    let venue = venue
    let state = try channel.eventLoop.submit {
      venue.end()
      return venue.state()
    }.wait()
    try channel.close().wait()
    try group.syncShutdownGracefully()
    return state
  }

  private static func bootstrap(_ group: MultiThreadedEventLoopGroup, venue: VenueLoop, tls: TLSContext?)
    -> ServerBootstrap
  {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 64)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.writeBufferWaterMark, value: writeWaterMark)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls { try pipeline.addHandler(TLSHandler(tls)) }
          let rest = RESTHandler(venue.exchange, faults: venue.faults, loop: venue.loop.assumeIsolated())
          let restName = "rest"
          try pipeline.configureHTTPServerPipeline(
            withServerUpgrade: (
              upgraders: [upgrader(venue)],
              completionHandler: { context in
                context.pipeline.syncOperations.removeHandler(name: restName, promise: nil)
              }
            ))
          try pipeline.addHandler(rest, name: restName)
        }
      }
  }

  /// A WebSocket is opened by the first request of its connection; Binance has another host for REST.
  private static func upgrader(_ venue: VenueLoop) -> NIOWebSocketServerUpgrader {
    NIOWebSocketServerUpgrader(
      maxFrameSize: frameBytesMax,
      shouldUpgrade: { channel, head in
        let isServed =
          OrderService.serves(head.uri)
          || MarketStreamService.serves(head.uri) && (try? venue.exchange.requireStreamKey(head.streamKey)) != nil
        return channel.eventLoop.makeSucceededFuture(isServed ? HTTPHeaders() : nil)
      },
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          let service: any WebSocketService =
            OrderService.serves(head.uri)
            ? OrderService(
              target: head.uri, exchange: venue.exchange, faults: venue.faults, hub: venue.users,
              loop: venue.loop.assumeIsolated())
            : MarketStreamService(
              target: head.uri, encoding: head.streamKey == nil ? .json : .sbe, hub: venue.streams,
              faults: venue.faults, loop: venue.loop.assumeIsolated())
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(
            NIOWebSocketFrameAggregator(
              minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64, maxAccumulatedFrameSize: frameBytesMax))
          try pipeline.addHandler(WebSocketFront(service))
        }
      })
  }
}
