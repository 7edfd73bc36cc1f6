// Signatures, digests and text encodings against published vectors.

import Foundation
import MallocCounter
import Pipeline
import Support
import Testing

/// One entry of the shared file of published vectors.
private struct SigningVector: Decodable {
  let name: String
  let alg: String
  let secret: String?
  let payload: String?
  let expected: Expected
  let seedHex: String?

  enum CodingKeys: String, CodingKey {
    case name, alg, secret, payload, expected
    case seedHex = "ed25519_seed_hex"
  }

  /// Text for signatures, a number for checksums.
  enum Expected: Decodable, Equatable {
    case text(String)
    case other

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      self = (try? container.decode(String.self)).map(Expected.text) ?? .other
    }
  }
}

private func bytes(hex: String) -> [UInt8] {
  stride(from: 0, to: hex.utf8.count, by: 2).map { offset in
    let start = hex.index(hex.startIndex, offsetBy: offset)
    return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)!
  }
}

private func text(_ count: Int, _ write: (UnsafeMutableRawPointer) -> Bool) -> String? {
  var buffer = [UInt8](repeating: 0, count: count)
  return buffer.withUnsafeMutableBytes { write($0.baseAddress!) } ? String(decoding: buffer, as: UTF8.self) : nil
}

@Suite struct CryptoTests {
  @Test(.enabled(if: sharedData != nil, "the published vectors are not on this machine"))
  func publishedVectorsHold() throws {
    let file = try #require(sharedData).appendingPathComponent("signing_vectors.json")
    let vectors = try JSONDecoder().decode([SigningVector].self, from: Data(contentsOf: file))
    var checked = 0
    for vector in vectors {
      guard let payload = vector.payload.map({ Array($0.utf8) }), case .text(let expected) = vector.expected else {
        continue
      }
      switch vector.alg {
      case "HMAC-SHA256 hex":
        let signer = HMACSHA256(secret: try #require(vector.secret))!
        let signature = text(HMACSHA256.hexCount) { out in payload.withUnsafeBytes { signer.signHex($0, into: out) } }
        #expect(signature == expected, "\(vector.name)")
      case "Ed25519 base64":
        let seed = bytes(hex: try #require(vector.seedHex))
        let key = Ed25519Key(seed: seed)!
        let signature = text(Ed25519Key.base64Count) { out in
          payload.withUnsafeBytes { key.signBase64($0, into: out) }
        }
        #expect(signature == expected, "\(vector.name)")
      default: continue
      }
      checked += 1
    }
    #expect(checked == 8, "four Binance and three Bybit HMACs and one Ed25519")
  }

  /// RFC 4231, test cases 1, 2 and 6 (a key longer than the block).
  @Test(arguments: [
    (
      String(repeating: "0b", count: 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    ("4a656665", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (
      String(repeating: "aa", count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ])
  func hmacMatchesRFC4231(key: String, message: String, expected: String) {
    let signer = HMACSHA256(key: bytes(hex: key))!
    for _ in 0..<2 {  // the key outlives a signature
      let signature = text(64) { out in Array(message.utf8).withUnsafeBytes { signer.signHex($0, into: out) } }
      #expect(signature == expected)
    }
  }

  /// RFC 8032 section 7.1, test 2.
  @Test func ed25519MatchesRFC8032() {
    let seed = bytes(hex: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    let expected = bytes(
      hex: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    let key = Ed25519Key(seed: seed)!
    var signature = [UInt8](repeating: 0, count: 64)
    let signed = signature.withUnsafeMutableBytes { out in
      [UInt8(0x72)].withUnsafeBytes { key.sign($0, into: out.baseAddress!) }
    }
    #expect(signed && signature == expected)
  }

  @Test func ed25519PEMRoundTripVerifies() {
    let key = Ed25519Key.generate()!
    let again = Ed25519Key(pem: key.pem)!
    let publicKey = Ed25519PublicKey(pem: key.publicPEM)!
    var message = Array("timestamp=1".utf8)
    var signature = [UInt8](repeating: 0, count: 64)
    let signed = signature.withUnsafeMutableBytes { out in
      message.withUnsafeBytes { again.sign($0, into: out.baseAddress!) }
    }
    #expect(signed)
    func verifies(_ signature: [UInt8]) -> Bool {
      message.withUnsafeBytes { message in signature.withUnsafeBytes { publicKey.verify(message, signature: $0) } }
    }
    #expect(verifies(signature))
    #expect(!verifies([1, 2]))
    message[0] ^= 1
    #expect(!verifies(signature))
  }

  @Test func foreignKeysAreRefused() {
    func isNil(_ key: consuming Ed25519Key?) -> Bool {
      switch consume key {
      case .some: false
      case nil: true
      }
    }
    let refused = [
      isNil(Ed25519Key(pem: "")),
      isNil(Ed25519Key(pem: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")),
      isNil(Ed25519Key(seed: [1, 2, 3])),
      isNil(Ed25519Key(pem: Ed25519Key.generate()!.publicPEM)),
    ]
    #expect(refused == [true, true, true, true])
  }

  /// Signing takes OpenSSL's blocks from the pool and nothing from malloc.
  @Test func signingDoesNotAllocate() {
    let signer = HMACSHA256(secret: "secret")!
    let key = Ed25519Key.generate()!
    let message = [UInt8](repeating: 7, count: 300)
    var out = [UInt8](repeating: 0, count: 88)
    func round() -> Bool {
      out.withUnsafeMutableBytes { out in
        message.withUnsafeBytes {
          signer.signHex($0, into: out.baseAddress!) && key.signBase64($0, into: out.baseAddress!)
        }
      }
    }
    #expect(round())
    let requests = OpenSSLPool.now.requests
    let mallocs = malloc_counter_value()
    var succeeded = true
    for _ in 0..<100 { succeeded = round() && succeeded }
    #expect(succeeded)
    #expect(malloc_counter_value() == mallocs)
    #expect(OpenSSLPool.now.requests > requests, "the pool is what served")
  }

  /// RFC 4648 section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func base64MatchesRFC4648(plain: String, encoded: String) {
    var out = [UInt8](repeating: 0, count: Base64.encodedCount(plain.utf8.count))
    let count = out.withUnsafeMutableBytes { out in
      guard let place = out.baseAddress else { return 0 }
      return Array(plain.utf8).withUnsafeBytes { Base64.encode($0, into: place) }
    }
    #expect(String(decoding: out, as: UTF8.self) == encoded && count == encoded.utf8.count)
    #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
  }

  @Test func base64MatchesFoundationOnEveryByte() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
      #expect(Base64.decode(Data(bytes).base64EncodedString().utf8) == bytes)
    }
  }

  @Test(arguments: ["Zg", "Zg=", "Z===", "Zh==", "Zm9=", "Z m9", "=Zm9", "Zg==Zg=="])
  func base64RefusesWhatIsNotCanonical(text: String) { #expect(Base64.decode(text.utf8) == nil) }

  /// FIPS 180-4's example.
  @Test func sha256MatchesFIPS180() {
    let digest = Array("abc".utf8).withUnsafeBytes { SHA256.hex($0) }
    #expect(digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
