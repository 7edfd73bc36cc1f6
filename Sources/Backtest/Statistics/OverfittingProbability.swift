// How likely the best of many configurations is best by chance.

import Foundation

/// The probability of backtest overfitting by combinatorially symmetric cross-validation.
///
/// Bailey, Borwein, López de Prado, Zhu, The probability of backtest overfitting, Journal of Computational Finance 2017,
/// section 3: the returns of all configurations are cut into S blocks of time. For each way to choose half of them, the
/// configuration with the best Sharpe ratio in that half is ranked in the other: its relative rank there is
/// ω = rank ÷ (N + 1), its logit λ = ln(ω ÷ (1 − ω)). The probability of overfitting is the share of choices with λ ≤ 0,
/// at or below the median of the others.
public struct OverfittingProbability: Equatable, Sendable {
  public enum Problem: Error, Equatable {
    /// At least two configurations, with returns of one length of at least two for each block.
    case tooLittle
    /// Blocks are an even number from 2 to 20.
    case blocks
  }

  public let probability: Double
  /// λ of each choice, in lexicographic order of the blocks chosen.
  public let logits: [Double]

  /// - Parameters:
  ///   - returns: of each configuration, all over the same intervals. What is left over the last whole block is not used.
  ///   - blocks: S; 16 gives 12,870 choices.
  public init(returns: [[Double]], blocks: Int = 16) throws(Problem) {
    guard blocks % 2 == 0, (2...20).contains(blocks) else { throw .blocks }
    guard returns.count > 1, let length = returns.first?.count, length / blocks >= 2,
      returns.allSatisfy({ $0.count == length })
    else { throw .tooLittle }
    let sums = returns.map { series in
      let size = length / blocks
      return (0..<blocks).map { BlockSums(series[($0 * size)..<(($0 + 1) * size)]) }
    }
    var logits: [Double] = []
    for chosen in Self.halves(blocks) { logits.append(Self.logit(sums, chosen)) }
    self.logits = logits
    probability = Double(logits.count { $0 <= 0 }) / Double(logits.count)
  }

  private struct BlockSums {
    var count = 0.0
    var sum = 0.0
    var squares = 0.0

    init() {}

    init(_ values: ArraySlice<Double>) { for value in values { add(1, value, value * value) } }

    mutating func add(_ count: Double, _ sum: Double, _ squares: Double) {
      self.count += count
      self.sum += sum
      self.squares += squares
    }

    /// 0 for returns that never vary: they show no skill.
    var sharpe: Double {
      let mean = sum / count
      let variance = (squares - count * mean * mean) / (count - 1)
      return variance > 0 ? mean / variance.squareRoot() : 0
    }
  }

  /// All choices of half of the blocks, as bits.
  private static func halves(_ blocks: Int) -> [UInt32] {
    (0..<(UInt32(1) << UInt32(blocks))).filter { $0.nonzeroBitCount == blocks / 2 }
  }

  private static func logit(_ sums: [[BlockSums]], _ chosen: UInt32) -> Double {
    func sharpe(_ blocks: [BlockSums], inSample: Bool) -> Double {
      var total = BlockSums()
      for (index, block) in blocks.enumerated() where (chosen >> UInt32(index) & 1 == 1) == inSample {
        total.add(block.count, block.sum, block.squares)
      }
      return total.sharpe
    }
    let inside = sums.map { sharpe($0, inSample: true) }
    let outside = sums.map { sharpe($0, inSample: false) }
    let best = inside.indices.reduce(0) { inside[$1] > inside[$0] ? $1 : $0 }
    // Equal ones share the middle of their ranks.
    let below = Double(outside.count { $0 < outside[best] })
    let equal = Double(outside.count { $0 == outside[best] })
    let rank = (below + (equal + 1) / 2) / Double(sums.count + 1)
    return log(rank / (1 - rank))
  }
}
