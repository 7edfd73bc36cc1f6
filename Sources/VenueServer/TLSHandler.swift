// TLS for a NIO channel, around the project's own session over OpenSSL memory BIOs in server mode.

import NIOCore
import Pipeline

/// Opens and seals between the socket and the rest of the pipeline. Writes are sealed at the flush, so that small ones
/// share a record.
final class TLSHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var session: TLSSession
  private var waiting = ByteBuffer()
  private var promises: [EventLoopPromise<Void>] = []
  private static let recordBytes = 16 * 1024

  init(_ context: TLSContext) { session = TLSSession(context) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let ciphertext = unwrapInboundIn(data)
    var taken = 0
    while taken < ciphertext.readableBytes || session.hasPending {
      var plaintext = context.channel.allocator.buffer(capacity: Self.recordBytes)
      var outgoing = context.channel.allocator.buffer(capacity: TLSSession.flightBytes)
      let progress = ciphertext.withUnsafeReadableBytes { ciphertext in
        Self.fill(&plaintext, &outgoing) { plaintext, outgoing in
          session.read(UnsafeRawBufferPointer(rebasing: ciphertext[taken...]), into: plaintext, outgoing: outgoing)
        }
      }
      taken += progress.consumed
      if outgoing.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil) }
      if plaintext.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(plaintext)) }
      guard progress.status == .ok else { return context.close(promise: nil) }
      guard progress.consumed > 0 || progress.plaintext > 0 else { break }
    }
    if session.isEstablished, waiting.readableBytes > 0 { flush(context: context) }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    var plaintext = unwrapOutboundIn(data)
    waiting.writeBuffer(&plaintext)
    if let promise { promises.append(promise) }
  }

  func flush(context: ChannelHandlerContext) {
    guard session.isEstablished else { return }
    guard waiting.readableBytes > 0 else { return context.flush() }
    var sealed = context.channel.allocator.buffer(capacity: TLSSession.sealedBytes(waiting.readableBytes))
    let status = waiting.withUnsafeReadableBytes { plaintext in
      var status = TLSStatus.failed
      sealed.writeWithUnsafeMutableBytes(minimumWritableBytes: TLSSession.sealedBytes(plaintext.count)) { outgoing in
        let progress = session.write(plaintext, outgoing: outgoing)
        status = progress.status
        return progress.outgoing
      }
      return status
    }
    waiting.clear()
    let written = context.eventLoop.makePromise(of: Void.self)
    for promise in promises { written.futureResult.cascade(to: promise) }
    promises = []
    context.writeAndFlush(wrapOutboundOut(sealed), promise: written)
    if status != .ok { context.close(promise: nil) }
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if mode == .all, session.isEstablished, context.channel.isActive {
      flush(context: context)
      var alert = context.channel.allocator.buffer(capacity: TLSSession.flightBytes)
      alert.writeWithUnsafeMutableBytes(minimumWritableBytes: TLSSession.flightBytes) {
        session.close(outgoing: $0).outgoing
      }
      if alert.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(alert), promise: nil) }
    }
    context.close(mode: mode, promise: promise)
  }

  func channelInactive(context: ChannelHandlerContext) {
    for promise in promises { promise.fail(ChannelError.ioOnClosedChannel) }
    promises = []
    context.fireChannelInactive()
  }

  private static func fill(
    _ plaintext: inout ByteBuffer, _ outgoing: inout ByteBuffer,
    _ body: (UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer) -> TLSProgress
  ) -> TLSProgress {
    var progress: TLSProgress!
    plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: recordBytes) { plaintext in
      outgoing.writeWithUnsafeMutableBytes(minimumWritableBytes: TLSSession.flightBytes) { outgoing in
        progress = body(plaintext, outgoing)
        return progress.outgoing
      }
      return progress.plaintext
    }
    return progress
  }
}
