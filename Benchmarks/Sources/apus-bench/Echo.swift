// The bare echo beside which tick to trade is measured, by each way of talking to the kernel.

import Foundation
import Peers
import Suite

/// The load's ticks that ask for an order, a second; the same at every rate.
let ordersPerSecond = 200

/// The echo by the transport that was fastest when it was first measured.
final class Echo {
  private let frameBytes: [UInt32]
  private let durationNs: Int64
  private let senderCpu: Int
  private let messagesPerSecond: Int
  private let isTiny: Bool
  private var fastest: Int?

  /// An estimate of an order of ours and of the venue's answer, as they are on the wire.
  private static let (orderBytes, replyBytes): (UInt32, UInt32) = (330, 450)
  /// As many as `apus load` plays again and again.
  private static let cycleFrames = 20_000
  /// By `peer_echo_transport`.
  private static let transports = ["poll", "uring", "uring, send", "uring, cooperative"]

  init(_ recording: Recording, messagesPerSecond: Int, _ scale: Scale, senderCpu: Int) {
    frameBytes = Array(recording.wireBytes.prefix(Self.cycleFrames))
    durationNs = Int64(scale.of(3_000, tiny: 200)) * 1_000_000
    isTiny = scale.isTiny
    self.senderCpu = senderCpu
    self.messagesPerSecond = messagesPerSecond
  }

  /// One run of the fastest transport: median and 99th percentile in nanoseconds.
  func measure() throws -> [Double] {
    if let fastest { return try measure(fastest) }
    let medians = try Self.transports.indices.map { try measure($0)[0] }
    let told = zip(Self.transports, medians).map { "\($0): \(Int($1)) ns" }.joined(separator: "; ")
    FileHandle.standardError.write(Data("  echo at \(messagesPerSecond)/s, medians: \(told)\n".utf8))
    let best = medians.indices.min { medians[$0] < medians[$1] } ?? 0
    fastest = best
    return try measure(best)
  }

  /// One run of a transport: median and 99th percentile in nanoseconds.
  private func measure(_ transport: Int) throws -> [Double] {
    let asked = Int(durationNs) * ordersPerSecond / 1_000_000_000
    var latenciesNs = [Double](repeating: 0, count: asked + 1)
    let count = frameBytes.withUnsafeBufferPointer { frames in
      var plan = peer_echo_plan(
        frame_bytes: frames.baseAddress, frame_count: frames.count,
        interval_ns: Int64(1_000_000_000 / messagesPerSecond),
        frames_per_answer: UInt32(messagesPerSecond / ordersPerSecond), order_bytes: Self.orderBytes,
        reply_bytes: Self.replyBytes, sender_cpu: Int32(senderCpu), transport: Int32(transport))
      return peer_echo(&plan, durationNs, &latenciesNs, latenciesNs.count)
    }
    guard count >= 0 else { throw BenchmarkError("the echo by \(Self.transports[transport]): errno \(-count)") }
    // What came before the kernel had begun to stamp is not in it.
    guard count > (isTiny ? 0 : asked / 2) else {
      throw BenchmarkError("the echo by \(Self.transports[transport]) answered \(count) of \(asked) frames")
    }
    let sortedNs = latenciesNs.prefix(count).sorted()
    return [sortedNs[count / 2], sortedNs[count * 99 / 100]]
  }
}
