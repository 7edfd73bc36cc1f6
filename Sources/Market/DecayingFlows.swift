// Sums over the recent past that forget exponentially, over four horizons at once.

/// Everything of the features that has a memory. Lanes are horizons: 0.1, 1, 10 and 60 seconds, twice.
///
/// A sum over horizon T is what was added, each times e^(-age / T); divided by T it is a rate.
struct DecayingFlows: BitwiseCopyable {
  /// The time that the sums are true for, in the session's clock; 0 before the first event.
  private(set) var timeNs: Int64 = 0
  /// Order-flow imbalance of the touch | of eight levels, in lots.
  private var orderFlow = SIMD8<Float>(repeating: 0)
  /// Traded lots signed by the taker | without sign.
  private var volume = SIMD8<Float>(repeating: 0)
  /// Trades | squared mid-price returns in bps².
  private var activity = SIMD8<Float>(repeating: 0)
  /// Mid-price minus its exponential average, in bps | traded lots times (mid-price now minus trade price), in bps.
  private var drift = SIMD8<Float>(repeating: 0)
  /// Time-weighted averages over 60 s of queue, depth and spread, and the values that hold now.
  private var means = SIMD4<Float>(repeating: 1)
  private var held = SIMD4<Float>(repeating: 0)

  /// Mean of both touch quantities, of both sides' eight-level depth, and of the spread.
  var meanQueueLots: Float { means[0] }
  var meanDepthLots: Float { means[1] }
  var meanSpreadTicks: Float { means[2] }

  /// Mean size of the trades of the last minute, with a hundredth of a trade of the mean queue's size among them: where
  /// there are none, the queue is the measure.
  var meanTradeLots: Float { (volume[7] + 0.01 * meanQueueLots) / (activity[3] + 0.01) }

  /// The same flows at a later time; an earlier time is taken as no time passed.
  @inline(always)
  func decayed(to nowNs: Int64) -> DecayingFlows {
    var later = self
    guard nowNs > timeNs else { return later }
    later.timeNs = nowNs
    guard timeNs > 0 else { return later }
    let seconds = Float(nowNs &- timeNs) * 1e-9
    let decay = FastMath.exp(Self.perSecond * -seconds)
    later.orderFlow *= decay
    later.volume *= decay
    later.activity *= decay
    later.drift *= decay
    later.means = held.addingProduct(means - held, SIMD4(repeating: decay[3]))
    return later
  }

  mutating func add(orderFlow lots: SIMD8<Float>) {
    orderFlow += halves(lots[0], FastMath.sum(lots))
  }

  mutating func add(tradeLots lots: Float, signedLots: Float, aboveMidBps: Float) {
    volume += halves(signedLots, lots)
    activity += halves(1, 0)
    drift += halves(0, -lots * aboveMidBps)
  }

  /// The mid-price moved: every distance to it moves along.
  mutating func add(returnBps: Float) {
    drift.lowHalf += returnBps
    drift.highHalf += volume.highHalf * returnBps
    activity += halves(0, returnBps * returnBps)
  }

  /// From now on the book looks like this.
  mutating func hold(queueLots: Float, depthLots: Float, spreadTicks: Float) {
    let isFirst = held[0] == 0
    held = SIMD4(queueLots, depthLots, spreadTicks, 0)
    if isFirst { means = held }
  }

  /// Writes the features of these sums: `orderFlow`, `trades`, `returns` and the first half of `recent`.
  @inline(always)
  func fill(_ vector: inout FeatureVector) {
    vector.orderFlow = FastMath.signedLog(orderFlow / halves(meanQueueLots, meanDepthLots)) * 0.5
    // Flows far below a hundredth of the mean queue count as none: a ratio of two vanishing sums says nothing.
    let traded = volume.highHalf + 0.01 * meanQueueLots
    let logs = FastMath.log(activity * Self.perSecond + halves(1, 1e-4)) * 0.25
    vector.trades = SIMD8(lowHalf: volume.lowHalf / traded, highHalf: logs.lowHalf)
    vector.recent.lowHalf = logs.highHalf
    let distances = SIMD8(lowHalf: drift.lowHalf, highHalf: drift.highHalf / traded)
    vector.returns = FastMath.signedLog(distances * Self.perOrdinaryDistance)
  }

  /// 1 / T.
  private static var perSecond: SIMD8<Float> { SIMD8(10, 1, 0.1, 1 / 60, 10, 1, 0.1, 1 / 60) }

  /// sqrt(2 / T): a mid that wanders by one bp per square root of a second, as an ordinary one does, is on average
  /// sqrt(T / 2) bps away from its exponential average over T.
  private static var perOrdinaryDistance: SIMD8<Float> {
    SIMD8(4.472_136, 1.414_213_6, 0.447_213_6, 0.182_574_2, 4.472_136, 1.414_213_6, 0.447_213_6, 0.182_574_2)
  }

  @inline(always)
  private func halves(_ low: Float, _ high: Float) -> SIMD8<Float> {
    SIMD8(lowHalf: SIMD4(repeating: low), highHalf: SIMD4(repeating: high))
  }
}
