// A WebSocket connection as NIO sees it: frames in and out, pings, limits on what a client may send.

import NIOCore
import NIOWebSocket

/// What stands behind a WebSocket connection.
protocol WebSocketService: AnyObject {
  func opened(_ peer: WebSocketFront)
  func received(_ text: [UInt8])
  func closed()
  func becameWritable()
  /// Incoming frames (ping, pong, text) that a client may send in a second; more, and it is disconnected.
  var framesPerSecond: Int { get }
}

/// Binance's connection rules: a ping every 20 s, and a client that sends no pong for a minute is dropped.
final class WebSocketFront: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let service: any WebSocketService
  private var context: ChannelHandlerContext?
  private var lastPong = NIODeadline.now()
  private var secondStart = NIODeadline.now()
  private var framesInSecond = 0
  private var nextPing: Scheduled<Void>?
  /// Our close frame is sent; what the client still sends is read and ignored, so that a reset does not overtake it.
  private var isClosing = false
  private static let pingInterval = TimeAmount.seconds(20)
  private static let pongTimeout = TimeAmount.minutes(1)
  /// How long a client may take to answer our close frame.
  private static let closeTimeout = TimeAmount.seconds(2)

  init(_ service: any WebSocketService) { self.service = service }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    schedulePing()
    service.opened(self)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    nextPing?.cancel()
    self.context = nil
    service.closed()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    guard !isClosing else {
      if frame.opcode == .connectionClose { context.close(promise: nil) }
      return
    }
    guard isWithinRate() else { return close(.policyViolation) }
    switch frame.opcode {
    case .text: service.received(Array(frame.unmaskedData.readableBytesView))
    case .ping: write(.pong, frame.unmaskedData)
    case .pong: lastPong = .now()
    case .connectionClose:
      var payload = frame.unmaskedData
      close(payload.readWebSocketErrorCode() ?? .normalClosure)
      context.close(promise: nil)
    default: close(.unacceptableData)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { service.becameWritable() }
    context.fireChannelWritabilityChanged()
  }

  var isWritable: Bool { context?.channel.isWritable ?? true }

  /// Queues a text message; `flush` sends it.
  func send(_ text: ByteBuffer) { queue(.text, text) }

  /// Queues a binary message.
  func sendBinary(_ bytes: ByteBuffer) { queue(.binary, bytes) }

  private func queue(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
    context?.write(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: payload)), promise: nil)
  }

  func sendNow(_ text: String) {
    send(ByteBuffer(string: text))
    flush()
  }

  func flush() { context?.flush() }

  private func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
    context?.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: payload)), promise: nil)
  }

  /// Breaks the connection without a closing handshake, as a lost network does.
  func breakOff() { context?.close(promise: nil) }

  /// Ends the connection in good order.
  func goAway() { close(.goingAway) }

  /// Begins the closing handshake (RFC 6455 section 7).
  private func close(_ code: WebSocketErrorCode) {
    guard let context else { return }
    isClosing = true
    var payload = ByteBuffer()
    payload.write(webSocketErrorCode: code)
    write(.connectionClose, payload)
    _ = context.eventLoop.assumeIsolated().scheduleTask(in: Self.closeTimeout) { [weak self] in
      self?.context?.close(promise: nil)
    }
  }

  private func isWithinRate() -> Bool {
    let now = NIODeadline.now()
    if now - secondStart >= .seconds(1) {
      secondStart = now
      framesInSecond = 0
    }
    framesInSecond += 1
    return framesInSecond <= service.framesPerSecond
  }

  private func schedulePing() {
    guard let context else { return }
    nextPing = context.eventLoop.assumeIsolated().scheduleTask(in: Self.pingInterval) { [weak self] in
      guard let self else { return }
      guard .now() - lastPong < Self.pongTimeout else { return close(.goingAway) }
      write(.ping, ByteBuffer(string: "\(NIODeadline.now().uptimeNanoseconds / 1_000_000)"))
      schedulePing()
    }
  }
}
