// A text file that is only written to.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

final class LogFile {
  private var file: UnsafeMutablePointer<FILE>?

  /// - Returns: nil when `path` cannot be made.
  init?(path: String) {
    file = fopen(path, "we")
    if file == nil { return nil }
  }

  deinit { close() }

  func write(_ text: String) {
    guard let file else { return }
    fputs(text, file)
  }

  func close() {
    if let file { fclose(file) }
    file = nil
  }
}
