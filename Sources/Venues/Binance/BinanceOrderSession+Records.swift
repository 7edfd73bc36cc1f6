// What the order session writes into its journal ring, and how it reports.

internal import Market
internal import Pipeline

extension BinanceOrderSession {
  /// - Returns: the record's identity, as a cause; so do the next two.
  mutating func recordStep(_ input: StepInput, _ consumed: SIMD4<UInt32>) -> UInt64 {
    let step = StepRecord(input, consumed: consumed)
    return records.append(type: RecordType.step.rawValue, cause: 0, timeNs: input.nowNs, step)?.rawValue ?? 0
  }

  mutating func recordChannel(
    _ connection: Int, _ event: ChannelEvent, _ reason: CloseReason, _ nowNs: Int64
  ) -> UInt64 {
    let payload = ChannelRecord(
      channel: UInt8(truncatingIfNeeded: connection), event: event.rawValue, reason: reason.rawValue)
    return records.append(type: RecordType.channel.rawValue, cause: 0, timeNs: nowNs, payload)?.rawValue ?? 0
  }

  mutating func recordFrame(
    _ connection: Int, _ text: UnsafeRawBufferPointer, _ receiveTsc: UInt64, _ nowNs: Int64
  ) -> UInt64 {
    let frame = FrameRecord(
      channel: UInt8(truncatingIfNeeded: connection), byteCount: UInt32(truncatingIfNeeded: text.count),
      receiveTsc: receiveTsc)
    return records.append(type: RecordType.frame.rawValue, cause: 0, timeNs: nowNs, frame, raw: text)?.rawValue ?? 0
  }

  /// A request that the channel took; its secrets are blanked.
  mutating func recordSent(_ cause: UInt64, _ nowNs: Int64) {
    let text = writer.blanked()
    let frame = FrameRecord(
      channel: draft.request.connection, byteCount: UInt32(truncatingIfNeeded: text.count), receiveTsc: 0)
    _ = records.append(type: RecordType.sent.rawValue, cause: cause, timeNs: nowNs, frame, raw: text)
    connections[Int(draft.request.connection)].sends &+= 1
  }

  /// A request that the channel did not take: an input, because the channel decides it.
  mutating func recordRefusal(_ nowNs: Int64) {
    let payload = ChannelRecord(
      channel: draft.request.connection, event: 0, reason: CloseReason.sendBufferFull.rawValue,
      detail: connections[Int(draft.request.connection)].sends)
    _ = records.append(type: RecordType.sendRefused.rawValue, cause: 0, timeNs: nowNs, payload)
    connections[Int(draft.request.connection)].sends &+= 1
  }

  /// A report on what a request was about.
  func report(_ kind: ReportKind, _ request: InFlightRequest, _ stamp: ReceiveStamp) -> ExecutionReport {
    var report = ExecutionReport(
      kind: kind, venue: configuration.venue, account: configuration.account, clientOrder: request.clientOrder,
      receiveTimeNs: stamp.timeNs, receiveTsc: stamp.tsc, cause: stamp.cause)
    report.side = request.side
    if request.instrument >= 0 {
      report.instrument = instruments[request.instrument].index
      report.definitionVersion = instruments[request.instrument].definitionVersion
    }
    return report
  }

  /// Journals a report and sends it to execution.
  ///
  /// - Precondition: `hasRoom` before this input.
  mutating func emit(_ report: ExecutionReport) {
    _ = records.append(
      type: RecordType.report.rawValue, cause: report.cause, timeNs: report.receiveTimeNs, report)
    let isSent = reports.tryPush(report)
    precondition(isSent, "an input led to more reports than were reserved")
  }
}
