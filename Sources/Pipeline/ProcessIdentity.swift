// Which process it is: an id alone can be given to another process, an id with its start and boot cannot.

import CShims
import Glibc

/// One process of one boot of this machine. 32 bytes without padding; it stands in shared files.
public struct ProcessIdentity: BitwiseCopyable, Sendable, Equatable {
  public var processIdentifier: Int64
  /// Clock ticks after boot (proc_pid_stat(5), field 22).
  public var startTicks: UInt64
  /// The kernel's number of the boot (random(4), boot_id), as its 128 bits.
  public var boot: SIMD2<UInt64>

  private init(processIdentifier: Int64, startTicks: UInt64, boot: SIMD2<UInt64>) {
    self.processIdentifier = processIdentifier
    self.startTicks = startTicks
    self.boot = boot
  }

  /// A process of this boot that runs now; nil when there is none of that number. Cold: reads /proc.
  public init?(processIdentifier: Int64) {
    var facts = apus_process()
    guard let number = Int32(exactly: processIdentifier), apus_process_read(number, &facts) == 0 else { return nil }
    self.init(processIdentifier: processIdentifier, startTicks: facts.start_ticks, boot: Self.thisBoot)
  }

  /// The calling process. Cold: reads /proc.
  public static var current: ProcessIdentity {
    let number = Int64(getpid())
    // Without /proc the start is 0, here and for whoever looks.
    return ProcessIdentity(processIdentifier: number)
      ?? ProcessIdentity(processIdentifier: number, startTicks: 0, boot: thisBoot)
  }

  /// What becomes of this process at the moment. Cold: reads /proc; any thread.
  public var condition: ProcessCondition {
    guard boot == Self.thisBoot, let number = Int32(exactly: processIdentifier), number > 0 else {
      return .ended
    }
    var facts = apus_process()
    let result = apus_process_read(number, &facts)
    guard result == 0 || result == -ESRCH else { return .running }
    guard result == 0, facts.start_ticks == startTicks else { return .ended }
    switch UInt8(bitPattern: facts.state) {
    case UInt8(ascii: "Z"), UInt8(ascii: "X"): return .ended
    case UInt8(ascii: "T"), UInt8(ascii: "t"): return .stopped
    default: return .running
    }
  }

  /// The hexadecimal digits of boot_id as a number; 0 where the kernel has none.
  private static let thisBoot: SIMD2<UInt64> = {
    let digits = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 37) { text in
      apus_boot_identifier(text.baseAddress) == 0
        ? String(cString: text.baseAddress!).filter { $0 != "-" } : ""
    }
    return SIMD2(UInt64(digits.prefix(16), radix: 16) ?? 0, UInt64(digits.dropFirst(16), radix: 16) ?? 0)
  }()
}

/// What a process does, seen from outside.
public enum ProcessCondition: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case running = 1
  /// By a signal or a debugger; it can be continued.
  case stopped = 2
  /// Ended, or of an earlier boot; its number may belong to another process by now.
  case ended = 3
}
