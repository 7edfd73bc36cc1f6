// The recorded futures captures as tapes, read once for all tests: reading text in a debug build takes seconds.

import Foundation
import Simulation
import Support
import Synchronization

private let tapes = Mutex<[String: Tape]>([:])

/// - Parameter name: of a capture below the recordings' folder, without its ending ("usdm/btcusdt_20240808").
func recordedTape(_ name: String) throws -> Tape {
  let folder = sharedData!.appendingPathComponent("binance")
  return try tapes.withLock { tapes in
    if let tape = tapes[name] { return tape }
    let tape = try Tape(capture: [folder.appendingPathComponent("\(name).gz").path])
    tapes[name] = tape
    return tape
  }
}
