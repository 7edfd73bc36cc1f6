// A local venue's own folder: a throw-away authority, the venue's certificate, and two keys of one account.

import Foundation
import Pipeline
import VenueFront

/// What one demo, or the venue of a paper session, needs on disk. Removed at the end unless the user wants to keep it.
package struct DemoFolder {
  package let path: String
  private let isKept: Bool

  /// The authority the bot trusts, and nobody else.
  package var trustFile: String { path + "/authority.pem" }
  package var certificateFile: String { path + "/venue.pem" }
  package var certificateKeyFile: String { path + "/venue.key" }
  package var ed25519KeyFile: String { path + "/account-ed25519.key" }
  package var ed25519PublicKeyFile: String { path + "/account-ed25519.pub" }
  var hmacSecretFile: String { path + "/account-hmac.secret" }
  var counterFile: String { path + "/counters" }
  /// A socket's path may have 107 bytes: short, beside everything else.
  package var socket: String { path + "/control" }
  package var journalDirectory: String { path + "/journal" }
  var keysFile: String { path + "/venue-keys.json" }
  var venueStateFile: String { path + "/venue-state.json" }
  var fillsFile: String { path + "/fills.jsonl" }

  package static let ed25519APIKey = "demo-ed25519"
  static let hmacAPIKey = "demo-hmac"

  /// - Parameter kept: a folder of the user's to keep everything in; nil makes a temporary one.
  package init(kept: String?) throws {
    let files = FileManager.default
    if let kept {
      path = kept
      isKept = true
      try files.createDirectory(atPath: kept, withIntermediateDirectories: true)
    } else {
      path = files.temporaryDirectory.appendingPathComponent("apus-demo-\(UUID().uuidString)").path
      isKept = false
      try files.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    do {
      try writeIdentities()
    } catch {
      remove()
      throw error
    }
  }

  private func writeIdentities() throws {
    let authority = try ThrowAwayAuthority()
    try authority.writeCertificate(to: trustFile)
    try authority.issue(
      names: ["DNS:localhost", "IP:127.0.0.1"], certificateFile: certificateFile, keyFile: certificateKeyFile)
    guard let key = Ed25519Key.generate() else { throw AuthorityFailure.noKey }
    try Self.write(key.pem, to: ed25519KeyFile)
    try Self.write(key.publicPEM, to: ed25519PublicKeyFile)
    var generator = SystemRandomNumberGenerator()
    let secret = (0..<4).map { _ in
      let word = String(generator.next(), radix: 16)
      return String(repeating: "0", count: 16 - word.count) + word
    }
    try Self.write(secret.joined(), to: hmacSecretFile)
  }

  /// The account's keys as the venue takes them: the shared secret, and the public half of the other.
  func writeKeys() throws {
    struct Entry: Encodable {
      var apiKey: String
      var secret: String?
      var publicKey: String?
    }
    let entries = [
      Entry(apiKey: Self.hmacAPIKey, secret: try String(contentsOfFile: hmacSecretFile, encoding: .utf8)),
      Entry(
        apiKey: Self.ed25519APIKey, publicKey: try String(contentsOfFile: ed25519PublicKeyFile, encoding: .utf8)),
    ]
    let data = try JSONEncoder().encode(["keys": entries])
    try Self.write(String(decoding: data, as: UTF8.self), to: keysFile)
  }

  /// The same keys, for a venue in this process.
  var apiKeys: [APIKey] {
    get throws {
      [
        APIKey(
          name: Self.hmacAPIKey, kind: .hmac(secret: try String(contentsOfFile: hmacSecretFile, encoding: .utf8))),
        APIKey(
          name: Self.ed25519APIKey,
          kind: .ed25519(publicKeyPEM: try String(contentsOfFile: ed25519PublicKeyFile, encoding: .utf8))),
      ]
    }
  }

  /// The account's key of that kind, for the bot.
  func key(_ authentication: OrderSettings.Authentication) -> AccountKey {
    switch authentication {
    case .hmac: AccountKey(name: Self.hmacAPIKey, kind: .hmac, secretFile: hmacSecretFile)
    case .logon, .ed25519: AccountKey(name: Self.ed25519APIKey, kind: .ed25519, secretFile: ed25519KeyFile)
    }
  }

  private enum AuthorityFailure: Error { case noKey }

  /// Writes a secret so that only this user can read it.
  private static func write(_ text: String, to path: String) throws {
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
  }

  package func remove() {
    guard !isKept else {
      try? SharedMemory.settle(counterFile)
      return
    }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      if SharedMemory.target(of: path + "/" + name) != nil { SharedMemory.remove(path + "/" + name) }
    }
    try? FileManager.default.removeItem(atPath: path)
  }
}
