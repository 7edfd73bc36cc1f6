// What makes the guard give a session up, what it does then, and when it stops.

import Control
import Market
import Pipeline
import Testing

private let ms: Int64 = 1_000_000
private let second: Int64 = 1_000_000_000

@Suite struct GuardCoreTests {
  /// A scene in which a session has been watched for a while.
  private func watching(_ bounds: GuardBounds = GuardScene.bounds) -> GuardScene {
    var scene = GuardScene(bounds)
    scene.live()
    scene.run(ns: 5 * second)
    scene.records = []
    return scene
  }

  @Test func waitsForASessionAndThenWatchesIt() {
    var scene = GuardScene()
    scene.run(ns: 3 * second)
    #expect(scene.story == ["disarmed venueUp", "disarmed missing"])
    scene.sight = SessionSight(absence: .stale)
    scene.run(ns: second)
    scene.live()
    scene.run(ns: 60 * second)
    #expect(scene.story.dropFirst(2) == ["disarmed stale", "watching found"])
    #expect(scene.cancels == 0 && scene.halts == 0)
  }

  @Test func aHangingWorkerIsSeenThoughTheOthersLive() throws {
    var scene = watching()
    scene.open = [3, 0]
    scene.run(ns: 1_100 * ms, beating: [1])
    #expect(scene.story == ["suspicious late", "cancelling hanging", "confirmed nothingOpen"])
    let trigger = try #require(scene.records.first { $0.to == .cancelling })
    #expect(trigger.worker == 0 && trigger.isHaltRaised && trigger.condition == .running)
    #expect((1_000 * ms...1_010 * ms).contains(trigger.silenceNs))
    let confirmation = try #require(scene.records.last)
    #expect(confirmation.canceledOrders == 3 && confirmation.openOrders == 0)
    #expect(confirmation.reactionNs <= 10 * ms)
    #expect(scene.halts == 1)
  }

  @Test func aStoppedProcessIsCalledStopped() {
    var scene = watching()
    scene.sight.condition = .stopped
    scene.run(ns: 1_100 * ms)
    #expect(scene.story == ["suspicious late", "cancelling stopped", "confirmed nothingOpen"])
  }

  @Test func aDeadProcessIsGivenUpAtOnce() {
    var scene = watching()
    scene.sight.condition = .ended
    scene.run(ns: 20 * ms)
    #expect(scene.story == ["cancelling died", "confirmed nothingOpen"])
    scene.run(ns: 7 * second)
    #expect(scene.story.last == "disarmed settled")
    let cancels = scene.cancels
    scene.run(ns: 60 * second)
    #expect(scene.cancels == cancels, "what is gone for good is not asked for again")
  }

  @Test func anOrderlyEndIsConfirmedToo() {
    var scene = watching()
    scene.sight.isStopping = true
    for index in scene.sight.beats.indices { scene.sight.beats[index].isDue = false }
    scene.run(ns: 5 * second, beating: [])
    #expect(scene.story == [], "workers that have ended owe no beat")
    scene.sight.condition = .ended
    scene.run(ns: 10 * second)
    #expect(scene.story == ["cancelling ended", "confirmed nothingOpen", "disarmed settled"])
  }

  @Test func aLateBeatIsOnlySuspicious() {
    var scene = watching()
    scene.run(ns: 700 * ms, beating: [1])
    scene.run(ns: 5 * second)
    #expect(scene.story == ["suspicious late", "watching recovered"])
    #expect(scene.cancels == 0 && scene.halts == 0)
  }

  @Test func theDisksWorkerHasABoundOfItsOwn() {
    var bounds = GuardScene.bounds
    bounds.slowWorkers = [1: 5 * second]
    var scene = watching(bounds)
    scene.run(ns: 2 * second, beating: [0])
    #expect(scene.story == [])
    scene.run(ns: 3_100 * ms, beating: [0])
    #expect(scene.story == ["suspicious late", "cancelling hanging", "confirmed nothingOpen"])
    #expect(scene.records[1].worker == 1)
  }

  @Test func aGuardThatWasAwayItselfLooksAgainFirst() {
    var scene = watching()
    scene.nowNs += 3_600 * second  // the machine was suspended: no beat, and nobody looked
    scene.run(ns: 100 * ms, beating: [])
    #expect(scene.story == [])
    scene.run(ns: second)
    #expect(scene.story == [])
  }

  @Test func aCommandCancelsWithAndWithoutASession() {
    var scene = watching()
    scene.open = [1, 4]
    scene.run(ns: 100 * ms, command: true)
    #expect(scene.story == ["cancelling command", "confirmed nothingOpen"])
    #expect(scene.records.last?.canceledOrders == 5 && scene.halts == 1)
    scene.run(ns: 10 * second)
    #expect(scene.story.last == "watching settled")

    var alone = GuardScene()
    alone.open = [2, 0]
    alone.run(ns: 100 * ms, command: true)
    #expect(alone.story.suffix(2) == ["cancelling command", "confirmed nothingOpen"])
    #expect(alone.open == [0, 0] && alone.halts == 0)
  }

