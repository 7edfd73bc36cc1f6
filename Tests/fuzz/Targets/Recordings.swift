// The beginning of a recorded file, read through zlib alone.

import CShims
import Foundation

extension Recordings {
  /// The first megabyte; nil where the file is not there.
  static func beginning(of file: URL) -> [UInt8]? {
    var opened: UnsafeMutableRawPointer?
    guard apus_gzip_open(file.path, &opened) == 0, let opened else { return nil }
    defer { apus_gzip_close(opened) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = apus_gzip_read(opened, &bytes, UInt32(bytes.count))
    return count > 0 ? Array(bytes.prefix(Int(count))) : nil
  }
}
