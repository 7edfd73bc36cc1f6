// What of this process is in memory.

import Foundation

enum ResidentMemory {
  /// From /proc/self/statm (proc(5)), in bytes; 0 where there is none.
  static var bytes: Int64 {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let words = text.split(separator: " ")
    return words.count > 1 ? (Int64(words[1]) ?? 0) * Int64(getpagesize()) : 0
  }
}
