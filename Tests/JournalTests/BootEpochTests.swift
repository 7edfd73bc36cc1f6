// The boot epoch: it only grows, survives a crash at any point, and never begins again beside other state.

import Foundation
import Journal
import Testing

@Suite("Boot epoch")
struct BootEpochTests {
  private func take(_ directory: String) throws -> UInt32 { try BootEpoch(stateDirectory: directory).value }

  @Test("1 in a new directory, then one more each time")
  func counts() throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.path + "/a/state"
    for expected: UInt32 in 1...5 { #expect(try take(directory) == expected) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["boot-epoch"])
  }

  @Test("other state without an epoch is an error: numbers could be used twice")
  func missing() throws {
    let scratch = try ScratchDirectory()
    try scratch.write([1], "positions")
    #expect(throws: BootEpochError.missing(scratch.path + "/boot-epoch")) { _ = try take(scratch.path) }
  }

  @Test("a damaged file is an error, whichever byte it is")
  func damaged() throws {
    let scratch = try ScratchDirectory()
    let text = Array(BootEpoch.text(41).utf8)
    for i in text.indices {
      var bytes = text
      bytes[i] ^= 1
      try scratch.write(bytes, "boot-epoch")
      #expect(throws: BootEpochError.damaged(scratch.path + "/boot-epoch")) { _ = try take(scratch.path) }
      try scratch.write(Array(text.prefix(i)), "boot-epoch")
      #expect(throws: BootEpochError.damaged(scratch.path + "/boot-epoch")) { _ = try take(scratch.path) }
    }
    try scratch.write(text, "boot-epoch")
    #expect(try take(scratch.path) == 42)
  }

  @Test("a start that died before the exchange leaves the old number in force")
  func crashBeforeRename() throws {
    let scratch = try ScratchDirectory()
    #expect(try take(scratch.path) == 1)
    try scratch.write(Array("apus boot".utf8), "boot-epoch.new")
    #expect(try take(scratch.path) == 2)
    let fresh = try ScratchDirectory()
    try fresh.write([], "boot-epoch.new")
    #expect(try take(fresh.path) == 1)
  }

  @Test("the directory serves one session at a time")
  func locked() throws {
    let scratch = try ScratchDirectory()
    let first = try BootEpoch(stateDirectory: scratch.path)
    #expect(throws: BootEpochError.inUse(scratch.path)) { _ = try take(scratch.path) }
    #expect(first.value == 1)
  }

  @Test("the last epoch is 2^24 - 1")
  func usedUp() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(Array(BootEpoch.text(BootEpoch.maximum - 1).utf8), "boot-epoch")
    #expect(try take(scratch.path) == BootEpoch.maximum)
    #expect(throws: BootEpochError.usedUp) { _ = try take(scratch.path) }
  }
}