  @Test func aContinuedProcessIsHaltedAgainAndWatchedOnlyWhenItIsQuiet() {
    var scene = watching()
    scene.sight.condition = .stopped
    scene.run(ns: 30 * second)
    #expect(scene.core.state == .confirmed, "as long as it is stopped it may come back")
    scene.records = []
    scene.sight.condition = .running
    scene.open = [1, 0]  // what it had in hand
    scene.run(ns: 100 * ms)
    #expect(scene.story == ["cancelling resumed", "confirmed nothingOpen"])
    #expect(scene.records.last?.canceledOrders == 1 && scene.halts == 2)
    scene.run(ns: 5 * second)
    #expect(scene.core.state == .confirmed)
    scene.run(ns: 2 * second)
    #expect(scene.core.state == .watching)
  }

  @Test func anOrderThatComesLateIsFoundAndCancelled() {
    var scene = watching()
    scene.sight.condition = .ended
    scene.run(ns: 100 * ms)
    scene.records = []
    scene.open = [0, 1]
    scene.run(ns: 2 * second)
    #expect(scene.story == ["cancelling reappeared", "confirmed nothingOpen"])
    #expect(scene.open == [0, 0])
    scene.run(ns: 4 * second)
    #expect(scene.core.state == .confirmed, "the time begins anew")
  }

  @Test func withoutAVenueItGoesOnUntilThereIsOne() {
    var scene = watching()
    scene.report(.sessionDown)
    scene.sight.condition = .ended
    scene.open = [2, 0]
    scene.run(ns: 30 * second)
    #expect(scene.story == ["watching venueDown", "cancelling died"])
    #expect(scene.cancels == 0, "nothing is asked of a session that is down")
    scene.report(.sessionUp)
    scene.run(ns: 20 * ms)
    #expect(scene.story.suffix(2) == ["cancelling venueUp", "confirmed nothingOpen"])
    #expect(scene.records.last?.reactionNs ?? 0 >= 30 * second)
  }

  @Test func aVenueThatDoesNotAnswerIsAskedMoreAndMoreRarely() {
    var scene = watching()
    scene.answers = false
    scene.sight.condition = .ended
    scene.run(ns: 30 * second)
    // After 0.1, 0.2, 0.4, 0.8 and 1.6 s, and then every 2 s: 6 rounds in 3.1 s, 13 in the rest, 2 instruments.
    #expect(scene.core.state == .cancelling && scene.cancels == 2 * 19)
  }

  @Test func anAnswerToAnEarlierQuestionConfirmsNothing() {
    var scene = watching()
    scene.answers = false
    scene.sight.condition = .ended
    scene.run(ns: 20 * ms)  // asks the first time, of both
    scene.run(ns: 10 * ms, command: true)  // begins anew: asks again
    for instrument in 0...1 { scene.report(.openOrdersListed, instrument: instrument) }
    scene.run(ns: 20 * ms)
    #expect(scene.core.state == .cancelling)
    for instrument in 0...1 { scene.report(.openOrdersListed, instrument: instrument) }
    scene.run(ns: 20 * ms)
    #expect(scene.core.state == .confirmed)
  }

  @Test func orderListsThatAreNotEmptyConfirmNothing() {
    var scene = watching()
    scene.answers = false
    scene.sight.condition = .ended
    scene.run(ns: 10 * ms)
    scene.report(.openOrdersListed, instrument: 0, count: 0)
    scene.report(.openOrdersListed, instrument: 1, count: 2)
    scene.run(ns: 20 * ms)
    #expect(scene.core.state == .cancelling)
    scene.answers = true
    scene.run(ns: 200 * ms)
    #expect(scene.core.state == .confirmed)
  }

  @Test func theNextStartIsWatchedAtOnceButNotBeforeTheLastOneIsCleared() {
    var next = GuardScene.process
    next.startTicks += 1
    var scene = watching()
    scene.answers = false
    scene.sight.condition = .ended
    scene.run(ns: 100 * ms)
    scene.live(next)
    scene.run(ns: second)
    #expect(scene.core.state == .cancelling)
    scene.answers = true
    scene.run(ns: 3 * second)
    #expect(scene.story == ["cancelling died", "confirmed nothingOpen", "watching found"])
    #expect(scene.records.last?.silenceNs == 0, "nothing is told of the last one's silence")
  }

  @Test func aRestartBetweenTwoLooksIsSeenAsTheDeathItWas() {
    var next = GuardScene.process
    next.startTicks += 1
    var scene = watching()
    scene.open = [2, 0]
    scene.live(next)
    scene.run(ns: 100 * ms)
    #expect(scene.story == ["cancelling died", "confirmed nothingOpen", "watching found"])
    #expect(scene.open == [0, 0] && scene.halts == 0, "the new session is not halted for the old one")
  }

  @Test func boundsFollowTheClock() {
    let bounds = GuardScene.bounds.stretched(by: 20)
    var scene = watching(bounds)
    scene.run(ns: 19 * second, beating: [1])
    #expect(scene.core.state == .suspicious)
    scene.run(ns: 2 * second, beating: [1])
    #expect(scene.core.state == .confirmed)
  }

  @Test func recordsHaveNoPadding() {
    #expect(MemoryLayout<GuardRecord>.size == 40 && MemoryLayout<GuardRecord>.stride == 40)
    #expect(MemoryLayout<GuardEvent>.size == 48)
  }
}
