// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// Every Swift target is built alike: a warning fails the build, and a module sees only what it imports itself.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A C library as the system installs it.
func systemLibrary(_ name: String, pkgConfig: String, debian: String, brew: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debian]), .brew([brew])])
}

let package = Package(
    name: "flow",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "flow", targets: ["flow"]),
        .library(name: "FlowEngine", targets: ["FlowEngine"]),
    ],
    targets: [
        // C libraries, and the few Linux calls that Swift does not import.
        systemLibrary("CYAML", pkgConfig: "yaml-0.1", debian: "libyaml-dev", brew: "libyaml"),
        systemLibrary("CSQLite", pkgConfig: "sqlite3", debian: "libsqlite3-dev", brew: "sqlite"),
        systemLibrary("CCrypto", pkgConfig: "libcrypto", debian: "libssl-dev", brew: "openssl@3"),
        // Without pkgConfig, which would link it: libcurl is loaded when the first request is made.
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        // The same holds for libsodium, which is needed where secrets are kept.
        .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .target(name: "CLinux"),

        // Thin wrappers, useful to any program. None knows a workflow.
        .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: strict),
        .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: strict),
        .target(name: "Hashing", dependencies: ["CCrypto"], swiftSettings: strict),
        .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: strict),
        .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: strict),
        .target(name: "HTTPServer", swiftSettings: strict),
        .target(name: "FileSystem", swiftSettings: strict),
        .target(name: "ChildProcess", dependencies: ["CLinux"], swiftSettings: strict),

        // The product.
        .target(
            name: "FlowCore",
            swiftSettings: strict + [.strictMemorySafety()],
            // Rounding in the standard library calls libm, which otherwise only an import of Glibc links.
            linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]
        ),
        .target(name: "FlowModels", dependencies: ["FlowCore", "HTTPClient"], swiftSettings: strict),
        // A client of tool servers; knows values, processes and HTTP, and no workflow.
        .target(name: "MCPClient", dependencies: ["FlowCore", "ChildProcess", "HTTPClient"], swiftSettings: strict),
        .target(
            name: "FlowEngine",
            dependencies: [
                "FlowCore", "FlowModels", "YAML", "SQLite", "Hashing", "Sodium", "HTTPClient", "HTTPServer",
                "FileSystem",
                "ChildProcess", "MCPClient",
            ],
            resources: [.embedInCode("Resources")],
            swiftSettings: strict
        ),
        .target(
            name: "FlowEditor", dependencies: ["FlowCore", "FlowEngine", "YAML", "FileSystem"], swiftSettings: strict),
        .target(
            name: "FlowExchange", dependencies: ["FlowCore", "FlowEngine", "YAML", "FileSystem"], swiftSettings: strict),
        .executableTarget(
            name: "flow",
            dependencies: [
                "FlowEngine", "FlowEditor", "FlowExchange", "FileSystem", "ChildProcess", "MCPClient", "CLinux",
            ],
            swiftSettings: strict
        ),
        .target(name: "FlowTesting", dependencies: ["FlowEngine", "FileSystem", "Hashing"], swiftSettings: strict),

        // Not shipped: a disk that fails and loses power, and what must hold after it (make chaos).
        .target(name: "CFaultVFS", dependencies: ["CSQLite"]),
        .target(
            name: "DiskFaults",
            dependencies: ["CFaultVFS", "FlowCore", "FlowEngine", "FlowTesting", "FileSystem", "SQLite"],
            swiftSettings: strict),
        // Linked into FlowFaults alone: it stands in for calls of the C library.
        .target(name: "CDiskWatch", dependencies: ["CFaultVFS"]),
        .executableTarget(
            name: "FlowFaults", dependencies: ["CDiskWatch", "DiskFaults", "FlowTesting", "FileSystem"],
            swiftSettings: strict),

        // Not shipped: texts that are nearly right for the readers (make fuzz).
        .executableTarget(
            name: "FlowFuzz", dependencies: ["FlowEngine", "FlowTesting", "FileSystem", "YAML"], swiftSettings: strict),

        // Not shipped: many short runs in one engine (make soak).
        .executableTarget(
            name: "FlowSoak", dependencies: ["FlowEngine", "FlowTesting", "FlowCore", "FileSystem", "ChildProcess"],
            swiftSettings: strict),

        // Not shipped: lives of runs with faults at every step (make chaos).
        .executableTarget(
            name: "FlowChaos", dependencies: ["FlowTesting", "FileSystem", "Hashing"], swiftSettings: strict),

        // Tests.
        .testTarget(name: "YAMLTests", dependencies: ["YAML"], swiftSettings: strict),
        .testTarget(name: "FileSystemTests", dependencies: ["FileSystem", "Hashing"], swiftSettings: strict),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "FileSystem"], swiftSettings: strict),
        .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient"], swiftSettings: strict),
        .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer", "HTTPClient"], swiftSettings: strict),
        .testTarget(name: "ChildProcessTests", dependencies: ["ChildProcess", "FileSystem"], swiftSettings: strict),
        .testTarget(
            name: "MCPClientTests",
            dependencies: ["MCPClient", "FlowCore", "ChildProcess", "HTTPClient", "FileSystem"],
            exclude: ["Servers"], swiftSettings: strict),
        .testTarget(name: "FlowCoreTests", dependencies: ["FlowCore", "FlowTesting"], swiftSettings: strict),
        .testTarget(
            name: "FlowModelsTests", dependencies: ["FlowModels", "FlowCore", "HTTPClient"], swiftSettings: strict),
        .testTarget(
            name: "FlowEngineTests",
            dependencies: [
                "FlowEngine", "FlowModels", "FlowTesting", "DiskFaults", "SQLite", "Hashing", "HTTPClient",
                "FileSystem", "ChildProcess", "MCPClient",
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FlowEditorTests", dependencies: ["FlowEditor", "FlowEngine", "FileSystem"],
            exclude: ["Transcripts"], swiftSettings: strict),
        .testTarget(
            name: "FlowExchangeTests",
            dependencies: ["FlowExchange", "FlowEngine", "FlowTesting", "FileSystem", "YAML"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FlowCommandTests",
            dependencies: ["FlowEngine", "FlowTesting", "FileSystem", "ChildProcess", "flow"],
            exclude: ["Goldens"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)
