// The session header as tagged fields, and back.

import Market
import Pipeline

/// The tags of header fields. Numbers are stable.
enum HeaderTag: UInt16 {
  case startTime = 1
  case bootEpoch = 2
  case seed = 3
  case build = 4
  case strategy = 5
  case configuration = 6
  /// SHA-256 of the configuration: for tools that only compare.
  case configurationDigest = 7
  /// Repeated: digest (32 bytes), then the name.
  case capture = 8
  /// Repeated: see `Instrument.encoded`.
  case instrument = 9
  /// Repeated: number (1 byte), then the name.
  case stage = 10
  /// Only in a session that goes on from another.
  case account = 11
  /// Empty; only in a session behind one that crashed.
  case afterCrash = 12
}

extension SessionHeader {
  /// The hash by which sessions with the same configuration are recognised.
  public var configurationDigest: [UInt8] { Digest.of(configuration) }

  var fields: [(tag: HeaderTag, bytes: [UInt8])] {
    func integer(_ value: some FixedWidthInteger) -> [UInt8] {
      var writer = ByteWriter()
      writer.put(value)
      return writer.bytes
    }
    var fields: [(HeaderTag, [UInt8])] = [
      (.startTime, integer(startTimeNs)), (.bootEpoch, integer(bootEpoch)), (.seed, integer(seed)),
      (.build, Array(build.utf8)), (.strategy, Array(strategy.utf8)), (.configuration, Array(configuration.utf8)),
      (.configurationDigest, configurationDigest),
    ]
    fields += captures.map { (.capture, $0.digest + Array($0.name.utf8)) }
    fields += instruments.map { (.instrument, $0.encoded) }
    if !account.isEmpty { fields.append((.account, account)) }
    if isAfterCrash { fields.append((.afterCrash, [])) }
    fields += stages.sorted { $0.key < $1.key }.map { (.stage, [$0.key] + Array($0.value.utf8)) }
    return fields
  }

  init(session: UInt64, fields bytes: ArraySlice<UInt8>) throws(HeaderDefect) {
    self.init(
      session: session, startTimeNs: 0, bootEpoch: 0, seed: 0, build: "", strategy: "", configuration: "",
      instruments: [], stages: [:])
    var reader = ByteReader(bytes)
    var digest: [UInt8] = []
    while !reader.rest.isEmpty {
      guard let tag: UInt16 = reader.take(), let _: UInt16 = reader.take(), let count: UInt32 = reader.take(),
        let body = reader.take(Int(count)), reader.take(-Int(count) & 7) != nil
      else { throw .badField("list") }
      guard let tag = HeaderTag(rawValue: tag) else { continue }
      if tag == .configurationDigest { digest = Array(body) } else { try read(tag, ByteReader(body)) }
    }
    guard digest == configurationDigest else { throw .badField("configurationDigest") }
  }

  private mutating func read(_ tag: HeaderTag, _ body: ByteReader) throws(HeaderDefect) {
    var body = body
    func required<Value>(_ value: Value?) throws(HeaderDefect) -> Value {
      guard let value else { throw .badField("\(tag)") }
      return value
    }
    switch tag {
    case .startTime: startTimeNs = try required(body.take())
    case .bootEpoch: bootEpoch = try required(body.take())
    case .seed: seed = try required(body.take())
    case .build: build = try required(body.text)
    case .strategy: strategy = try required(body.text)
    case .configuration: configuration = try required(body.text)
    case .configurationDigest: break
    case .capture:
      let digest = Array(try required(body.take(32)))
      captures.append(CaptureIdentity(name: try required(body.text), digest: digest))
    case .instrument: instruments.append(try required(Instrument(encoded: body)))
    case .account: account = Array(body.rest)
    case .afterCrash: isAfterCrash = true
    case .stage:
      let number: UInt8 = try required(body.take())
      stages[number] = try required(body.text)
    }
  }
}

extension Instrument {
  /// Its fields in the order of their declaration, without padding.
  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.put(index.rawValue)
    writer.put(venue.rawValue)
    writer.put(kind.rawValue)
    writer.put(definitionVersion)
    for name in [symbol, base, quote, settlement] {
      writer.put(UInt8(name.count))
      writer.put((0..<name.count).map { name[$0] })
    }
    for step in [tick, lot] {
      writer.put(step.mantissa)
      writer.put(step.exponent)
    }
    for value in [
      multiplier, minimumPrice.ticks, maximumPrice.ticks, minimumQuantity.lots, maximumQuantity.lots,
      minimumNotional.units, maximumNotional.units,
    ] { writer.put(value) }
    return writer.bytes
  }

  /// - Returns: nil when the bytes are not those of an instrument.
  init?(encoded reader: ByteReader) {
    var reader = reader
    func name() -> ShortName? {
      guard let count: UInt8 = reader.take(), let bytes = reader.take(Int(count)) else { return nil }
      guard count > 0 else { return .empty }
      return String(validating: bytes, as: UTF8.self).flatMap { ShortName($0) }
    }
    func step() -> DecimalStep? {
      guard let mantissa: Int64 = reader.take(), mantissa > 0, let exponent: Int8 = reader.take() else { return nil }
      return DecimalStep(mantissa: mantissa, exponent: exponent)
    }
    guard let index: UInt16 = reader.take(), let venue: UInt8 = reader.take(), let kind: UInt8 = reader.take(),
      let kind = ContractKind(rawValue: kind), let version: UInt16 = reader.take(), let symbol = name(),
      let base = name(), let quote = name(), let settlement = name(), let tick = step(), let lot = step()
    else { return nil }
    var values: [Int64] = []
    while values.count < 7, let value: Int64 = reader.take() { values.append(value) }
    guard values.count == 7 else { return nil }
    self.init(
      index: InstrumentIndex(index), venue: VenueIndex(venue), kind: kind, definitionVersion: version,
      symbol: symbol, base: base, quote: quote, settlement: settlement, tick: tick, lot: lot, multiplier: values[0],
      minimumPrice: Price(ticks: values[1]), maximumPrice: Price(ticks: values[2]),
      minimumQuantity: Quantity(lots: values[3]), maximumQuantity: Quantity(lots: values[4]),
      minimumNotional: Amount(units: values[5]), maximumNotional: Amount(units: values[6]))
  }
}
