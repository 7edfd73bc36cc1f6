// From a recorder's sums to the figures of a result.

import Market

extension BacktestResult {
  init(_ recorder: ResultRecorder, endNs: Int64) {
    label = recorder.configuration.label
    startNs = recorder.startNs
    self.endNs = endNs
    instruments = recorder.instruments
    refusals = recorder.refusals
    adverseSelectionHorizon = recorder.configuration.adverseSelectionHorizon
    sampleIntervalNs = recorder.grid.intervalNs
    sampleTimesNs = recorder.grid.timesNs
    fillCount = recorder.fills.seen
    fillStride = recorder.fills.stride
    fills = recorder.fills.elements
    let run = ScopeSums.Run(intervalNs: recorder.grid.intervalNs, lengthNs: endNs - recorder.startNs)
    let names = recorder.configuration.venueNames
    let ofInstruments = recorder.instruments.indices.map { index in
      let instrument = recorder.instruments[index]
      return ScopeSums(recorder, [index], recorder.trackers[index], endNs: endNs).result(
        .instrument, instrument.name(among: names), instrument.settlement, instrument: index, run)
    }
    let ofGroups = recorder.groups.indices.map { index in
      let group = recorder.groups[index]
      let tracker = recorder.trackers[recorder.instruments.count + index]
      let place = group.venue.map { Int($0.rawValue) }
      let name = place.map { $0 < names.count ? names[$0] : "venue \($0)" } ?? "total"
      return ScopeSums(recorder, group.members, tracker, endNs: endNs).result(
        group.kind, name, group.settlement, instrument: nil, run)
    }
    scopes = ofInstruments + ofGroups
  }
}
