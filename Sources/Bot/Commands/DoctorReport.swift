// What `apus doctor` prints, as text and as JSON.

import Host

/// What `apus doctor` prints; the fields are those of its JSON.
struct DoctorReport: Encodable {
  struct Entry: Encodable {
    var id: String
    var severity: String
    var what: String
    var why: String
    var cure: String?
    var needsReboot: Bool

    init(_ finding: Finding) {
      id = finding.id
      severity = finding.severity.rawValue
      what = finding.what
      why = finding.why
      cure = finding.cure
      needsReboot = finding.needsReboot
    }
  }

  var kernel: String?
  var model: String?
  var isVirtual: Bool
  var plan: [String]
  var findings: [Entry]
  var noise: [NoiseResult]
  var exitStatus: Int32

  var text: String {
    var lines = [
      "\(model ?? "unknown CPU"), kernel \(kernel ?? "unknown")\(isVirtual ? ", in a virtual machine" : "")"
    ]
    lines += plan
    for severity in Finding.Severity.allCases {
      let group = findings.filter { $0.severity == severity.rawValue }
      guard !group.isEmpty else { continue }
      lines += ["", Ink.bold(heading(severity))]
      for entry in group {
        lines.append("  \(entry.id): \(severity <= .hurts ? Ink.red(entry.what) : entry.what)")
        if !entry.why.isEmpty { lines.append("      why   \(entry.why)") }
        if let cure = entry.cure { lines.append("      cure  \(cure)\(entry.needsReboot ? "  (boot parameter)" : "")") }
      }
    }
    let counts = Finding.Severity.allCases.map { severity in
      "\(findings.filter { $0.severity == severity.rawValue }.count) \(severity.rawValue)"
    }
    return (lines + ["", counts.joined(separator: ", ")]).joined(separator: "\n")
  }

  private func heading(_ severity: Finding.Severity) -> String {
    switch severity {
    case .wrong: "Wrong: the plan cannot be run here"
    case .hurts: "Hurts"
    case .unknown: "Cannot be told here"
    case .note: "To know"
    case .good: "Good"
    }
  }
}
