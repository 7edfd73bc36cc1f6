// libFuzzer's two entry points. APUS_FUZZ_TARGET names the target; with APUS_FUZZ_SEEDS the process only writes the
// target's seeds into that folder and ends.

import Foundation
import FuzzTargets
import Support

// libFuzzer calls from one thread.
nonisolated(unsafe) private var target: (any FuzzTarget)!

@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer) -> CInt {
  let environment = ProcessInfo.processInfo.environment
  do {
    let targets = try allFuzzTargets(recordings: sharedData)
    guard let found = targets.first(where: { $0.name == environment["APUS_FUZZ_TARGET"] }) else {
      print(targets.map(\.name).joined(separator: " "))
      exit(environment["APUS_FUZZ_TARGET"] == nil ? 0 : 64)
    }
    target = found
    if let folder = environment["APUS_FUZZ_SEEDS"] {
      for (i, seed) in found.seeds.enumerated() {
        try Data(seed).write(to: URL(fileURLWithPath: folder).appendingPathComponent("seed-\(i)"))
      }
      exit(0)
    }
  } catch {
    print(error)
    exit(70)
  }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  target.run(UnsafeRawBufferPointer(start: bytes, count: count))
  return 0
}
