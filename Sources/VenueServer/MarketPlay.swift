// Plays a market on capture time: to the subscribers, and to the matching engine.

import Market
import NIOCore
import Simulation
import VenueFront

/// What was played.
struct PlayCounters {
  var lines = 0
  var depth = 0
  var withheld = 0
  var snapshots = 0
  /// Times the play waited for a client that could not keep up.
  var clientWaits = 0
  /// The most that a message was sent after its time, in real nanoseconds.
  var lateNsMax: Int64 = 0
}

/// One event loop owns it. A message is never dropped for a slow client: the play waits for it, while the clock goes on.
final class MarketPlay: MarketDriver {
  private enum State { case waiting, playing, ended }

  private var clock: CaptureClock
  private(set) var counters = PlayCounters()
  /// Why the play ended early, if it did.
  private(set) var failure: CaptureError?
  /// Told once, when every line was played and sent: how many there were.
  var onPlayed: (_ lines: Int) -> Void = { _ in }
  private var state = State.waiting
  /// What `matchingNs` last was: never back.
  private var marketNs: Int64 = 0
  private var source: any MarketSource
  private var head: MarketLine?
  private var scheduled: Scheduled<Void>?
  private let loop: NIOIsolatedEventLoop
  private let hub: StreamHub
  private let snapshots: SnapshotDesk
  private let exchange: VenueFront.Exchange
  private let settings: VenueServer.Configuration
  private let streams: Set<String>
  /// The finest time that a client is told: what happens within one has one stamp.
  private static let step = TimeUnit.microsecond
  /// Steps played before other work of the event loop gets its turn.
  private static let batch = 64

  init(
    _ source: any MarketSource, settings: VenueServer.Configuration, hub: StreamHub, snapshots: SnapshotDesk,
    exchange: VenueFront.Exchange, loop: NIOIsolatedEventLoop
  ) throws {
    self.source = source
    clock = CaptureClock(originNs: source.summary.firstTimeNs, speed: settings.speed)
    self.settings = settings
    self.hub = hub
    self.snapshots = snapshots
    self.exchange = exchange
    self.loop = loop
    streams = Set(source.summary.streams.keys)
    head = try self.source.next()
  }

  /// Every line was played.
  var hasEnded: Bool { head == nil }

  func nowNs(_ now: NIODeadline) -> Int64 { clock.nowNs(now) }

  /// The market's time, in whole microseconds: that of the clock, which stands still while the next message is late. What
  /// was played is exactly what is due up to it, so that the stamp of a request tells its place in the market.
  func matchingNs(_ now: NIODeadline) -> Int64 {
    let clockNs = Self.step.roundedDown(clock.nowNs(now))
    if clockNs < head?.timeNs ?? .max { marketNs = max(marketNs, clockNs) }
    return marketNs
  }

  /// Looks whether the play can begin or go on.
  func wake() {
    if state == .waiting {
      let wanted = hub.subscribed.intersection(streams)
      guard settings.start == .allStreams ? wanted == streams : !wanted.isEmpty else { return }
      state = .playing
      clock.start(at: .now())
    }
    run()
  }

  func stop() {
    state = .ended
    scheduled?.cancel()
  }

  private func run() {
    guard state == .playing else { return }
    scheduled?.cancel()
    scheduled = nil
    defer { hub.flush() }
    for _ in 0..<Self.batch {
      guard hub.allWritable else {
        counters.clientWaits += 1
        return
      }
      guard let line = head else {
        stop()
        // After the flush of the last messages.
        return loop.execute { self.onPlayed(self.counters.lines) }
      }
      let now = NIODeadline.now()
      guard !isOver(now) else { return stop() }
      let dueNs = max(marketNs, Self.step.roundedUp(line.timeNs))
      let delay = clock.delay(until: dueNs, now)
      guard delay <= .zero else {
        scheduled = loop.scheduleTask(in: delay) { self.run() }
        return
      }
      counters.lateNsMax = max(counters.lateNsMax, -delay.nanoseconds)
      do throws(CaptureError) {
        try play(upTo: dueNs)
      } catch {
        failure = error
        return stop()
      }
    }
    scheduled = loop.scheduleTask(in: .zero) { self.run() }
  }

  private func isOver(_ now: NIODeadline) -> Bool {
    settings.playSeconds.map { Double(clock.elapsed(now).nanoseconds) >= $0 * 1e9 } ?? false
  }

  /// Plays every line of one step, with no request between them.
  private func play(upTo dueNs: Int64) throws(CaptureError) {
    marketNs = dueNs
    while let line = head, line.timeNs <= dueNs {
      play(line)
      head = try source.next()
    }
  }

  private func play(_ line: MarketLine) {
    counters.lines += 1
    guard let instrument = exchange.instrument(line.symbol) else { return }
    if let stream = line.stream {
      if !withholds(stream) { hub.send(StreamMessage(line, stream: stream)) }
    } else {
      counters.snapshots += 1
    }
    if let message = MarketMessage(line, instrument: instrument) { exchange.play(message, instrument.index) }
    if line.stream == nil { snapshots.played(String(decoding: line.text, as: UTF8.self), symbol: line.symbol) }
  }

  private func withholds(_ stream: String) -> Bool {
    guard stream.contains("@depth") else { return false }
    counters.depth += 1
    guard counters.depth == settings.withheldDiff else { return false }
    counters.withheld += 1
    return true
  }
}
