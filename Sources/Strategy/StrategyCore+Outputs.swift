// What a step gives out: touches, forecasts and the strategy's intents, each with its record.

import Brain
import Market
import Pipeline

extension StrategyCore {
  mutating func finish() {
    var i = 0
    while i < marketCount {
      if markets[i].isDirty && markets[i].book.isConsistent && !isSet(.intentsBlocked) {
        publish(markets[i].touchIntent(strategy: shard, nowNs: input.nowNs))
        markets[i].isDirty = false
      }
      if markets[i].hasForecast { recordForecast(i) }
      marketCounters[i].set(markets[i])
      i &+= 1
    }
    i = 0
    while i < outbox.pointee.count {
      count(outbox.pointee.intents[i])
      publish(outbox.pointee.intents[i])
      i &+= 1
    }
    intents.publish()
    records.publish()
    releaseInputs()
  }

  mutating func releaseInputs() {
    updates.release(updateCount)
    counters.updates.add(Int64(updateCount))
    var i = 0
    while i < feedCount {
      feeds[i].events.release(feeds[i].count)
      counters.events.add(Int64(feeds[i].count))
      i &+= 1
    }
  }

  mutating func count(_ intent: OrderIntent) {
    if intent.kind == .place {
      counters.orders.add()
      if intent.originTsc != 0 { decisionOriginTsc = intent.originTsc }
    } else {
      counters.cancels.add()
    }
  }

  mutating func publish(_ intent: OrderIntent) {
    // `begin` saw room for a whole step in both rings.
    guard let slot = intents.claim() else { preconditionFailure("the intent ring lost room during a step") }
    slot.initialize(to: intent)
    write(.intent, cause: intent.cause, UnsafeRawPointer(slot), MemoryLayout<OrderIntent>.size)
  }

  mutating func recordForecast(_ i: Int) {
    markets[i].hasForecast = false
    let record = ForecastRecord(
      markets[i].forecast, instrument: markets[i].instrument.index, strategy: shard,
      sampleTimeNs: markets[i].forecastTimeNs)
    payload.storeBytes(of: record, as: ForecastRecord.self)
    write(.forecast, cause: markets[i].cause, UnsafeRawPointer(payload), MemoryLayout<ForecastRecord>.size)
  }

  mutating func write(_ type: RecordType, cause: UInt64, _ payload: UnsafeRawPointer, _ byteCount: Int) {
    let bytes = UnsafeRawBufferPointer(start: payload, count: byteCount)
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    let written = records.append(
      type: type.rawValue, version: 1, cause: cause, timeNs: input.nowNs, bytes, nothing)
    if case .none = written { preconditionFailure("the record ring lost room during a step") }
  }
}
