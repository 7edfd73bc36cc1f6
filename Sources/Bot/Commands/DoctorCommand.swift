// `apus doctor`: what on this host would hurt a session, and what cures it.

import ArgumentParser
import Foundation
import Host
import Pipeline

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what on this host would hurt the latency of a session, and the cure.",
    discussion: """
      Reads and measures; changes nothing. Without --config it judges the placement of `apus demo`. docs/doctor.md explains every
      finding. Exit status: 0 nothing is wrong, 1 something hurts (with --strict only), 2 wrong usage or configuration,
      3 the plan cannot be run here.

        apus doctor
        apus doctor --config apus.yaml --strict
        apus doctor --config apus.yaml --json
      """)

  @Option(help: "The configuration file whose placement is judged.")
  var config: String?

  @Option(help: "How long the noise of the hot CPUs is measured.")
  var noise = 1.0

  @Flag(help: "Measure no noise.")
  var noNoise = false

  @Flag(help: "One JSON object.")
  var json = false

  @Flag(help: "Exit with status 1 when something hurts.")
  var strict = false

  func validate() throws {
    guard (0.01...60).contains(noise) else { throw ValidationError("--noise is 0.01 to 60 seconds") }
  }

  func run() throws {
    let survey = HostReader.current()
    let (plan, wishes): (AffinityPlan, SessionWishes)
    do {
      let settings = try Configuration.forHost(config, cpus: survey.facts.allowedCpus)
      (plan, wishes) = (try settings.affinity(), settings.wishes)
    } catch {
      Terminal.note("\(error)")
      throw ExitCode(Apus.usageStatus)
    }
    let diagnosis = Diagnosis(survey, plan, wishes)
    let measured = noNoise ? [] : NoiseTest.run(cpus: diagnosis.hotCpus, durationNs: Int64(noise * 1e9))
    // A stable order within a severity: what was read, then what was measured.
    let all = diagnosis.findings + measured.map { Finding($0) }
    let findings = Finding.Severity.allCases.flatMap { severity in all.filter { $0.severity == severity } }
    let worst = findings.first?.severity ?? .good
    let status: Int32 = worst == .wrong ? 3 : worst == .hurts && strict ? 1 : 0
    let report = DoctorReport(
      kernel: survey.kernel.value, model: survey.model.value, isVirtual: survey.isVirtual,
      plan: plan.report(host: survey.facts), findings: findings.map(DoctorReport.Entry.init), noise: measured,
      exitStatus: status)
    print(json ? String(decoding: try Figures.encoder.encode(report), as: UTF8.self) : report.text)
    if status != 0 { throw ExitCode(status) }
  }
}

extension Configuration {
  /// What a session of this configuration asks of its host.
  var wishes: SessionWishes {
    let (feed, strategy) = (StageNumber.feed.name, StageNumber.strategy.name)
    let (execution, gateway) = (StageNumber.execution.name, StageNumber.gateway.name)
    return SessionWishes(
      stages: StageNumber.placed, rings: [[feed, strategy], [strategy, execution], [execution, gateway]],
      networkStages: [feed, gateway], wantsUring: transport == .uring,
      hugePages: workers.reduce(0) { $0 + MemoryArena.hugePages(for: StageNumber.arenaBytes(readBy: $1.stages)) })
  }
}
