// The halt epoch and the stopping flag are shared by all copies and, through a file, by other processes.

import Pipeline
import Testing

@Suite struct ControlWordsTests {
  @Test func copiesShareTheWords() {
    let control = ControlWords()
    let copy = control
    #expect(copy.haltEpoch == 0 && !copy.isStopping)
    #expect(control.halt() == 1)
    control.stop()
    #expect(copy.haltEpoch == 1 && copy.isStopping)
  }

  @Test func aFileSharesThemWithAnotherMapping() throws {
    let file = try TemporaryFile()
    let control = ControlWords(try MemoryBlock(creating: file.path, byteCount: 4096))
    let other = ControlWords(try MemoryBlock(opening: file.path, writable: true))
    other.halt()
    #expect(control.haltEpoch == 1)
  }
}
