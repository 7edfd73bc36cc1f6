// Binance's statuses, error codes and engine messages, one line each.
//
// Source: binance-spot-api-docs, web-socket-api.md ("Status codes", "IP limits") and errors.md, every code of the spot
// API: those that only FIX, SBE or endpoints unused here can return are refusals too, should one ever come.

internal import Market

extension BinanceErrors {
  public static var statusTable: [BinanceStatusRule] {
    [
      status(200, "carried out", .none, .refused),
      status(400, "failed, the code says why", .other, .refused),
      status(401, "not authenticated", .notPermitted, .refused),
      status(403, "blocked by the web application firewall", .rateLimited, .retry),
      status(409, "carried out in part (cancel and replace)", .venueUnknownOutcome, .unknown),
      status(418, "the address is banned", .rateLimited, .retry),
      status(429, "a rate limit is exceeded", .rateLimited, .retry),
      BinanceStatusRule(
        lowest: 404, highest: 499, meaning: "another refusal", reason: .invalidRequest, outcome: .refused),
      BinanceStatusRule(
        lowest: 500, highest: 599, meaning: "internal: execution status unknown", reason: .venueUnknownOutcome,
        outcome: .unknown),
    ]
  }

  private static func status(
    _ status: Int64, _ meaning: StaticString, _ reason: ReportReason, _ outcome: BinanceOutcome
  ) -> BinanceStatusRule {
    BinanceStatusRule(lowest: status, highest: status, meaning: meaning, reason: reason, outcome: outcome)
  }

  public static var codeTable: [BinanceCodeRule] { serverCodes + requestCodes + engineCodes }

  /// 10xx: server and network.
  private static var serverCodes: [BinanceCodeRule] {
    [
      BinanceCodeRule(-1000, "UNKNOWN", .venueUnknownOutcome, .unknown),
      BinanceCodeRule(-1001, "DISCONNECTED", .venueUnknownOutcome, .unknown),
      BinanceCodeRule(-1002, "UNAUTHORIZED", .notPermitted),
      BinanceCodeRule(-1003, "TOO_MANY_REQUESTS", .rateLimited, .retry),
      BinanceCodeRule(-1006, "UNEXPECTED_RESP", .venueUnknownOutcome, .unknown),
      BinanceCodeRule(-1007, "TIMEOUT", .venueUnknownOutcome, .unknown),
      BinanceCodeRule(-1008, "SERVER_BUSY", .venueBusy, .retry),
      BinanceCodeRule(-1010, "ERROR_MSG_RECEIVED", .other, hasMessages: true),
      BinanceCodeRule(-1013, "INVALID_MESSAGE", .filterFailure, hasMessages: true),
      BinanceCodeRule(-1014, "UNKNOWN_ORDER_COMPOSITION", .invalidRequest),
      BinanceCodeRule(-1015, "TOO_MANY_ORDERS", .rateLimited, .retry),
      BinanceCodeRule(-1016, "SERVICE_SHUTTING_DOWN", .venueBusy, .retry),
      BinanceCodeRule(-1020, "UNSUPPORTED_OPERATION", .invalidRequest),
      BinanceCodeRule(-1021, "INVALID_TIMESTAMP", .timestampOutsideWindow, .retry),
      BinanceCodeRule(-1022, "INVALID_SIGNATURE", .badSignature),
    ]
  }

