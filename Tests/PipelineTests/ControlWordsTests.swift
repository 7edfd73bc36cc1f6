// The halt epoch and the stopping flag are shared by all copies and, through a file, by other processes.

import Foundation
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
    let session = try ControlWordsFile(creating: file.path)
    let other = try ControlWordsFile(opening: file.path)
    #expect(other.session == .current)
    other.words.halt()
    #expect(session.words.haltEpoch == 1 && !session.words.isStopping)
    session.words.stop()
    #expect(other.words.isStopping)
    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func aNewSessionHasWordsOfItsOwn() throws {
    let file = try TemporaryFile()
    let old = try ControlWordsFile(creating: file.path)
    let new = try ControlWordsFile(creating: file.path)
    old.words.halt()
    #expect(new.words.haltEpoch == 0)
    #expect(try ControlWordsFile(opening: file.path).words.haltEpoch == 0)
  }

  @Test func foreignFilesAreNamedErrors() throws {
    let file = try TemporaryFile()
    #expect(throws: ControlWordsError.memory(.file(operation: "open", path: file.path, errno: ENOENT))) {
      try ControlWordsFile(opening: file.path)
    }
    try Data(repeating: 7, count: 5000).write(to: URL(fileURLWithPath: file.path))
    #expect(throws: ControlWordsError.notControlWords) { try ControlWordsFile(opening: file.path) }
    _ = try ControlWordsFile(creating: file.path)
    try file.patch(offset: 8, [9])
    #expect(throws: ControlWordsError.unsupportedVersion(9)) { try ControlWordsFile(opening: file.path) }
    try Data([1, 2]).write(to: URL(fileURLWithPath: file.path))
    #expect(throws: ControlWordsError.notControlWords) { try ControlWordsFile(opening: file.path) }
  }
}
