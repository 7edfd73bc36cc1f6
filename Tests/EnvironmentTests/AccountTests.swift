import Environment
import Market
import Testing

@Suite struct AccountTests {
  @Test func moneyIsExact() {
    var account = Account()
    account.fill(.buy, Price(ticks: 600_000), lots: 3, feePpm: 500)
    // 1.8 million tick-lots, and 500 millionths of them.
    #expect(account.fees == 900_000_000)
    #expect(account.cash == -1_800_000_000_000 - 900_000_000)
    #expect(account.equity(doubleMid: 1_200_001) == 1_500_000 - 900_000_000)
    account.fill(.sell, Price(ticks: 600_010), lots: 3, feePpm: -100)
    #expect(account.inventoryLots == 0)
    #expect(account.fees == 900_000_000 - 180_003_000)
    #expect(account.equity(doubleMid: 1) == 30_000_000 - account.fees)
  }
}
