// swift-tools-version: 6.3
// A strategy of your own in a package of your own, against the library products of Apus.
import PackageDescription

let package = Package(
  name: "OwnStrategy",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "apus", path: "../..")],
  targets: [
    .executableTarget(
      name: "OwnStrategy", dependencies: [.product(name: "Apus", package: "apus")],
      swiftSettings: [.swiftLanguageMode(.v6), .unsafeFlags(["-Xcc", "-march=x86-64-v3"])])
  ]
)
