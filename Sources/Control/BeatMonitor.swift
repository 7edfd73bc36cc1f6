// Which worker is silent for how long.

/// Follows the beats of one session's workers.
///
/// Silence is counted only while the guard looks: each look adds at most `GuardBounds.attentionNs`.
struct BeatMonitor {
  /// A worker that does not beat.
  struct Silence: Equatable {
    var worker: Int
    /// As the guard counted it, against the bound.
    var countedNs: Int64
    var boundNs: Int64
    var lastBeatNs: Int64
  }

  private struct Worker {
    var loops: Int64
    var countedNs: Int64 = 0
    var lastBeatNs: Int64
  }

  private let bounds: GuardBounds
  private var workers: [Int: Worker] = [:]
  private var lastLookNs: Int64?

  init(_ bounds: GuardBounds) { self.bounds = bounds }

  /// Takes one look.
  ///
  /// - Returns: the worker that is nearest to its bound or furthest over it; nil when all that should beat did.
  mutating func look(_ beats: [WorkerBeat], nowNs: Int64) -> Silence? {
    let elapsedNs = min(nowNs - (lastLookNs ?? nowNs), bounds.attentionNs)
    lastLookNs = nowNs
    var worst: Silence?
    for beat in beats {
      var worker = workers[beat.worker] ?? Worker(loops: beat.loops, lastBeatNs: nowNs)
      if beat.isDue && beat.loops == worker.loops {
        worker.countedNs += elapsedNs
      } else {
        worker = Worker(loops: beat.loops, lastBeatNs: nowNs)
      }
      workers[beat.worker] = worker
      guard worker.countedNs > 0 else { continue }
      let silence = Silence(
        worker: beat.worker, countedNs: worker.countedNs, boundNs: bounds.silenceNs(worker: beat.worker),
        lastBeatNs: worker.lastBeatNs)
      if silence.share > worst?.share ?? 0 { worst = silence }
    }
    return worst
  }
}

extension BeatMonitor.Silence {
  /// How much of its bound is used up. A ratio of two times: not money, and only compared.
  fileprivate var share: Double { Double(countedNs) / Double(boundNs) }
  var isOver: Bool { countedNs >= boundNs }
  var isLate: Bool { countedNs >= boundNs / 2 }
}
