// swift-tools-version: 6.0
import Foundation
import PackageDescription

// Where the core comes from. On a Mac, `cargo xtask ios` made an XCFramework for phone and simulator.
// Elsewhere, `cargo xtask swift-sources` put the library of this machine into lib/.
let framework = "CLossbook.xcframework"
let hasFramework = FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/\(framework)")
let libraries = Context.environment["LOSSBOOK_LIBRARIES"] ?? "\(Context.packageDirectory)/lib"

let core: Target =
    hasFramework
    ? .binaryTarget(name: "CLossbook", path: framework)
    : .systemLibrary(name: "CLossbook")

let linking: [LinkerSetting] =
    hasFramework
    ? [.linkedFramework("CoreFoundation"), .linkedFramework("Security")]
    : [
        .unsafeFlags(["-L\(libraries)", "-Xlinker", "-rpath", "-Xlinker", libraries]),
        .linkedLibrary("lossbook_ffi"),
    ]

let package = Package(
    name: "Lossbook",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [
        .library(name: "LossbookKit", targets: ["LossbookKit"]),
        .library(name: "LossbookStage", targets: ["LossbookStage"]),
    ],
    targets: [
        core,
        .target(
            name: "LossbookFFI",
            dependencies: ["CLossbook"],
            // Written by a generator, which promises Swift 5; ours below is checked as Swift 6.
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: linking
        ),
        .target(name: "LossbookKit", dependencies: ["LossbookFFI"]),
        // For tests, ours and those of apps.
        .target(name: "LossbookStage", dependencies: ["LossbookKit"]),
        .testTarget(name: "LossbookKitTests", dependencies: ["LossbookKit", "LossbookStage"]),
    ],
    swiftLanguageModes: [.v6]
)
