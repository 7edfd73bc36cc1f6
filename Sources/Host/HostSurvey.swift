// Everything that was read of a host: a value, so that diagnoses can be made of any machine.

public import Pipeline

/// One CPU (hardware thread).
public struct CpuFacts: Sendable, Equatable {
  public struct IdleState: Sendable, Equatable {
    public var name: String
    /// The exit latency that the driver states.
    public var latencyUs: Int
    public var isDisabled: Bool
  }

  public var number: Int
  /// The hardware threads of its core, itself among them.
  public var siblings: Reading<[Int]>
  /// The CPUs that share its last-level cache.
  public var cacheSharers: Reading<[Int]>
  public var node: Reading<Int>
  public var governor: Reading<String>
  public var idleStates: Reading<[IdleState]>
}

/// A network interface with a device behind it.
public struct NetworkInterface: Sendable, Equatable {
  public struct Interrupt: Sendable, Equatable {
    public var number: Int
    /// Where it may go: `effective_affinity_list`, or `smp_affinity_list` where that is not there.
    public var cpus: Reading<[Int]>

    package init(number: Int, cpus: Reading<[Int]>) {
      self.number = number
      self.cpus = cpus
    }
  }

  public struct Coalescing: Sendable, Equatable {
    public var receiveUs: Int
    public var isAdaptive: Bool

    public init(receiveUs: Int, isAdaptive: Bool) {
      self.receiveUs = receiveUs
      self.isAdaptive = isAdaptive
    }
  }

  public var name: String
  public var node: Reading<Int>
  public var interrupts: Reading<[Interrupt]>
  public var coalescing: Reading<Coalescing>
}

/// What io_uring can do here: asked of the kernel, not of its version.
public struct UringSupport: Sendable, Equatable {
  /// nil: SINGLE_ISSUER and with it multishot receive work (kernel 6.0). Otherwise why not.
  public var problem: String?
  /// DEFER_TASKRUN (kernel 6.1).
  public var hasDeferredWork: Bool

  public init(problem: String? = nil, hasDeferredWork: Bool = true) {
    self.problem = problem
    self.hasDeferredWork = hasDeferredWork
  }
}

/// The machine, and the rights of this process on it.
public struct HostSurvey: Sendable, Equatable {
  public var kernel: Reading<String>
  public var model: Reading<String>
  public var isVirtual: Bool
  public var facts: HostFacts
  public var cpus: [CpuFacts]
  public var isolated: Reading<[Int]>
  public var tickless: Reading<[Int]>
  public var callbackFree: Reading<[Int]>
  public var turbo: Reading<Bool>
  public var transparentHugePages: Reading<String>
  public var totalHugePages: Reading<Int>
  public var numaBalancing: Reading<Bool>
  public var clockSource: Reading<String>
  public var availableClockSources: [String]
  public var mitigations: Reading<[String]>
  public var watchdog: Reading<Bool>
  public var hasIrqBalance: Bool
  public var interfaces: [NetworkInterface]
  public var uring: UringSupport
  /// kernel.io_uring_disabled: 0 open, 1 for a group, 2 off.
  public var uringDisabled: Reading<Int>

  func cpu(_ number: Int) -> CpuFacts? { cpus.first { $0.number == number } }
}