  /// 11xx and 12xx: the request. None of these reached the matching engine.
  private static var requestCodes: [BinanceCodeRule] {
    [
      BinanceCodeRule(-1100, "ILLEGAL_CHARS", .invalidRequest),
      BinanceCodeRule(-1101, "TOO_MANY_PARAMETERS", .invalidRequest),
      BinanceCodeRule(-1102, "MANDATORY_PARAM_EMPTY_OR_MALFORMED", .invalidRequest),
      BinanceCodeRule(-1103, "UNKNOWN_PARAM", .invalidRequest),
      BinanceCodeRule(-1104, "UNREAD_PARAMETERS", .invalidRequest),
      BinanceCodeRule(-1105, "PARAM_EMPTY", .invalidRequest),
      BinanceCodeRule(-1106, "PARAM_NOT_REQUIRED", .invalidRequest),
      BinanceCodeRule(-1108, "PARAM_OVERFLOW", .invalidRequest),
      BinanceCodeRule(-1111, "BAD_PRECISION", .filterFailure),
      BinanceCodeRule(-1112, "NO_DEPTH", .marketClosed),
      BinanceCodeRule(-1114, "TIF_NOT_REQUIRED", .invalidRequest),
      BinanceCodeRule(-1115, "INVALID_TIF", .invalidRequest),
      BinanceCodeRule(-1116, "INVALID_ORDER_TYPE", .invalidRequest),
      BinanceCodeRule(-1117, "INVALID_SIDE", .invalidRequest),
      BinanceCodeRule(-1118, "EMPTY_NEW_CL_ORD_ID", .invalidRequest),
      BinanceCodeRule(-1119, "EMPTY_ORG_CL_ORD_ID", .invalidRequest),
      BinanceCodeRule(-1120, "BAD_INTERVAL", .invalidRequest),
      BinanceCodeRule(-1121, "BAD_SYMBOL", .invalidRequest),
      BinanceCodeRule(-1122, "INVALID_SYMBOLSTATUS", .invalidRequest),
      BinanceCodeRule(-1125, "INVALID_LISTEN_KEY", .invalidRequest),
      BinanceCodeRule(-1127, "MORE_THAN_XX_HOURS", .invalidRequest),
      BinanceCodeRule(-1128, "OPTIONAL_PARAMS_BAD_COMBO", .invalidRequest),
      BinanceCodeRule(-1130, "INVALID_PARAMETER", .invalidRequest),
      BinanceCodeRule(-1134, "BAD_STRATEGY_TYPE", .invalidRequest),
      BinanceCodeRule(-1135, "INVALID_JSON", .invalidRequest),
      BinanceCodeRule(-1139, "INVALID_TICKER_TYPE", .invalidRequest),
      BinanceCodeRule(-1145, "INVALID_CANCEL_RESTRICTIONS", .invalidRequest),
      BinanceCodeRule(-1151, "DUPLICATE_SYMBOLS", .invalidRequest),
      BinanceCodeRule(-1152, "INVALID_SBE_HEADER", .invalidRequest),
      BinanceCodeRule(-1153, "UNSUPPORTED_SCHEMA_ID", .invalidRequest),
      BinanceCodeRule(-1155, "SBE_DISABLED", .invalidRequest),
      BinanceCodeRule(-1158, "OCO_ORDER_TYPE_REJECTED", .invalidRequest),
      BinanceCodeRule(-1160, "OCO_ICEBERGQTY_TIMEINFORCE", .invalidRequest),
      BinanceCodeRule(-1161, "DEPRECATED_SCHEMA", .invalidRequest),
      BinanceCodeRule(-1165, "BUY_OCO_LIMIT_MUST_BE_BELOW", .invalidRequest),
      BinanceCodeRule(-1166, "SELL_OCO_LIMIT_MUST_BE_ABOVE", .invalidRequest),
      BinanceCodeRule(-1168, "BOTH_OCO_ORDERS_CANNOT_BE_LIMIT", .invalidRequest),
      BinanceCodeRule(-1169, "INVALID_TAG_NUMBER", .invalidRequest),
      BinanceCodeRule(-1170, "TAG_NOT_DEFINED_IN_MESSAGE", .invalidRequest),
      BinanceCodeRule(-1171, "TAG_APPEARS_MORE_THAN_ONCE", .invalidRequest),
      BinanceCodeRule(-1172, "TAG_OUT_OF_ORDER", .invalidRequest),
      BinanceCodeRule(-1173, "GROUP_FIELDS_OUT_OF_ORDER", .invalidRequest),
      BinanceCodeRule(-1174, "INVALID_COMPONENT", .invalidRequest),
      BinanceCodeRule(-1175, "RESET_SEQ_NUM_SUPPORT", .invalidRequest),
      BinanceCodeRule(-1176, "ALREADY_LOGGED_IN", .invalidRequest),
      BinanceCodeRule(-1177, "GARBLED_MESSAGE", .invalidRequest),
      BinanceCodeRule(-1178, "BAD_SENDER_COMPID", .invalidRequest),
      BinanceCodeRule(-1179, "BAD_SEQ_NUM", .invalidRequest),
      BinanceCodeRule(-1180, "EXPECTED_LOGON", .invalidRequest),
      BinanceCodeRule(-1181, "TOO_MANY_MESSAGES", .rateLimited, .retry),
      BinanceCodeRule(-1182, "PARAMS_BAD_COMBO", .invalidRequest),
      BinanceCodeRule(-1183, "NOT_ALLOWED_IN_DROP_COPY_SESSIONS", .invalidRequest),
      BinanceCodeRule(-1184, "DROP_COPY_SESSION_NOT_ALLOWED", .invalidRequest),
      BinanceCodeRule(-1185, "DROP_COPY_SESSION_REQUIRED", .invalidRequest),
      BinanceCodeRule(-1186, "NOT_ALLOWED_IN_ORDER_ENTRY_SESSIONS", .invalidRequest),
      BinanceCodeRule(-1187, "NOT_ALLOWED_IN_MARKET_DATA_SESSIONS", .invalidRequest),
      BinanceCodeRule(-1188, "INCORRECT_NUM_IN_GROUP_COUNT", .invalidRequest),
      BinanceCodeRule(-1189, "DUPLICATE_ENTRIES_IN_A_GROUP", .invalidRequest),
      BinanceCodeRule(-1190, "INVALID_REQUEST_ID", .invalidRequest),
      BinanceCodeRule(-1191, "TOO_MANY_SUBSCRIPTIONS", .invalidRequest),
      BinanceCodeRule(-1194, "INVALID_TIME_UNIT", .invalidRequest),
      BinanceCodeRule(-1196, "BUY_OCO_STOP_LOSS_MUST_BE_ABOVE", .invalidRequest),
      BinanceCodeRule(-1197, "SELL_OCO_STOP_LOSS_MUST_BE_BELOW", .invalidRequest),
      BinanceCodeRule(-1198, "BUY_OCO_TAKE_PROFIT_MUST_BE_BELOW", .invalidRequest),
      BinanceCodeRule(-1199, "SELL_OCO_TAKE_PROFIT_MUST_BE_ABOVE", .invalidRequest),
      BinanceCodeRule(-1210, "INVALID_PEG_PRICE_TYPE", .invalidRequest),
      BinanceCodeRule(-1211, "INVALID_PEG_OFFSET_TYPE", .invalidRequest),
      BinanceCodeRule(-1220, "SYMBOL_DOES_NOT_MATCH_STATUS", .marketClosed),
      BinanceCodeRule(-1221, "INVALID_SBE_MESSAGE_FIELD", .invalidRequest),
      BinanceCodeRule(-1222, "OPO_WORKING_MUST_BE_BUY", .invalidRequest),
      BinanceCodeRule(-1223, "OPO_PENDING_MUST_BE_SELL", .invalidRequest),
      BinanceCodeRule(-1224, "WORKING_PARAM_REQUIRED", .invalidRequest),
      BinanceCodeRule(-1225, "PENDING_PARAM_NOT_REQUIRED", .invalidRequest),
    ]
  }

