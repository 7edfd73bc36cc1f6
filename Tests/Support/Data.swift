// Where the recorded and published inputs are, for tests.

import Foundation

/// `../shared/data` beside the checkout, or the folder named by APUS_DATA. Nil where there is none: a test that needs
/// it says so and is skipped by `.enabled(if:)`.
public let sharedData: URL? = {
  let environment = ProcessInfo.processInfo.environment
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let folder =
    environment["APUS_DATA"].map { URL(fileURLWithPath: $0) } ?? root.appendingPathComponent("../shared/data")
  return FileManager.default.fileExists(atPath: folder.path) ? folder.standardizedFileURL : nil
}()
