// Rows tick_to_trade: a whole session under `apus load` over TLS on loopback, against an echo in C that does nothing of it.

import Foundation
import Suite

/// Both sides of a rate. Each measurement is one run of a side; a row of the 99th percentile takes the runs that the row of the
/// median made just before, where that was measured too.
private final class Runs {
  let take: () throws -> [Double]
  private var kept: [Double] = []

  /// - Parameter take: one run; median and 99th percentile in nanoseconds.
  init(_ take: @escaping () throws -> [Double]) { self.take = take }

  func p50() throws -> Double {
    let figures = try take()
    kept.append(figures[1])
    return figures[0]
  }

  func p99() throws -> Double { kept.isEmpty ? try take()[1] : kept.removeFirst() }
}

/// - Parameters:
///   - apus: the bot's executable; nil leaves the rows out.
///   - cpus: of the sender, and of the session or the echo.
func tickToTrade(
  _ recording: Recording, capture: String, apus: String?, _ scale: Scale, cpus: (Int, Int)
) throws -> [Benchmark] {
  guard let apus else { return [] }
  return try [(1_000, ""), (50_000, "_50k")].flatMap { rate, suffix in
    let echo = Echo(recording, messagesPerSecond: rate, scale, senderCpu: cpus.0)
    let session = try LoadedSession(apus, capture: capture, messagesPerSecond: rate, scale, cpus: cpus)
    let (ours, peer) = (Runs(session.measure), Runs(echo.measure))
    return [
      Benchmark(
        row: "tick_to_trade\(suffix)_p50", unit: "ns", topology: topology(rate, cpus),
        ours: BenchmarkSide("apus", ours.p50),
        peers: [BenchmarkSide("C echo", peer.p50)]),
      Benchmark(
        row: "tick_to_trade\(suffix)_p99", unit: "ns", topology: topology(rate, cpus),
        ours: BenchmarkSide("apus", ours.p99),
        peers: [BenchmarkSide("C echo", peer.p99)]),
    ]
  }
}

private func topology(_ rate: Int, _ cpus: (Int, Int)) -> String {
  """
  sender, CPU \(cpus.0) --[\(rate) frames/s, TCP]--> kernel stamp --> session or echo, CPU \(cpus.1) --order--> send returns
  \(ordersPerSecond) frames a second ask for an order; ours over TLS 1.3 with direct records, the echo's without
  """
}

/// `apus load` with the kernel's receive stamps.
private final class LoadedSession {
  private let executable: URL
  private let arguments: [String]
  private let configuration: URL
  private let places: String

  private struct Report: Decodable {
    struct Latency: Decodable { let p50Ns, p99Ns: Double }
    let tickToTrade: Latency
    let unanswered, brokenStreams, answers: Int
  }

  init(_ apus: String, capture: String, messagesPerSecond: Int, _ scale: Scale, cpus: (Int, Int)) throws {
    executable = URL(fileURLWithPath: apus)
    configuration = FileManager.default.temporaryDirectory.appendingPathComponent(
      "apus-bench-\(getpid())-\(messagesPerSecond).yaml")
    places = "\(cpus.0),\(cpus.1)"
    let seconds = scale.isTiny ? "0.2" : "3"
    arguments = [
      "load", "--config", configuration.path, "--capture", capture, "--rate", "\(messagesPerSecond)", "--orders",
      "\(ordersPerSecond)", "--seconds", seconds, "--warm-up", seconds, "--cpu", "\(cpus.0)", "--json",
    ]
    var text = String(decoding: try Self.output(executable, ["demo", "--print-config"], cpus: places), as: UTF8.self)
    for (before, after) in [
      ("- cpu: 1\n    wait: pause", "- cpu: \(cpus.1)\n    wait: spin"), ("- cpu: 0\n", "- cpu: \(cpus.0)\n"),
      ("transport: uring", "transport: uring\nreceiveStamps: kernel\ntls: {records: direct}"),
    ] {
      guard text.contains(before) else { throw BenchmarkError("the demo's configuration has no \"\(before)\"") }
      text = text.replacingOccurrences(of: before, with: after)
    }
    try text.write(to: configuration, atomically: true, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(at: configuration) }

  func measure() throws -> [Double] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let reports = try decoder.decode([Report].self, from: Self.output(executable, arguments, cpus: places))
    guard let report = reports.first, report.answers > 0, report.unanswered == 0, report.brokenStreams == 0 else {
      throw BenchmarkError("the session did not keep up with its load")
    }
    return [report.tickToTrade.p50Ns, report.tickToTrade.p99Ns]
  }

  private static func output(_ executable: URL, _ arguments: [String], cpus: String) throws -> Data {
    let (process, pipe) = (Process(), Pipe())
    // This process is pinned to one CPU, and a child inherits that.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
    process.arguments = ["--cpu-list", cpus, executable.path] + arguments
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchmarkError(
        "\(executable.path) \(arguments.joined(separator: " ")): status \(process.terminationStatus)")
    }
    return data
  }
}
