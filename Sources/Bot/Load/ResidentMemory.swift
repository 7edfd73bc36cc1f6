// What of this process is in memory.

import Foundation

/// Resident memory over a time, at most once a second.
struct ResidentHistory {
  private var samples: [(seconds: Double, bytes: Int64)] = []

  mutating func look(atSeconds seconds: Double) {
    if let last = samples.last, seconds - last.seconds < 1 { return }
    samples.append((seconds, ResidentMemory.bytes))
  }

  /// The slope of the least squares through what was seen; 0 before there are two looks.
  var bytesPerMinute: Double {
    let points = samples.map { (x: $0.seconds / 60, y: Double($0.bytes)) }
    let count = Double(points.count)
    let (meanX, meanY) = (points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count)
    let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    return spread > 0 ? points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread : 0
  }
}

enum ResidentMemory {
  /// From /proc/self/statm (proc(5)), in bytes; 0 where there is none.
  static var bytes: Int64 {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let words = text.split(separator: " ")
    return words.count > 1 ? (Int64(words[1]) ?? 0) * Int64(getpagesize()) : 0
  }
}
