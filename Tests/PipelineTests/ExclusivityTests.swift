// What must not compile: a second writer, a second reader, a stage in two boxes.

import Foundation
import Testing

@Suite struct ExclusivityTests {
  @Test func aSecondHandleOfARingDoesNotCompile() throws {
    let sound = """
      let ring = Ring<Int>(capacity: 4)
      var writer = ring.producer
      var reader = ring.consumer
      _ = writer.tryPush(1)
      _ = reader.tryPop()
      """
    #expect(try compile(sound) == "")
    let secondWriter = sound + "\nvar second = ring.producer\n_ = second.tryPush(2)"
    #expect(try compile(secondWriter).contains("consumed more than once"))
    let copied = sound + "\nvar second = copy writer\n_ = second.tryPush(2)"
    #expect(try compile(copied).contains("noncopyable"))
    let secondReader = sound + "\nvar second = ring.consumer\n_ = second.tryPop()"
    #expect(try compile(secondReader).contains("consumed more than once"))
  }

  /// Compiles a function body against the Pipeline module that this test was built with; gives the compiler's errors.
  private func compile(_ body: String) throws -> String {
    let file = try TemporaryFile()
    let source = file.folder.appendingPathComponent("snippet.swift")
    try "import Pipeline\nfunc snippet() {\n\(body)\n}\n".write(to: source, atomically: true, encoding: .utf8)
    let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = [
      "swiftc", "-swift-version", "6", "-emit-sil", "-o", "/dev/null", "-I", products.path + "/Modules",
      "-Xcc", "-fmodule-map-file=\(products.path)/CShims.build/module.modulemap", source.path,
    ]
    let output = Pipe()
    compiler.standardError = output
    try compiler.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    compiler.waitUntilExit()
    #expect((compiler.terminationStatus == 0) == text.isEmpty)
    return text
  }
}
