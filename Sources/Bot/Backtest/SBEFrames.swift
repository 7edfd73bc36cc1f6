// Frames of SBE streams as market messages, out of the journal of a session whose feed took them.

import Market
import Simulation
import Venues

/// Reads frames with the decoder that read them in the session. One thread.
final class SBEFrames {
  private let instruments: [InstrumentIndex]
  private var decoder: BinanceMarketDecoder

  init(_ instruments: [Instrument]) {
    self.instruments = instruments.map(\.index)
    decoder = BinanceMarketDecoder(BinanceInstruments(instruments))
  }

  /// - Returns: nothing for a frame that is no market message, and all trades of an event.
  func messages(_ frame: [UInt8]) -> [(instrument: InstrumentIndex, message: MarketMessage)] {
    frame.withUnsafeBytes { bytes in
      guard decoder.decodeSBE(bytes) == .none, let first = message() else { return [] }
      let instrument = instruments[decoder.message.instrument]
      var messages = [(instrument: instrument, message: first)]
      while decoder.nextTrade(), let next = message() { messages.append((instrument, next)) }
      return messages
    }
  }

  /// What stands in the decoder; nil for what is none of the market.
  private func message() -> MarketMessage? {
    let message = decoder.message
    switch message.kind {
    case .depth:
      return .depth(
        bids: levels(0..<decoder.bidCount), asks: levels(decoder.bidCount..<decoder.bidCount + decoder.askCount),
        firstUpdateId: message.firstSequence, updateId: message.lastSequence)
    case .bookTicker:
      return .touch(bid: quantity(message.bid), ask: quantity(message.ask), updateId: message.lastSequence)
    case .trade:
      return .trade(quantity(message.bid), takerSide: message.takerSide, tradeId: message.lastSequence)
    case .reply, .replyError, .serverShutdown, .other: return nil
    }
  }

  private func levels(_ places: Range<Int>) -> [PriceQuantity] { places.map { quantity(decoder.levels[$0]) } }

  private func quantity(_ level: BookLevel) -> PriceQuantity {
    PriceQuantity(price: level.price, quantity: level.quantity)
  }
}
