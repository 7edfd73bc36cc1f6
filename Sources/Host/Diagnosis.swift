// What of a host would hurt a plan. Pure: the same survey, plan and wishes give the same findings.

public import Pipeline

/// What a session wants besides its plan.
public struct SessionWishes: Sendable, Equatable {
  /// All stages, each to be placed.
  public var stages: [String]
  /// The rings of the hot path, as pairs of stages.
  public var rings: [[String]]
  /// The stages that receive from the network.
  public var networkStages: [String]
  public var wantsUring: Bool
  /// What `memory.hugePages` asks for.
  public var hugePages: Int

  public init(stages: [String], rings: [[String]], networkStages: [String], wantsUring: Bool, hugePages: Int) {
    self.stages = stages
    self.rings = rings
    self.networkStages = networkStages
    self.wantsUring = wantsUring
    self.hugePages = hugePages
  }
}

/// A survey held against a plan.
public struct Diagnosis: Sendable {
  let survey: HostSurvey
  let plan: AffinityPlan
  let wishes: SessionWishes

  public init(_ survey: HostSurvey, _ plan: AffinityPlan, _ wishes: SessionWishes) {
    self.survey = survey
    self.plan = plan
    self.wishes = wishes
  }

  /// CPUs of workers that never sleep; one that is not there is said by `plan` and has no state to praise.
  public var hotCpus: [Int] {
    Set(plan.workers.filter(\.wait.isBusy).compactMap(\.cpu)).intersection(survey.facts.onlineCpus).sorted()
  }

  /// Everything, the weightiest first.
  public var findings: [Finding] { sorted(placement + host) }

  /// What is said of the plan's placement alone: whether the plan is wrong on this host.
  public var placementFindings: [Finding] { sorted(placement) }

  private func sorted(_ findings: [Finding]) -> [Finding] {
    findings.enumerated().sorted { ($0.element.severity, $0.offset) < ($1.element.severity, $1.offset) }.map(\.element)
  }

  private var placement: [Finding] {
    let problems = plan.problems(stages: wishes.stages, host: survey.facts)
    let wrong = problems.map { problem in
      var finding = Finding("plan", .wrong, problem.description, why: "a session refuses to start with such a plan")
      if case .memoryLockNotPermitted = problem {
        finding.cure = "ulimit -l unlimited  (systemd: LimitMEMLOCK=infinity)"
      }
      return finding
    }
    let sound = problems.isEmpty ? [Finding("plan", .good, "the plan can be run here")] : []
    return wrong + sound + [siblings, rings, networkNode, bootCpu, isolation].compactMap { $0 }
  }

  private var host: [Finding] {
    [
      instructions, counter, tick, callbacks, governor, turbo, idle, transparent, hugePages, balancing, lock, realtime,
      clockSource, mitigations, watchdog, irqBalance, uring,
    ].compactMap { $0 } + network
  }

  var hotText: String { CpuList.text(hotCpus) }
  /// CPUs for everything that is not hot.
  var restText: String {
    let rest = survey.facts.onlineCpus.filter { !hotCpus.contains($0) }
    return CpuList.text(rest.isEmpty ? survey.facts.onlineCpus : rest)
  }
  func cpu(of stage: String) -> Int? { plan.workers.first { $0.stages.contains(stage) }?.cpu }
}
