// API keys: who may ask for what is signed, and how the signature is checked.

import Simulation

/// One user's key to the venue's account.
public struct APIKey: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// The shared secret.
    case hmac(secret: String)
    /// The public half, in PEM (SubjectPublicKeyInfo).
    case ed25519(publicKeyPEM: String)
  }

  public var name: String
  public var kind: Kind

  public init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
  }

  /// Reads `{"keys":[{"apiKey":…,"secret":…},{"apiKey":…,"publicKey":…}]}`.
  ///
  /// - Returns: nil when `text` is not of that shape.
  public static func list(parsing text: [UInt8]) -> [APIKey]? {
    guard let entries = JSONValue(parsing: text)?["keys"]?.elements else { return nil }
    var keys: [APIKey] = []
    for entry in entries {
      guard let name = entry["apiKey"]?.scalarText, !name.isEmpty else { return nil }
      switch (entry["secret"]?.scalarText, entry["publicKey"]?.scalarText) {
      case (let secret?, nil): keys.append(APIKey(name: name, kind: .hmac(secret: secret)))
      case (nil, let pem?): keys.append(APIKey(name: name, kind: .ed25519(publicKeyPEM: pem)))
      default: return nil
      }
    }
    return keys
  }
}