  /// 20xx: the matching engine, keys and subscriptions.
  private static var engineCodes: [BinanceCodeRule] {
    [
      BinanceCodeRule(-2010, "NEW_ORDER_REJECTED", .other, hasMessages: true),
      BinanceCodeRule(-2011, "CANCEL_REJECTED", .other, hasMessages: true),
      BinanceCodeRule(-2013, "NO_SUCH_ORDER", .unknownOrder),
      BinanceCodeRule(-2014, "BAD_API_KEY_FMT", .notPermitted),
      BinanceCodeRule(-2015, "REJECTED_MBX_KEY", .notPermitted),
      BinanceCodeRule(-2016, "NO_TRADING_WINDOW", .marketClosed),
      BinanceCodeRule(-2021, "ORDER_CANCEL_REPLACE_PARTIALLY_FAILED", .venueUnknownOutcome, .unknown),
      BinanceCodeRule(-2022, "ORDER_CANCEL_REPLACE_FAILED", .other),
      BinanceCodeRule(-2026, "ORDER_ARCHIVED", .unknownOrder),
      BinanceCodeRule(-2035, "SUBSCRIPTION_ACTIVE", .invalidRequest),
      BinanceCodeRule(-2036, "SUBSCRIPTION_INACTIVE", .invalidRequest),
      BinanceCodeRule(-2038, "ORDER_AMEND_REJECTED", .other, hasMessages: true),
      BinanceCodeRule(-2039, "CLIENT_ORDER_ID_INVALID", .unknownOrder),
      BinanceCodeRule(-2042, "MAXIMUM_SUBSCRIPTION_IDS", .invalidRequest),
    ]
  }

