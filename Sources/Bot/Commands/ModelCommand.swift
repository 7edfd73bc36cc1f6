// `apus model`: look at a model file, and export what a model is trained on.

import ArgumentParser
import Brain
import Foundation

public struct ModelCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Inspect and verify models, and export features for training.",
    subcommands: [Show.self, Features.self])

  public init() {}

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Verify a model file as the bot would, and print its manifest.",
      discussion: "  apus model show Sources/Bot/Models/btcusdt-2s.safetensors")

    @Argument(help: "A .safetensors file.")
    var path: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
      let model = try BrainModel(path: path)
      var entries = model.manifest.metadata
      entries["sha256"] = model.checksum
      if json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(entries), as: UTF8.self))
      } else {
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) { print("\(key): \(value)") }
      }
    }
  }

  struct Features: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Export the features of a recorded market, computed by the code that trades.",
      discussion: """
          apus model features --capture btcusdt_20240808.gz --capture btcusdt_20240809.gz --out btc.safetensors
        """)

    @Option(help: "A recorded market: gzip lines of `<receive ns> <JSON>`. Give successive files in their order.")
    var capture: [String]

    @Option(help: "The file to write (safetensors).")
    var out: String

    @Option(name: .customLong("interval-ms"), help: "The sampling grid in milliseconds.")
    var intervalMs: Int64 = 100

    func validate() throws {
      if capture.isEmpty { throw ValidationError("--capture: at least one file is needed") }
      if !(1...60_000).contains(intervalMs) { throw ValidationError("--interval-ms: between 1 and 60000") }
    }

    func run() throws {
      let file = try FeatureExport.run(captures: capture, intervalNs: intervalMs * 1_000_000)
      try Data(file.serialized()).write(to: URL(fileURLWithPath: out))
      let shape = file.tensors["features"]?.shape ?? []
      print("\(out): \(shape.first ?? 0) points of \(shape.last ?? 0) features")
    }
  }
}
