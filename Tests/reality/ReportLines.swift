// A study as lines of JSON: one for each model and horizon, flat, so that any tool makes a table of them.

import Foundation
import Simulation

func reportLines(_ capture: String, _ study: PhantomStudy) -> [String] {
  study.results.map { result in
    let score = result.score
    let counts = study.counts.first { $0.horizonNs == result.horizonNs }
    let fates = counts.map {
      """
      "filled":\($0.filled),"missed":\($0.missed),"filled_at_least":\($0.filledAtLeast),\
      "missed_at_most":\($0.missedAtMost),"open":\($0.open)
      """
    }
    let bins = score.bins.filter { $0.count > 0 }.map {
      "[\($0.count),\(rounded($0.meanForecast)),\(rounded($0.least)),\(rounded($0.most))]"
    }
    let error = result.gain.standardError.map(rounded) ?? "null"
    return """
      {"capture":"\(capture)","model":"\(result.model)","horizon_s":\(result.horizonNs / 1_000_000_000),\
      "placed":\(study.placed),\(fates ?? ""),"model_filled":\(result.filled),"impossible":\(result.impossible),\
      "forecasts":\(score.count),"certain":\(score.certainCount),"brier_certain":\(rounded(score.certainBrier)),\
      "decided":\(score.decidedCount),"brier_decided":\(rounded(score.decidedBrier)),\
      "brier_lowest":\(rounded(score.lowestBrier)),"brier_highest":\(rounded(score.highestBrier)),\
      "least_miss":\(rounded(score.leastMiss)),\
      "gain":\(rounded(result.gain.gain)),"gain_error":\(error),"blocks":\(result.gain.blocks),\
      "reliability":[\(bins.joined(separator: ","))]}
      """
  }
}

private func rounded(_ value: Double) -> String { String(format: "%.5f", value) }
