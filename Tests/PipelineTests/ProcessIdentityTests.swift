// A process is known by more than its number, and its condition is seen from outside.

import Foundation
import Pipeline
import Testing

@Suite struct ProcessIdentityTests {
  @Test func thisProcessRuns() {
    let this = ProcessIdentity.current
    #expect(this.processIdentifier == Int64(getpid()))
    #expect(this.startTicks > 0 && this.boot != SIMD2(0, 0))
    #expect(this.condition == .running)
    #expect(MemoryLayout<ProcessIdentity>.size == 32)
  }

  @Test func anotherProcessOfTheSameNumberIsNotIt() {
    var earlier = ProcessIdentity.current
    earlier.startTicks -= 1
    #expect(earlier.condition == .ended)
    var otherBoot = ProcessIdentity.current
    otherBoot.boot.x &+= 1
    #expect(otherBoot.condition == .ended)
    var wild = ProcessIdentity.current
    wild.processIdentifier = .max
    #expect(wild.condition == .ended)
  }

  @Test func stoppedAndEndedAreSeen() throws {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/bin/cat")
    child.standardInput = Pipe()
    child.standardOutput = FileHandle.nullDevice
    try child.run()
    let identity = try #require(ProcessIdentity(processIdentifier: Int64(child.processIdentifier)))
    kill(child.processIdentifier, SIGSTOP)
    while identity.condition == .running { sched_yield() }
    #expect(identity.condition == .stopped)
    kill(child.processIdentifier, SIGCONT)
    while identity.condition == .stopped { sched_yield() }
    #expect(identity.condition == .running)
    kill(child.processIdentifier, SIGKILL)  // a child of a test's thread may have inherited a blocked SIGTERM
    child.waitUntilExit()
    #expect(identity.condition == .ended)
  }
}
