// Addresses that channels connect to, resolved once at start so that no hot path ever asks a name server.

import CShims

/// Why a name has no address.
public struct ResolveError: Error, CustomStringConvertible {
  public let description: String
}

/// An IPv4 or IPv6 address and port.
public struct SocketAddress: BitwiseCopyable, Sendable, CustomStringConvertible {
  var raw: apus_address

  /// The most addresses of one name that are kept: a reconnecting channel goes round them.
  public static var limit: Int { 16 }

  /// The addresses of `host` (a name, or an address in text), in the order the resolver prefers. Blocks.
  public static func resolve(host: String, port: UInt16) throws(ResolveError) -> [SocketAddress] {
    var found = [apus_address](repeating: apus_address(), count: limit)
    let count = apus_resolve(host, port, &found, Int32(limit))
    guard count > 0 else {
      let reason = count == 0 ? "no IPv4 or IPv6 address" : String(cString: apus_resolve_error(count))
      throw ResolveError(description: "\(host): \(reason)")
    }
    return found.prefix(Int(count)).map(SocketAddress.init(raw:))
  }

  public var description: String {
    var text = [CChar](repeating: 0, count: 64)
    withUnsafePointer(to: raw) { apus_address_text($0, &text) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
