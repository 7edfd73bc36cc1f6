// Files that csv, gzip, zipfile and numpy wrote, against the rows that were put in.
//
// Needs APUS_PYTHON: a Python with what `scripts/setup` installs.

import Foundation
import Market
import Simulation
import Testing

private let python = ProcessInfo.processInfo.environment["APUS_PYTHON"]

@Suite(.enabled(if: python != nil, "APUS_PYTHON names no Python with numpy"))
struct WrittenByOthersTests {
  @Test func everyRowIsFound() throws {
    let files = try ImportedFiles()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("make_files.py")
    let process = try Process.run(URL(fileURLWithPath: #require(python)), arguments: [script.path, files.folder.path])
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)

    let names = try FileManager.default.contentsOfDirectory(atPath: files.folder.path).filter {
      !$0.hasSuffix(".expected")
    }
    #expect(names.count == 7)
    for name in names {
      let path = files.path(name)
      let expected = try String(contentsOfFile: "\(path).expected", encoding: .utf8).split(separator: "\n")
      let found = try lines([path])
      #expect(found.count == expected.count, "\(name)")
      let different = zip(found, expected).first { $0 != $1 }
      #expect(different == nil, "\(name)")
      let market = try MarketImport(paths: [path])
      #expect(
        market.tick == DecimalStep(mantissa: 1, exponent: -1) && market.lot == DecimalStep(mantissa: 1, exponent: -3))
    }

    // An array's row off the grid, by its number in the array: pairs and other people's events stand between.
    let rows = try String(contentsOfFile: files.path("compressed.npz.expected"), encoding: .utf8).split(separator: "\n")
    let first = try #require(rows.firstIndex { (Int($0.split(separator: " ")[4]) ?? 0) % 10 != 0 })
    let place = first + (0...first).count { $0 % 50 == 7 } + (0..<first).count { $0 % 97 == 3 }
    let tick = ImportSettings(tick: DecimalStep(mantissa: 1, exponent: 0))
    let error = refusal([files.path("compressed.npz")], tick)
    #expect(error?.reason.hasPrefix("row \(place): has ") == true, "\(error?.reason ?? "")")

    // Book and trades of one market together: every row of both, in the order of receive times.
    let book = try lines([files.path("book.csv.gz")])
    let trades = try lines([files.path("trades.csv")])
    let both = try lines([files.path("book.csv.gz"), files.path("trades.csv")])
    #expect(both.count == book.count + trades.count)
    #expect(both.filter { !$0.hasPrefix("3 ") } == book && both.filter { $0.hasPrefix("3 ") } == trades)
    let times = both.compactMap { Int64($0.split(separator: " ")[3]) }
    #expect(times == times.sorted())
  }

  /// A byte that is changed in a zipped or gzipped file is noticed, whichever it is; and so is every missing end.
  @Test func damageIsNoticed() throws {
    let files = try ImportedFiles()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("make_files.py")
    let process = try Process.run(URL(fileURLWithPath: #require(python)), arguments: [script.path, files.folder.path])
    process.waitUntilExit()
    for name in ["compressed.npz", "BTCUSDT-aggTrades-2023-11-14.zip", "ETHUSDT-aggTrades-2023-11-14.zip"] {
      let whole = try Data(contentsOf: files.folder.appendingPathComponent(name))
      let good = try lines([files.path(name)])
      for part in 1..<40 {
        var bytes = whole
        let place = bytes.count * part / 40
        bytes[place] ^= 0x10
        let path = try files.write("damaged-\(name)", bytes)
        let found = try? lines([path])
        // What the archive says of itself twice (sizes, times, attributes) may be wrong in one place without harm.
        #expect(found == nil || found == good, "\(name), byte \(place)")
        let cut = try files.write("cut-\(name)", whole.prefix(place))
        #expect(refusal([cut])?.file == cut, "\(name) of \(place) bytes")
      }
    }
  }
}
