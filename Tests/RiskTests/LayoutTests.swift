// The bytes of what Risk puts into rings and records are determined: no implicit padding.

import Risk
import Testing

@Suite struct LayoutTests {
  @Test func approvedOrderIsOneCacheLine() {
    #expect(MemoryLayout<ApprovedOrderRecord>.stride == 64)
    #expect(MemoryLayout<ApprovedOrderRecord>.size == 64)
    #expect(MemoryLayout<ApprovedOrderRecord>.offset(of: \.haltEpoch) == 12)
    #expect(MemoryLayout<ApprovedOrderRecord>.offset(of: \.clientOrder) == 16)
  }
}
