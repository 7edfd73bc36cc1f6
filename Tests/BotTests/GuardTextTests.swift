// What the guard prints of an event: one line for people, one object for programs, durations in real time.

import Bot
import Control
import Foundation
import Testing

@Suite("Guard text")
struct GuardTextTests {
  private let trigger: GuardEvent = {
    var record = GuardRecord(.watching, .cancelling, .hanging)
    record.process = 4711
    record.worker = 0
    record.silenceNs = 20_100_000_000
    record.isHaltRaised = true
    return GuardEvent(timeNs: 1_723_161_254_454_000_000, record: record)
  }()

  @Test("a trigger is told with its silence, in the time of a clock that runs at the given speed")
  func triggerLine() {
    #expect(
      GuardText(speed: 20).line(trigger)
        == "2024-08-08T23:54:14.454000000Z cancelling: hanging; process 4711, worker 0 silent for 1.0 s, halt word raised"
    )
  }

  @Test("a confirmation is told with what was cancelled and how long it took")
  func confirmationLine() {
    var event = trigger
    event.record = GuardRecord(.cancelling, .confirmed, .nothingOpen)
    event.record.canceledOrders = 3
    event.record.reactionNs = 7_900_000
    #expect(
      GuardText(speed: 1).line(event)
        == "2024-08-08T23:54:14.454000000Z confirmed: nothingOpen; 3 orders cancelled in 7.9 ms")
  }

  @Test("a program reads the same from one line of JSON, without what does not apply")
  func json() throws {
    let text = try GuardText(speed: 1).json(trigger)
    #expect(!text.contains("\n"))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["event"] as? String == "guard" && object["state"] as? String == "cancelling")
    #expect(object["process"] as? Int == 4711 && object["silence_ns"] as? Int == 20_100_000_000)
    let remark = GuardEvent(timeNs: 0, record: GuardRecord(.disarmed, .disarmed, .missing))
    #expect(try !GuardText(speed: 1).json(remark).contains("process\""))
  }
}
