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
  /// Whether it may place and cancel orders; any key may read (`TRADE` and `USER_DATA` of Binance).
  public var canTrade: Bool

  public init(name: String, kind: Kind, canTrade: Bool = true) {
    self.name = name
    self.kind = kind
    self.canTrade = canTrade
  }

  /// Reads `{"keys":[{"apiKey":…,"secret":…},{"apiKey":…,"publicKey":…,"permissions":["USER_DATA"]}]}`. Without
  /// `permissions` a key may do everything; with them it may trade if `TRADE` is among them.
  ///
  /// - Returns: nil when `text` is not of that shape.
  public static func list(parsing text: [UInt8]) -> [APIKey]? {
    guard let entries = JSONValue(parsing: text)?["keys"]?.elements else { return nil }
    var keys: [APIKey] = []
    for entry in entries {
      guard let name = entry["apiKey"]?.scalarText, !name.isEmpty else { return nil }
      var canTrade = true
      if let permissions = entry["permissions"] {
        guard let list = permissions.elements else { return nil }
        canTrade = list.contains(.string("TRADE"))
      }
      switch (entry["secret"]?.scalarText, entry["publicKey"]?.scalarText) {
      case (let secret?, nil): keys.append(APIKey(name: name, kind: .hmac(secret: secret), canTrade: canTrade))
      case (nil, let pem?): keys.append(APIKey(name: name, kind: .ed25519(publicKeyPEM: pem), canTrade: canTrade))
      default: return nil
      }
    }
    return keys
  }
}
