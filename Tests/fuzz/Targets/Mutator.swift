// Seeded mutations of whole inputs, for runs without libFuzzer: what was seen can be seen again.

/// Makes new inputs out of a target's seeds.
public struct Mutator {
  private let seeds: [[UInt8]]
  private let bytesLimit: Int
  private var state: UInt64

  public init(_ target: any FuzzTarget, seed: UInt64) {
    seeds = target.seeds
    bytesLimit = target.bytesLimit
    state = seed
  }

  public mutating func next() -> [UInt8] {
    var bytes = seeds[below(seeds.count)]
    for _ in 0...below(4) { mutate(&bytes) }
    return Array(bytes.prefix(bytesLimit))
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    let place = below(bytes.count + 1)
    let end = min(bytes.count, place + below(40))
    switch below(7) {
    case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(below(8))
    case 1 where place < bytes.count: bytes[place] = [0, 1, 0x7f, 0x80, 0xff, 32, 34, 45, 48, 57][below(10)]
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 4:  // the rest of another input
      let other = seeds[below(seeds.count)]
      bytes.replaceSubrange(place..., with: other[below(other.count + 1)...])
    case 5:  // a length or a number at its edges
      let width = [1, 2, 4, 8][below(4)]
      let value = [0, UInt64.max, 1 << 63, 1 << 31, 0xffff, 1][below(6)]
      for i in 0..<width where place + i < bytes.count {
        bytes[place + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(i)))
      }
    default: bytes.insert(UInt8(truncatingIfNeeded: next64()), at: place)
    }
  }

  /// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
  private mutating func next64() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  private mutating func below(_ bound: Int) -> Int { Int(next64() % UInt64(bound)) }
}
