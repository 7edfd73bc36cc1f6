// swift-tools-version: 6.3
import PackageDescription

/// Flags that every Swift module shares, in debug and release alike, so that both compute the same numbers.
/// The CPU level is a deployment fact (docs/tuning.md): AVX2 and FMA must be there, `apus` checks at start-up.
let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-Xcc", "-march=x86-64-v3", "-Xcc", "-fno-math-errno"]),
  // The performance annotations of the hot path look through calls: they need to see the whole module in debug too.
  .unsafeFlags(
    ["-whole-module-optimization", "-num-threads", "2", "-disable-batch-mode"], .when(configuration: .debug)),
]

/// The C shims follow the same CPU level; `_GNU_SOURCE` for affinity, `accept4` and huge pages.
let c: [CSetting] = [
  .define("_GNU_SOURCE"),
  .unsafeFlags(["-march=x86-64-v3", "-fno-math-errno", "-Wall", "-Wextra", "-Werror"]),
]

/// A module of the system. The order of the list below is the order in which knowledge flows: nothing imports a later one.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: swift)
}

let package = Package(
  name: "apus",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "apus", targets: ["apus"]),
    .library(
      name: "Apus",
      targets: [
        "Pipeline", "Market", "Risk", "Venues", "Brain", "Execution", "Control", "Strategy", "Simulation",
        "Backtest", "Journal", "Bot",
      ]),
    // From the packet to the order, and the learning environments, without servers and commands: what `Benchmarks` measures.
    .library(
      name: "ApusPath",
      targets: [
        "Pipeline", "Market", "Risk", "Venues", "Brain", "Strategy", "Execution", "Simulation", "Environment",
        "CEnvironment",
      ]),
    .library(name: "ApusEnvironment", type: .dynamic, targets: ["Environment"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(
      name: "CShims", cSettings: c,
      linkerSettings: [
        .linkedLibrary("uring"), .linkedLibrary("ssl"), .linkedLibrary("crypto"), .linkedLibrary("numa"),
        .linkedLibrary("z"),
      ]),
    module("Pipeline", ["CShims"]),
    module("Host", ["Pipeline", "CShims"]),
    module("Market", ["Pipeline"]),
    module("Risk", ["Market", "Pipeline"]),
    module("Venues", ["Risk", "Market", "Pipeline", "CShims"]),
    module("Brain", ["Market", "CShims"]),
    module("Strategy", ["Brain", "Market", "Pipeline"]),
    module("Execution", ["Risk", "Market", "Pipeline"]),
    module("Control", ["Risk", "Market", "Pipeline", "CShims"]),
    module("Simulation", ["Market", "CShims"]),
    .target(name: "CEnvironment", cSettings: c),
    module("Environment", ["CEnvironment", "Simulation", "Market"]),
    module("Journal", ["Market", "Pipeline", "CShims"]),
    module("VenueFront", ["Simulation", "Market", "Pipeline"]),
    .target(
      name: "VenueServer",
      dependencies: [
        "VenueFront", "Simulation", "Market", "Pipeline",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
      ],
      swiftSettings: swift),
    module("Load", ["VenueFront", "Simulation", "Market", "Pipeline", "CShims"]),
    .target(
      name: "Backtest",
      dependencies: ["Simulation", "Venues", "Execution", "Strategy", "Risk", "Market", "Pipeline", "CShims"],
      resources: [.copy("Report/Page")], swiftSettings: swift),
    .target(
      name: "Bot",
      dependencies: [
        "Load", "VenueServer", "VenueFront", "Backtest", "Simulation", "Journal", "Control", "Execution", "Strategy",
        "Brain", "Venues", "Risk", "Market", "Host", "Pipeline", "CShims", "Yams",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      resources: [.copy("Models")],
      swiftSettings: swift),
    .executableTarget(name: "apus", dependencies: ["Bot"], swiftSettings: swift),
    .executableTarget(
      name: "apus-failing", dependencies: ["Bot", "Strategy", "Market"], path: "Tests/FailingStrategies",
      swiftSettings: swift),
    .executableTarget(
      name: "apus-reality", dependencies: ["Simulation", "Market"], path: "Tests/reality", swiftSettings: swift),
    .executableTarget(
      name: "apus-parity", dependencies: ["Simulation", "Market"], path: "Tests/parity/Engine", swiftSettings: swift),

    .target(name: "Support", path: "Tests/Support", swiftSettings: swift),
    .target(name: "MallocCounter", path: "Tests/MallocCounter"),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Control", "Journal", "Execution", "Simulation", "Brain", "Venues", "Risk", "Market", "Pipeline", "CShims",
      ],
      path: "Tests/fuzz/Targets", swiftSettings: swift),
    tests("FuzzTests", ["FuzzTargets", "Support"]),
    tests("PipelineTests", ["Pipeline", "CShims", "Support", "MallocCounter"]),
    tests("HostTests", ["Host", "Pipeline", "CShims", "Support"]),
    tests("MarketTests", ["Market", "Pipeline", "Support", "MallocCounter"]),
    tests("RiskTests", ["Risk", "Market", "Pipeline", "Support", "MallocCounter"]),
    tests(
      "VenuesTests",
      ["Backtest", "Simulation", "Venues", "Risk", "Market", "Pipeline", "CShims", "Support", "MallocCounter"]),
    .testTarget(
      name: "BrainTests", dependencies: ["Brain", "Market", "Support", "MallocCounter"], exclude: ["Cases"],
      swiftSettings: swift),
    tests("StrategyTests", ["Strategy", "Brain", "Market", "Pipeline", "Support", "MallocCounter"]),
    tests("ExecutionTests", ["Execution", "Simulation", "Risk", "Market", "Pipeline", "Support", "MallocCounter"]),
    tests("ControlTests", ["Control", "Journal", "Risk", "Market", "Pipeline", "CShims", "Support"]),
    tests("CrashTests", ["Execution", "Journal", "Risk", "Market", "Pipeline", "Support"]),
    tests("ExchangeTests", ["Simulation", "Market", "Support", "MallocCounter"]),
    tests("SimulationTests", ["Simulation", "Market", "Support"]),
    tests("RealityTests", ["Simulation", "Market", "Support"]),
    tests("ReplayTests", ["Simulation", "Market", "CShims", "Support"]),
    .testTarget(
      name: "ImportTests", dependencies: ["Simulation", "Market", "Support"], exclude: ["make_files.py"],
      swiftSettings: swift),
    .testTarget(
      name: "BacktestTests", dependencies: ["Backtest", "Simulation", "Market", "Pipeline", "Support"],
      exclude: ["Page"],
      swiftSettings: swift),
    tests("SyntheticTests", ["Simulation", "Market", "Support", "MallocCounter"]),
    tests("EnvironmentTests", ["Environment", "CEnvironment", "Simulation", "Market", "Support", "MallocCounter"]),
    tests(
      "JournalTests",
      ["Journal", "Execution", "Strategy", "Venues", "Risk", "Market", "Pipeline", "CShims", "Support"]),
    tests("VenueFrontTests", ["VenueFront", "Simulation", "Market", "Pipeline", "Support"]),
    tests(
      "LivesTests", ["VenueFront", "Simulation", "Execution", "Venues", "Risk", "Market", "Pipeline", "Support"]),
    tests("LoadTests", ["Load", "Simulation", "Market", "Support"]),
    tests("VenueServerTests", ["VenueServer", "VenueFront", "Simulation", "Market", "Pipeline", "Support"]),
    tests(
      "BotTests",
      [
        "Bot", "Backtest", "Strategy", "Risk", "Control", "VenueServer", "VenueFront", "Simulation", "Journal",
        "Venues", "Market",
        "Pipeline", "Support",
      ]),
  ]
)

// libFuzzer brings its own `main`: the driver is part of the package only for `make fuzz`, which builds with coverage.
if Context.environment["APUS_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets", "Support"], path: "Tests/fuzz/Driver",
      swiftSettings: swift + [.unsafeFlags(["-parse-as-library"])]))
}
