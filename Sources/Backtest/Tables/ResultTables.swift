// The rows of a run as CSV files, written while it goes on.

public import Foundation
import Market

/// Streams `fills.csv`, `markouts.csv`, `orders.csv`, `funding.csv` and `equity.csv` into a folder. Rows are as complete
/// as the run, whatever the recorder keeps in memory. One thread only.
///
/// A write that fails is told by `close`: a recorder's calls do not throw.
public final class ResultTables {
  private let fillFile: CSVFile
  private let markoutFile: CSVFile
  private let orderFile: CSVFile
  private let fundingFile: CSVFile
  private let equityFile: CSVFile

  private let venueNames: [String]

  /// Creates the folder and replaces files of these names.
  ///
  /// - Parameter venueNames: by the index of the venue; where there are several, they stand before the symbols.
  public init(folder: URL, venueNames: [String] = []) throws {
    self.venueNames = venueNames
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    func file(_ name: String, _ header: String) throws -> CSVFile {
      try CSVFile(folder.appendingPathComponent(name), header: header)
    }
    fillFile = try file(
      "fills.csv",
      "number,time_ns,instrument,order,side,maker,tier,price,quantity,notional,mid_half_ticks,fee,fee_asset")
    markoutFile = try file("markouts.csv", "fill,instrument,horizon_s,ticks")
    orderFile = try file("orders.csv", "time_ns,instrument,order,event,side,price,quantity")
    fundingFile = try file("funding.csv", "time_ns,instrument,kind,received,asset")
    equityFile = try file("equity.csv", "time_ns,instrument,equity,position,mid_half_ticks")
  }

  func fill(_ fill: BacktestFill, number: Int64, midHalfTicks: Int64, _ instrument: Instrument) {
    fillFile.write(
      "\(number),\(fill.timeNs),\(instrument.name(among: venueNames)),\(fill.order.rawValue),\(fill.side),\(fill.isMaker ? 1 : 0),"
        + "\(fill.feeTier),\(text(fill.price.ticks, instrument.tick)),\(text(fill.quantity.lots, instrument.lot)),"
        + "\(text(fill.notional)),\(midHalfTicks),\(text(fill.fee)),\(fill.feeAsset.text)")
  }

  func markout(number: Int64, _ horizon: MarkoutHorizon, _ ticks: Double, _ instrument: Instrument) {
    markoutFile.write("\(number),\(instrument.name(among: venueNames)),\(Double(horizon.ns) / 1e9),\(ticks)")
  }

  func order(_ event: OrderEvent, _ instrument: Instrument) {
    orderFile.write(
      "\(event.timeNs),\(instrument.name(among: venueNames)),\(event.order.rawValue),\(event.kind),\(event.side),"
        + "\(text(event.price.ticks, instrument.tick)),\(text(event.quantity.lots, instrument.lot))")
  }

  func funding(_ received: Amount, timeNs: Int64, _ instrument: Instrument) {
    payment("funding", received, timeNs, instrument)
  }

  func insurance(_ received: Amount, timeNs: Int64, _ instrument: Instrument) {
    payment("insurance", received, timeNs, instrument)
  }

  private func payment(_ kind: String, _ received: Amount, _ timeNs: Int64, _ instrument: Instrument) {
    fundingFile.write(
      "\(timeNs),\(instrument.name(among: venueNames)),\(kind),\(text(received)),\(instrument.settlement.text)")
  }

  func samples(_ timeNs: Int64, _ states: [InstrumentRecorder]) {
    for state in states {
      equityFile.write(
        "\(timeNs),\(state.instrument.name(among: venueNames)),\(text(Amount(units: state.ledger.equityUnits))),"
          + "\(text(state.ledger.positionLots, state.instrument.lot)),\(state.ledger.midHalfTicks)")
    }
  }

  /// Writes what is left and throws the first failure of any file.
  public func close() throws {
    for file in [fillFile, markoutFile, orderFile, fundingFile, equityFile] { try file.close() }
  }

  private func text(_ amount: Amount) -> String { text(amount.units, .amount) }
  private func text(_ value: Int64, _ step: DecimalStep) -> String { DecimalText.string(value, step: step) ?? "" }
}
