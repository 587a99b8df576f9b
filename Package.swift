// swift-tools-version: 6.2
// The architecture diagram: arrows point downward only (docs/architecture.md walks it).
import PackageDescription

/// `SLUICE_SANITIZE=thread` builds for the thread sanitizer (Sources/EventLoop/Locked.swift says why it must know).
let isForThreadSanitizer = Context.environment["SLUICE_SANITIZE"] == "thread"
let sanitizerSettings: [SwiftSetting] = isForThreadSanitizer ? [.define("SANITIZE_THREAD")] : []

/// Every Swift target is compiled alike: Swift 6 mode, explicit existentials, imports that stay internal unless said.
let settings: [SwiftSetting] =
    sanitizerSettings + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]

func target(_ name: String, _ dependencies: [Target.Dependency], plugins: [Target.PluginUsage] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings, plugins: plugins)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: settings)
}

let package = Package(
    name: "sluice",
    products: [.executable(name: "sluice", targets: ["sluice"])],
    targets: [
        .executableTarget(
            name: "sluice",
            dependencies: [
                "API", "Work", "Ingestion", "Scheduling", "Access", "HTTPServer", "Store", "Postgres", "Cryptography",
                "EventLoop", "HTTPClient", "YAML", "Classification", "Calendar", "JSON", "CLinux",
            ],
            swiftSettings: settings),

        target(
            "API",
            [
                "HTTPServer", "Query", "Ingestion", "Scheduling", "Access", "Catalog", "Store", "Postgres", "EventLoop",
                "Cryptography", "SQLSyntax", "JSON",
            ], plugins: ["EmbedText"]),
        target(
            "Work",
            [
                "Ingestion", "Scheduling", "Access", "Catalog", "HTTPServer", "Store", "Postgres", "EventLoop",
                "Cryptography", "JSON", "CLinux",
            ]),
        target("Query", ["Access", "Catalog", "Store", "Postgres", "EventLoop", "Cryptography", "SQLSyntax", "JSON"]),
        target("Scheduling", ["Catalog", "Store", "Postgres", "EventLoop", "Calendar", "JSON"]),
        target(
            "Ingestion",
            ["Catalog", "Store", "Postgres", "HTTPClient", "EventLoop", "JSON", "CLinux", "CZlib", "CZstd", "CPCRE2"]),
        target(
            "Access",
            [
                "Catalog", "Store", "Postgres", "EventLoop", "SQLSyntax", "Classification", "Cryptography", "JSON",
            ]),
        target("Catalog", ["Store", "Postgres", "JSON"]),
        target("Classification", [], plugins: ["EmbedText"]),
        target("Store", ["Postgres", "EventLoop", "Cryptography", "CLinux"], plugins: ["EmbedText"]),

        target("HTTPServer", ["EventLoop", "Calendar", "JSON"]),
        target("HTTPClient", ["CCurl"]),
        target("Postgres", ["EventLoop", "CPQ"]),
        target("SQLSyntax", ["CPgQuery", "JSON"]),
        target("YAML", ["CYAML", "JSON"]),
        target("Cryptography", ["COpenSSL"]),
        target("JSON", []),
        target("Calendar", []),
        target("EventLoop", ["CLinux"]),

        .target(name: "CLinux"),
        .systemLibrary(name: "CPQ", pkgConfig: "libpq"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8"),
        .systemLibrary(name: "CPgQuery"),

        .executableTarget(name: "embed-text", path: "Plugins/embed-text"),
        .plugin(name: "EmbedText", capability: .buildTool(), dependencies: ["embed-text"]),

        target("TestSupport", ["Store", "Postgres", "EventLoop", "JSON"]),
        tests(of: "EventLoop", ["TestSupport"]),
        tests(of: "HTTPServer", ["TestSupport"]),
        tests(of: "Postgres", ["TestSupport"]),
        tests(of: "JSON", ["TestSupport"]),
        tests(of: "Calendar"),
        tests(of: "Classification"),
        tests(of: "YAML"),
        tests(of: "SQLSyntax"),
        tests(of: "Cryptography"),
        tests(of: "HTTPClient"),
        tests(of: "Store", ["TestSupport", "CLinux"]),
        tests(of: "Catalog", ["TestSupport"]),
        tests(of: "Access", ["TestSupport"]),
        tests(of: "Query", ["TestSupport"]),
        tests(
            of: "Ingestion",
            [
                "TestSupport", "Access", "Catalog", "Store", "Postgres", "HTTPClient", "EventLoop", "JSON", "CZlib",
                "CZstd",
            ]),
        tests(of: "Scheduling", ["TestSupport", "Catalog", "Store", "Postgres", "EventLoop", "JSON"]),
        tests(
            of: "Work",
            [
                "TestSupport", "Ingestion", "Scheduling", "Catalog", "Store", "Postgres", "EventLoop", "JSON", "CLinux",
                "launcher-probe",
            ]),
        // A launcher and a supervisor in processes of their own.
        .executableTarget(
            name: "launcher-probe", dependencies: ["Work", "Store", "EventLoop"], path: "Tests/LauncherProbe",
            swiftSettings: settings),
        tests(of: "API", ["TestSupport", "Work", "Scheduling", "Access", "Catalog", "HTTPServer", "YAML", "JSON"]),
        .testTarget(
            name: "CommandTests", dependencies: ["sluice", "Cryptography", "YAML", "JSON"], swiftSettings: settings),
        // docs/reference.md and the numbers of docs/limits.md, compared with the code.
        .testTarget(
            name: "ReferenceTests",
            dependencies: [
                "sluice", "TestSupport", "API", "Work", "Scheduling", "Ingestion", "Query", "Access", "Classification",
                "Catalog",
                "Store", "HTTPServer", "Postgres", "SQLSyntax", "YAML", "JSON",
            ], swiftSettings: settings),
        // Proofs of the policy against a plain reference: evaluator, adversary, probes, drift.
        .testTarget(
            name: "PolicyTests", dependencies: ["Access", "Catalog", "Cryptography", "TestSupport", "CPQ"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
