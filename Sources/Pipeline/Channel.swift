// Channels: the border between a stage and the outside world, where live sockets and a replay are exchanged.

/// What a channel did since it was last asked.
public enum ChannelEvent: UInt8, BitwiseCopyable, Sendable {
  case idle = 0
  /// Connected, verified and upgraded: messages can be sent.
  case opened = 1
  /// One whole message stands in `message`.
  case message = 2
  /// The connection is gone (`closeReason`); the channel reconnects by itself with back-off and jitter.
  case closed = 3
}

/// Why a channel closed or failed to open: stable names, counted each on its own. The numbers go up from 0 without holes.
public enum CloseReason: UInt8, BitwiseCopyable, CaseIterable, Sendable {
  case none = 0
  case requested = 1
  case peerClosed = 2
  case connectFailed = 3
  case connectTimeout = 4
  case tlsFailed = 5
  case certificateRejected = 6
  case upgradeRefused = 7
  case protocolError = 8
  case messageTooLarge = 9
  case peerSilent = 10
  case sendBufferFull = 11
  case socketError = 12
  /// The upgrade was refused with HTTP 429 or 418: the venue wants no connection for a while, and gets none.
  case rateLimited = 13
}

/// A connection that carries whole messages both ways. Owned and polled by one stage.
public protocol MessageChannel: ~Copyable {
  /// Advances the connection by a bounded amount and tells one thing that happened.
  ///
  /// - Parameter nowNs: the session's clock, for timeouts and back-off.
  mutating func poll(nowNs: Int64) -> ChannelEvent

  /// The message of the last `poll` that returned `.message`; valid until the next `poll`.
  var message: UnsafeRawBufferPointer { get }

  /// Receive stamp of the bytes that completed that message, in time-stamp-counter cycles.
  var messageTsc: UInt64 { get }

  /// Why the last `.closed` was told.
  var closeReason: CloseReason { get }

  var isOpen: Bool { get }

  /// Sends one text message, whole or not at all.
  ///
  /// - Returns: false when the channel is not open or its send buffer has no room; nothing was sent then.
  mutating func send(_ text: UnsafeRawBufferPointer) -> Bool

  /// Closes the connection; it is opened again after the back-off unless `permanently`.
  mutating func close(permanently: Bool)
}

/// A message channel that can stand by: closed permanently, and opened when it is needed.
public protocol StandbyChannel: MessageChannel, ~Copyable {
  /// Connects, and again after every loss, until it is closed permanently.
  mutating func open()
}

/// What a request channel did since it was last asked.
public enum RequestEvent: UInt8, BitwiseCopyable, Sendable {
  case idle = 0
  /// The whole response stands in `status` and `body`.
  case response = 1
  /// No response will come (`closeReason`).
  case failed = 2
}

/// A connection that answers one request at a time: REST snapshots and signed queries.
public protocol RequestChannel: ~Copyable {
  /// Begins `GET target`; the connection is opened when there is none.
  ///
  /// - Returns: false while another request is under way.
  mutating func get(_ target: UnsafeRawBufferPointer) -> Bool
  mutating func poll(nowNs: Int64) -> RequestEvent
  /// The HTTP status of the last response.
  var status: Int { get }
  /// Its body; valid until the next `get`.
  var body: UnsafeRawBufferPointer { get }
  var closeReason: CloseReason { get }
  /// For how long the server wants no request, as its last response said (Retry-After); nil where it did not.
  var retryAfterSeconds: Int? { get }
}