  /// errors.md, "Messages for -1010, -2010, -2011, and -2038" and "Filter failures".
  ///
  /// A duplicate is no refusal: identifiers are never used twice here, so the venue has that order, and only asking
  /// tells what became of it.
  public static var messageTable: [BinanceMessageRule] {
    [
      BinanceMessageRule("Unknown order sent.", .unknownOrder),
      BinanceMessageRule("Duplicate order sent.", .duplicateOrder, .unknown),
      BinanceMessageRule("Market is closed.", .marketClosed),
      BinanceMessageRule("Account has insufficient balance for requested action.", .insufficientBalance),
      BinanceMessageRule("Order would immediately match and take.", .wouldTakeLiquidity),
      BinanceMessageRule("Filter failure:", .filterFailure),
      BinanceMessageRule("Price * QTY is zero or less.", .filterFailure),
      BinanceMessageRule("IcebergQty exceeds QTY.", .filterFailure),
      BinanceMessageRule("This action is disabled on this account.", .notPermitted),
      BinanceMessageRule("This account may not place or cancel orders.", .notPermitted),
      BinanceMessageRule("This symbol is not permitted for this account.", .notPermitted),
      BinanceMessageRule("This symbol is restricted for this account.", .notPermitted),
      BinanceMessageRule("Rest API trading is not enabled.", .notPermitted),
      BinanceMessageRule("WebSocket API trading is not enabled.", .notPermitted),
      BinanceMessageRule("FIX API trading is not enabled.", .notPermitted),
      BinanceMessageRule("Market orders are not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("Iceberg orders are not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("Stop loss orders are not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("Stop loss limit orders are not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("Take profit orders are not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("Take profit limit orders are not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("Trailing stop orders are not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("OCO orders are not supported for this symbol", .invalidRequest),
      BinanceMessageRule("OPO orders are not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("Quote order qty market orders are not support for this symbol.", .invalidRequest),
      BinanceMessageRule("Pegged orders are not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("This order type may not use pegged price.", .invalidRequest),
      BinanceMessageRule("This price peg cannot be used with this order type.", .invalidRequest),
      BinanceMessageRule("Order cancel-replace is not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("Order amend is not supported for this symbol.", .invalidRequest),
      BinanceMessageRule("Order amend (quantity increase) is not supported.", .invalidRequest),
      BinanceMessageRule("Order amend (pending OPO order) is not supported.", .invalidRequest),
      BinanceMessageRule("The requested action would change no state; rejecting", .invalidRequest),
      BinanceMessageRule("This symbol does not allow the specified self-trade prevention mode.", .invalidRequest),
      BinanceMessageRule("Unsupported order combination", .invalidRequest),
      BinanceMessageRule("Order would trigger immediately.", .invalidRequest),
      BinanceMessageRule("The relationship of the prices for the orders is not correct.", .invalidRequest),
      BinanceMessageRule("Cancel order is invalid. Check origClOrdId and orderId.", .invalidRequest),
      BinanceMessageRule("Order was not canceled due to cancel restrictions.", .invalidRequest),
      BinanceMessageRule("Order book liquidity is", .other),
    ]
  }
}
