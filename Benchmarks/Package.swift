// swift-tools-version: 6.3
// The benchmark suite, a package of its own: it links what others wrote, which the bot never does.
import PackageDescription

let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-Xcc", "-march=x86-64-v3", "-Xcc", "-fno-math-errno"]),
]

/// No peer is handicapped: all optimisations, for this very CPU.
let peerFlags = ["-O3", "-march=native", "-fno-math-errno", "-Wall", "-Wextra", "-Werror"]

let package = Package(
  name: "apus-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "apus", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .target(
      name: "Peers",
      // The peer's activations are to be vectorised, which takes a vector library and leave to reorder.
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(peerFlags + ["-ffast-math", "-fveclib=libmvec"])],
      cxxSettings: [.unsafeFlags(peerFlags)],
      linkerSettings: [
        .linkedLibrary("crypto"), .linkedLibrary("openblas"), .linkedLibrary("simdjson"), .linkedLibrary("mvec"),
        .linkedLibrary("dl"),
      ]),
    .target(name: "Suite", swiftSettings: swift),
    .executableTarget(
      name: "apus-bench",
      dependencies: [
        "Suite", "Peers", .product(name: "ApusPath", package: "apus"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swift),
  ],
  cxxLanguageStandard: .cxx17
)
