// The ring of approved orders: what was sent arrives once, in order, and a full ring says so.

import Market
import Risk
import Testing

@Suite struct RingTests {
  @Test func ordersArriveOnceInOrder() throws {
    let ring = ApprovedOrderRing(capacity: 4)
    var sender = ring.sender
    var receiver = ring.receiver
    let scene = GateScene()
    for round in 0..<3 {
      for i in 0..<5 {
        scene.candidate.clientOrder = ClientOrderIdentifier(bootEpoch: 1, sequence: UInt64(10 * round + i))
        let order = scene.gate.approve(
          scene.candidate, exposure: scene.exposure, touch: scene.touch, conditions: scene.conditions)
        guard let order else { throw Refused(reason: scene.gate.decision.reason) }
        let free = sender.freeSlots()
        let isSent = sender.trySend(order)
        #expect(free == max(0, 4 - i))
        #expect(isSent == (i < 4))
      }
      let waiting = receiver.available()
      #expect(waiting == 4)
      for i in 0..<4 {
        let record = take(&receiver)
        #expect(record?.clientOrder.rawValue == 1 << 40 | UInt64(10 * round + i))
        #expect(record?.price == scene.candidate.price)
      }
      #expect(take(&receiver) == nil)
    }
  }

  private func take(_ receiver: inout ApprovedOrderReceiver) -> ApprovedOrderRecord? {
    guard let order = receiver.receive() else { return nil }
    return order.record
  }

  private struct Refused: Error { let reason: RefusalReason }
}
