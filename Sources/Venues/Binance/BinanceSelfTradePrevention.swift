// What Binance does with an order that would trade with another of the same account.

/// Modes of self-trade prevention (faqs/stp_faq.md). The taker's mode decides.
public enum BinanceSelfTradePrevention: String, Sendable, CaseIterable {
  /// The trade takes place.
  case none = "NONE"
  case expireTaker = "EXPIRE_TAKER"
  case expireMaker = "EXPIRE_MAKER"
  case expireBoth = "EXPIRE_BOTH"
  /// Both lose the quantity that would have traded; the smaller one expires.
  case decrement = "DECREMENT"
  /// `decrement`, and between accounts of a group the quantity changes hands.
  case transfer = "TRANSFER"

  /// As a request carries it, without a `String` on the hot path.
  var text: StaticString {
    switch self {
    case .none: "NONE"
    case .expireTaker: "EXPIRE_TAKER"
    case .expireMaker: "EXPIRE_MAKER"
    case .expireBoth: "EXPIRE_BOTH"
    case .decrement: "DECREMENT"
    case .transfer: "TRANSFER"
    }
  }
}
