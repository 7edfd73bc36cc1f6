// A folder of files for one test, removed when the test is over.

import Foundation
import Market
import Simulation
import Testing

final class ImportedFiles {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("import-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// - Returns: the path of a new file.
  func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }

  func write(_ name: String, _ bytes: Data) throws -> String {
    let path = folder.appendingPathComponent(name)
    try bytes.write(to: path)
    return path.path
  }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}

/// The rows of files, as lines of `KIND SIDE EXCHANGE_NS LOCAL_NS TICKS LOTS NUMBER ENDS`.
func lines(_ paths: [String], _ settings: ImportSettings = ImportSettings()) throws -> [String] {
  var files = try MarketImport(paths: paths, settings: settings)
  var lines: [String] = []
  while let row = try files.next() {
    let ends = row.endsMessage ? 1 : 0
    lines.append(
      "\(row.kind.rawValue) \(row.side) \(row.exchangeTimeNs) \(row.localTimeNs) \(row.price.ticks) "
        + "\(row.quantity.lots) \(row.number) \(ends)")
  }
  return lines
}

/// Everything there is to read must be wrong with this text.
func refusal(_ paths: [String], _ settings: ImportSettings = ImportSettings()) -> CaptureError? {
  do {
    _ = try lines(paths, settings)
    return nil
  } catch {
    return error as? CaptureError
  }
}
