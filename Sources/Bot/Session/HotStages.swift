// The concrete stages of the hot path: every type fixed, every `poll` annotated, so that the compiler proves it free of
// locks, allocation and reference counting, and so that it survives as a symbol for the hot-path gate.

import Execution
import Market
import Pipeline
import Strategy
import Venues

/// What every stage reads from outside, once, before a step: the clock and the control words, or in a replay what the
/// journal says they were.
///
/// Not copyable: `ControlWords` keeps a reference, and reading must not count it.
struct StepSource: ~Copyable {
  private let clock: Clock
  let control: ControlWords
  private let replayed: UnsafePointer<StepInput>?

  init(clock: Clock, control: ControlWords, replayed: UnsafePointer<StepInput>? = nil) {
    self.clock = clock
    self.control = control
    self.replayed = replayed
  }

  @inline(always)
  func read() -> StepInput {
    if let replayed { return replayed.pointee }
    // An option set's empty literal is an array to the compiler, so the flags are made from their bits.
    let stopping = control.isStopping ? StepFlags.stopping.rawValue : 0
    let flags = StepFlags(rawValue: stopping | (control.isDiskBehind ? StepFlags.diskBehind.rawValue : 0))
    return StepInput(nowNs: clock.nowNs(), haltEpoch: control.haltEpoch, flags: flags)
  }
}

struct UringFeed: Stage, ~Copyable {
  var core: FeedStage<WebSocketChannel<UringTransport>, HTTPChannel<UringTransport>>
  let source: StepSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct PollingFeed: Stage, ~Copyable {
  var core: FeedStage<WebSocketChannel<SocketTransport>, HTTPChannel<SocketTransport>>
  let source: StepSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct UringGateway: Stage, ~Copyable {
  var core: GatewayStage<WebSocketChannel<UringTransport>>
  let source: StepSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct PollingGateway: Stage, ~Copyable {
  var core: GatewayStage<WebSocketChannel<SocketTransport>>
  let source: StepSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct QuotingStage: Stage, ~Copyable {
  var core: StrategyStage<AvellanedaStoikov>
  let source: StepSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct BrainStage: Stage, ~Copyable {
  var core: StrategyStage<BrainStrategy>
  let source: StepSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct CombinedStage: Stage, ~Copyable {
  var core: StrategyStage<CombinedStrategy>
  let source: StepSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct AnsweringStage: Stage, ~Copyable {
  var core: StrategyStage<TickAnswer>
  let source: StepSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct TradingStage: Stage, ~Copyable {
  var core: ExecutionStage
  let source: StepSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}
