// What must not compile: an approved order made, copied or sent twice outside of the gate.

import Foundation
import Testing

/// Compiles snippets against the modules that this test was built with.
@Suite struct CompileTests {
  @Test func anOrderGoesFromGateToRing() throws {
    // The control: the errors below are not those of a broken set-up.
    #expect(
      try diagnostics("func pass(_ o: consuming ApprovedOrder, _ s: inout ApprovedOrderSender) { _ = s.trySend(o) }")
        == "")
  }

  @Test func nobodyElseMakesAnOrder() throws {
    let text = try diagnostics("func forge(_ r: ApprovedOrderRecord) -> ApprovedOrder { ApprovedOrder(r) }")
    #expect(text.contains("'ApprovedOrder' initializer is inaccessible due to 'internal' protection level"))
  }

  @Test func nobodyElseMakesTerms() throws {
    let text = try diagnostics("func forge(_ r: inout ApprovedOrderRecord) { r.price = Price(ticks: 1) }")
    #expect(text.contains("'price' is a 'let' constant"))
  }

  @Test func anOrderIsSentOnce() throws {
    let text = try diagnostics(
      "func twice(_ o: consuming ApprovedOrder, _ s: inout ApprovedOrderSender) { _ = s.trySend(o); _ = s.trySend(o) }")
    #expect(text.contains("'o' consumed more than once"))
  }

  @Test func anOrderIsNotCopied() throws {
    let text = try diagnostics("func copy(_ o: borrowing ApprovedOrder) -> ApprovedOrder { copy o }")
    #expect(text.contains("'copy' cannot be applied to noncopyable types"))
  }

  @Test func theSlotsOfTheRingAreOutOfReach() throws {
    let text = try diagnostics("func reach(_ s: inout ApprovedOrderSender) { _ = s.slots }")
    #expect(text.contains("'slots' is inaccessible due to 'private' protection level"))
  }

  /// The errors of `swiftc` for a file with this function; empty when it compiles.
  private func diagnostics(_ function: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("snippet.swift")
    try Data("import Market\nimport Risk\n\(function)\n".utf8).write(to: file)
    let products = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    let shims = products.appendingPathComponent("CShims.build/module.modulemap").path
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = [
      "swiftc", "-emit-sil", "-O", "-swift-version", "6", "-I", products.appendingPathComponent("Modules").path,
      "-Xcc", "-fmodule-map-file=\(shims)", file.path, "-o", folder.appendingPathComponent("snippet.sil").path,
    ]
    let pipe = Pipe()
    compiler.standardError = pipe
    try compiler.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    compiler.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    #expect((compiler.terminationStatus == 0) == !text.contains("error:"))
    return compiler.terminationStatus == 0 ? "" : text
  }
}
