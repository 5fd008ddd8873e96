// swift-tools-version: 6.0
import PackageDescription

// Everything the app does, without a screen: Foundation and Observation only, so that it builds and
// is tested on any machine with Swift.
let package = Package(
    name: "SurveyModels",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "SurveyModels", targets: ["SurveyModels"])],
    dependencies: [.package(path: "../../bindings/swift")],
    targets: [
        .target(
            name: "SurveyModels",
            dependencies: [.product(name: "LossbookKit", package: "swift")]
        ),
        .testTarget(
            name: "SurveyModelsTests",
            dependencies: ["SurveyModels", .product(name: "LossbookStage", package: "swift")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
