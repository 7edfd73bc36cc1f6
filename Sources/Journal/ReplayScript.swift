// What a recorded channel does next: the replay's driver writes it, the replayed channel reads it. One thread.

import Pipeline

/// The recorded life of one channel of a stage, handed out one event at a time.
///
/// The stage holds a `ReplayMessageChannel` or a `ReplayRequestChannel` on it in the place of the live one.
public final class ReplayScript {
  /// The number by which the stage's records name the channel.
  public let channel: UInt8
  /// Offered to the next poll; nil: that poll finds nothing.
  var offer: ReplayOffer?
  /// Sends, by their ordinal from 0, that the live channel did not take.
  var refusals: Set<UInt32> = []
  private(set) var closeReason = CloseReason.none
  private(set) var receiveTsc: UInt64 = 0
  private(set) var status = 0
  private(set) var isOpen = false
  private var sends: UInt32 = 0
  private var content = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
  private var contentCount = 0

  public init(channel: UInt8) { self.channel = channel }
  deinit { content.deallocate() }

  /// The last message or body; valid until the next event is taken.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: content[..<contentCount]) }

  /// Takes the offer; `event` is the raw value of a `ChannelEvent` or `RequestEvent`.
  func take() -> UInt8 {
    guard let offer else { return 0 }
    self.offer = nil
    closeReason = offer.reason
    if offer.event == ChannelEvent.opened.rawValue { isOpen = true }
    if offer.event == ChannelEvent.closed.rawValue { isOpen = false }
    receiveTsc = offer.receiveTsc
    status = Int(offer.status)
    keep(offer.bytes)
    return offer.event
  }

  /// Whether the live channel took what is sent now.
  func send() -> Bool {
    defer { sends &+= 1 }
    return !refusals.contains(sends)
  }

  func close() { isOpen = false }

  private func keep(_ bytes: ArraySlice<UInt8>) {
    if bytes.count > content.count {
      content.deallocate()
      content = .allocate(byteCount: bytes.count, alignment: 16)
    }
    bytes.withUnsafeBytes { content.copyBytes(from: $0) }
    contentCount = bytes.count
  }
}

/// One recorded event of a channel.
struct ReplayOffer {
  var event: UInt8
  var reason = CloseReason.none
  var status: UInt16 = 0
  var receiveTsc: UInt64 = 0
  var bytes: ArraySlice<UInt8> = []
}

/// A message channel that does what the journal says its live counterpart did.
public struct ReplayMessageChannel: ~Copyable, StandbyChannel {
  private let script: ReplayScript

  public init(_ script: ReplayScript) { self.script = script }

  public mutating func poll(nowNs: Int64) -> ChannelEvent { ChannelEvent(rawValue: script.take()) ?? .idle }
  public var message: UnsafeRawBufferPointer { script.bytes }
  public var messageTsc: UInt64 { script.receiveTsc }
  public var closeReason: CloseReason { script.closeReason }
  public var isOpen: Bool { script.isOpen }
  public mutating func send(_ text: UnsafeRawBufferPointer) -> Bool { script.send() }
  public mutating func open() {}  // when it opened stands in the journal
  public mutating func close(permanently: Bool) { script.close() }
}

/// A request channel that does what the journal says its live counterpart did.
public struct ReplayRequestChannel: ~Copyable, RequestChannel {
  private let script: ReplayScript

  public init(_ script: ReplayScript) { self.script = script }

  public mutating func get(_ target: UnsafeRawBufferPointer) -> Bool { script.send() }
  public mutating func poll(nowNs: Int64) -> RequestEvent { RequestEvent(rawValue: script.take()) ?? .idle }
  public var status: Int { script.status }
  public var body: UnsafeRawBufferPointer { script.bytes }
  public var closeReason: CloseReason { script.closeReason }
  /// A response's record has it in the place of a message's receive stamp; 0 for none.
  public var retryAfterSeconds: Int? { script.receiveTsc == 0 ? nil : Int(clamping: script.receiveTsc) }
}
