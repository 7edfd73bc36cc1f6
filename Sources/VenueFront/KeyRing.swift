// Checks signatures and times of signed requests.

import Pipeline

/// One key's side of a signature check.
private protocol SignatureVerifier {
  func verify(_ message: UnsafeRawBufferPointer, signature: String) -> Bool
}

private final class HMACVerifier: SignatureVerifier {
  private let key: HMACSHA256

  init?(secret: String) {
    guard let key = HMACSHA256(secret: secret) else { return nil }
    self.key = key
  }

  /// Hexadecimal digits of either case (web-socket-api.md, "SIGNED request example (HMAC)").
  func verify(_ message: UnsafeRawBufferPointer, signature: String) -> Bool {
    var expected = [UInt8](repeating: 0, count: HMACSHA256.hexCount)
    let isSigned = expected.withUnsafeMutableBytes { key.signHex(message, into: $0.baseAddress!) }
    return isSigned && Array(signature.lowercased().utf8) == expected
  }
}

private final class Ed25519Verifier: SignatureVerifier {
  private let key: Ed25519PublicKey

  init?(pem: String) {
    guard let key = Ed25519PublicKey(pem: pem) else { return nil }
    self.key = key
  }

  func verify(_ message: UnsafeRawBufferPointer, signature: String) -> Bool {
    guard let bytes = Base64.decode(Array(signature.utf8)), bytes.count == Ed25519Key.byteCount else { return false }
    return bytes.withUnsafeBytes { key.verify(message, signature: $0) }
  }
}

private func makeVerifier(_ kind: APIKey.Kind) -> (any SignatureVerifier)? {
  switch kind {
  case .hmac(let secret): HMACVerifier(secret: secret)
  case .ed25519(let pem): Ed25519Verifier(pem: pem)
  }
}

/// The venue's users. One thread.
package final class KeyRing {
  private struct Entry {
    var verifier: any SignatureVerifier
    var canTrade: Bool
  }

  private var entries: [String: Entry] = [:]

  package init(_ keys: [APIKey]) throws(VenueStartError) {
    for key in keys {
      guard let verifier = makeVerifier(key.kind) else {
        throw VenueStartError("API key \(key.name): not a usable key")
      }
      guard entries.updateValue(Entry(verifier: verifier, canTrade: key.canTrade), forKey: key.name) == nil else {
        throw VenueStartError("API key \(key.name) is given twice")
      }
    }
  }

  /// Whether `name` may log a session on: Ed25519 keys only (web-socket-api.md, "Session Authentication").
  func requireLogonKey(_ name: String) throws(APIError) {
    guard let entry = entries[name] else { throw .rejectedKey }
    guard entry.verifier is Ed25519Verifier else { throw .hmacLogon }
  }

  /// Whether `name` may have the market in SBE: Ed25519 keys only, of any permission (sbe-market-data-streams.md, "General
  /// Information").
  func requireStreamKey(_ name: String) throws(APIError) {
    guard entries[name]?.verifier is Ed25519Verifier else { throw .rejectedKey }
  }

  /// Refuses what would change orders when `name` is a key that may only read.
  func requireTrading(_ name: String?) throws(APIError) {
    guard let name, entries[name]?.canTrade == true else { throw .rejectedKey }
  }

  func requireKnown(_ name: String?) throws(APIError) -> String {
    guard let name, !name.isEmpty else { throw .invalidKeyFormat }
    guard entries[name] != nil else { throw .rejectedKey }
    return name
  }

  /// Checks the signature of a request by `name`.
  package func verify(_ parameters: Parameters, by name: String?) throws(APIError) -> String {
    let name = try requireKnown(name)
    let signature = try parameters.required("signature")
    let isValid = Array(parameters.signedText.utf8).withUnsafeBytes {
      entries[name]?.verifier.verify($0, signature: signature) == true
    }
    guard isValid else { throw .invalidSignature }
    return name
  }

  /// `timestamp < serverTime + 1000 ms && serverTime - timestamp <= recvWindow` (web-socket-api.md, "Timing security").
  static func checkTime(_ parameters: Parameters, nowNs: Int64) throws(APIError) {
    guard let stampNs = try parameters.time("timestamp")?.ns else { throw .missing("timestamp") }
    var windowNs: Int64 = 5_000_000_000
    if parameters["recvWindow"] != nil {
      // Fractions of a millisecond are allowed: 10^-8 ms is a hundredth of a nanosecond.
      let units = try parameters.units("recvWindow")
      guard units <= 60_000 * 100_000_000 else { throw .windowTooLong }
      windowNs = units / 100
    }
    guard stampNs < nowNs + 1_000_000_000 else { throw .aheadOfServer }
    guard nowNs - stampNs <= windowNs else { throw .outsideWindow }
  }
}
