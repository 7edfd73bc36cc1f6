// The life cycle of an order against the table written out by hand: every state, every event.

import Execution
import Testing

@Suite struct OrderStateTests {
  /// One row for each state, one column for each event (`OrderEvent` in order): the state it leads to and whether that
  /// is news (+), nothing new (=) or a contradiction (!).
  private static let withoutFills: [OrderState: String] = [
    //                  ack part final canc exp  rej notS unk open notF
    .pendingNew: "      W+  P+   F+    C+   E+   R+  S+   U+  W+   R+",
    .working: "         W=  P+   F+    C+   E+   U!  U!   U+  W=   U!",
    .partiallyFilled: " W+  P+   F+    C+   E+   U!  U!   U+  W+   U!",
    .unknown: "         W+  U+   F+    C+   E+   R+  S+   U=  W+   R+",
    .filled: "          F=  F!   F!    F!   F!   F!  F!   F=  F=   F!",
    .canceled: "        C=  C+   F+    C=   C=   C!  C!   C=  C=   C=",
    .expired: "         E=  E+   F+    E=   E=   E!  E!   E=  E=   E=",
    .rejected: "        R!  R!   R!    R!   R!   R=  R!   R=  R!   R=",
    .notSent: "         S!  S!   S!    S!   S!   S!  S=   S=  S!   S=",
  ]

  /// The rows that differ once something was filled: an order with fills did reach the venue.
  private static let withFills: [OrderState: String] = [
    .pendingNew: "      P+  P+   F+    C+   E+   U!  U!   U+  P+   U!",
    .working: "         P+  P+   F+    C+   E+   U!  U!   U+  P+   U!",
    .partiallyFilled: " P=  P+   F+    C+   E+   U!  U!   U+  P=   U!",
    .unknown: "         P+  U+   F+    C+   E+   U!  U!   U=  P+   U!",
  ]

  private static let letters: [OrderState: String] = [
    .pendingNew: "N", .working: "W", .partiallyFilled: "P", .unknown: "U", .filled: "F", .canceled: "C",
    .expired: "E", .rejected: "R", .notSent: "S",
  ]

  @Test(arguments: OrderState.allCases, [false, true])
  func everyEventInEveryState(_ state: OrderState, _ hasFills: Bool) throws {
    let row = try #require((hasFills ? Self.withFills[state] : nil) ?? Self.withoutFills[state])
    let expected = row.split(separator: " ").map(String.init)
    let found = try OrderEvent.allCases.map { event in
      let transition = state.after(event, hasFills: hasFills)
      let mark = [OrderVerdict.advanced: "+", .repeated: "=", .contradiction: "!"][transition.verdict]
      return try #require(Self.letters[transition.next]) + #require(mark)
    }
    #expect(found == expected)
  }

  @Test func aClosedOrderNeverOpensAgain() {
    for state in OrderState.allCases where !state.isOpen {
      for event in OrderEvent.allCases {
        #expect(!state.after(event, hasFills: true).next.isOpen)
        #expect(!state.after(event, hasFills: false).next.isOpen)
      }
    }
  }
}
