// Other people's market data: tables, zip archives and numpy arrays as somebody may have cut, mixed or damaged them.

import CShims
import Foundation
import Market
import Simulation

/// Files to import: the first byte chooses under which name the rest is read.
final class ImportTarget: FuzzTarget {
  let name = "import"
  let seeds: [[UInt8]]
  private let folder: ScratchFolder
  private static let names = [
    "table.csv", "X-aggTrades-1.csv", "X-trades-1.csv", "X-1m-1.csv", "X-bookDepth-1.csv", "events.npz", "events.npy",
  ]

  init() throws {
    folder = try ScratchFolder()
    let book = """
      exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
      x,BTCUSDT,1722470400000000,1722470400000100,true,bid,100.5,1
      x,BTCUSDT,1722470400000000,1722470400000100,false,ask,101,0.25
      x,BTCUSDT,1722470400000001,1722470400000200,false,ask,101,0

      """
    let trades = "7,100.5,0.25,7,8,1700000000000,true,true\n8,100.4,1e-05,9,9,1700000000001,False,True\n"
    let klines = "1700000000000,100.5,103.0,99.5,102.0,8.00,1700000059999,0,10,5.00,0,0\n"
    let depth = """
      timestamp,percentage,depth,notional
      2024-01-02 00:00:07,-1,10.0,995.0
      2024-01-02 00:00:07,1,20.0,2010.0

      """
    func seed(_ place: Int, _ bytes: [UInt8]) -> [UInt8] { [UInt8(place)] + bytes }
    seeds = [
      seed(0, Array(book.utf8)), seed(1, Array(trades.utf8)), seed(3, Array(klines.utf8)), seed(4, Array(depth.utf8)),
      seed(1, Self.zipped("a.csv", Array(trades.utf8))), seed(5, Self.zipped("data.npy", Self.array)),
      seed(6, Self.array),
    ]
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let path = folder.write(
      Self.names[Int(first) % Self.names.count], UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
    let step = DecimalStep(mantissa: 1, exponent: -8)
    for settings in [ImportSettings(), ImportSettings(tick: step, lot: step)] {
      guard var market = try? MarketImport(paths: [path], settings: settings) else { continue }
      var quality = DataQuality()
      var lastNs = Int64.min
      while let row = try? market.next() {
        require(row.price.ticks >= 0 && row.quantity.lots >= 0, "a negative price or quantity: \(row)")
        require(row.localTimeNs >= lastNs, "a row before the one above it: \(row)")
        lastNs = row.localTimeNs
        quality.note(row)
      }
      _ = quality.finish()
    }
  }

  /// Two events, as numpy writes them.
  private static var array: [UInt8] {
    var header = "{'descr': [('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), "
    header += "('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')], 'fortran_order': False, 'shape': (2,), }\n"
    var bytes: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
    bytes += Array(header.utf8)
    for (event, price) in [(UInt64(0xE000_0001), 100.5), (0xD000_0002, 0.1)] {
      let words = [
        event, 1_700_000_000_000_000_000, 1_700_000_000_000_000_001, price.bitPattern, (0.25).bitPattern, 0, 0, 0,
      ]
      for word in words { bytes += (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
    }
    return bytes
  }

  /// An archive of one stored file.
  private static func zipped(_ name: String, _ contents: [UInt8]) -> [UInt8] {
    func half(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8 & 255)] }
    func word(_ value: Int) -> [UInt8] { half(value & 0xFFFF) + half(value >> 16) }
    let checksum = Int(contents.withUnsafeBytes { apus_crc32(0, $0.baseAddress, $0.count) })
    let facts = half(20) + half(0) + half(0) + word(0) + word(checksum) + word(contents.count) + word(contents.count)
    let nameBytes = Array(name.utf8)
    let local = word(0x0403_4B50) + facts + half(nameBytes.count) + half(0) + nameBytes + contents
    let central =
      word(0x0201_4B50) + half(20) + facts + half(nameBytes.count) + half(0) + half(0) + half(0) + half(0) + word(0)
      + word(0) + nameBytes
    let end = word(0x0605_4B50) + word(0) + half(1) + half(1) + word(central.count) + word(local.count) + half(0)
    return local + central + end
  }
}

/// A folder of one process, removed with the object.
private final class ScratchFolder {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// - Returns: the path.
  func write(_ name: String, _ bytes: UnsafeRawBufferPointer) -> String {
    let path = folder.appendingPathComponent(name).path
    let isWritten = FileManager.default.createFile(atPath: path, contents: Data(bytes))
    precondition(isWritten, "cannot write \(path)")
    return path
  }
}
