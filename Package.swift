// swift-tools-version: 6.1
import PackageDescription

/// `make fuzz`: where libFuzzer is, which this package's own code tells where it has been.
let fuzzer = Context.environment["TELLTALE_FUZZ"]

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    // The tests run on the release build, which is what ships, and some of them look inside a module.
    .unsafeFlags(["-enable-testing"], .when(configuration: .release)),
    .unsafeFlags(fuzzer == nil ? [] : ["-sanitize=fuzzer"]),
]

/// The Hub's objects belong to one thread each and are asked thousands of times a message. That nothing is changed while it is read
/// is checked while the debug build runs (`make test-tsan`), where it must; here it would be half of a delivery's instructions.
let hotSettings: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let package = Package(
    name: "telltale",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "telltale", targets: ["telltale"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // The contract, and what holds every broker to it.
        .target(name: "BrokerCore", swiftSettings: settings),
        .target(name: "BrokerConformance", dependencies: ["BrokerCore", "Tasks"], swiftSettings: settings),

        .target(
            name: "BrokerTransfer",
            dependencies: ["BrokerCore"],
            swiftSettings: settings
        ),

        // Tasks: channels with a life, over any broker.
        .target(name: "JSONText", swiftSettings: settings),
        .target(
            name: "Tasks",
            dependencies: ["BrokerCore", "JSONText", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings
        ),

        // Who may do what: tokens, keys, policies.
        .target(
            name: "Access",
            dependencies: [
                "BrokerCore", "GatewayConfig", "JSONText",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),

        // The gateway.
        .target(name: "CEpoll"),
        .target(name: "CSendRing", linkerSettings: [.linkedLibrary("uring")]),
        .systemLibrary(name: "CZlib", path: "Sources/CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "Hub",
            dependencies: [
                "BrokerCore", "CEpoll", "CSendRing",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings + hotSettings
        ),
        .target(name: "GatewayConfig", dependencies: ["BrokerCore"], swiftSettings: settings),
        .target(
            name: "Gateway",
            dependencies: [
                "Access", "BrokerCore", "CZlib", "GatewayConfig", "Hub", "JSONText", "Tasks",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Web/page")],
            swiftSettings: settings
        ),

        // The brokers.
        .target(
            name: "MemoryBroker",
            dependencies: [
                "BrokerCore",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            path: "Backends/Memory",
            swiftSettings: settings
        ),
        .target(
            name: "BrokerSupport",
            dependencies: ["BrokerCore", .product(name: "Logging", package: "swift-log")],
            path: "Backends/Support",
            swiftSettings: settings
        ),
        .systemLibrary(name: "CHiredis", path: "Backends/CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .target(
            name: "RedisBroker",
            dependencies: [
                "BrokerCore", "BrokerSupport", "CHiredis",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Backends/Redis",
            resources: [.embedInCode("Library/Lua")],
            swiftSettings: settings
        ),
        .systemLibrary(
            name: "CLibpq", path: "Backends/CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "PostgresBroker",
            dependencies: [
                "BrokerCore", "BrokerSupport", "CLibpq",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Backends/Postgres",
            resources: [.embedInCode("Schema/SQL")],
            swiftSettings: settings
        ),
        .target(
            name: "BrokerRegistry",
            dependencies: [
                "BrokerCore", "BrokerSupport", "MemoryBroker", "PostgresBroker", "RedisBroker",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Backends/Registry",
            swiftSettings: settings
        ),

        // The command line.
        .target(
            name: "GatewayClient",
            dependencies: [
                "JSONText",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "telltale",
            dependencies: [
                "Access", "BrokerConformance", "BrokerCore", "BrokerRegistry", "BrokerSupport", "BrokerTransfer",
                "Gateway",
                "GatewayClient", "GatewayConfig", "JSONText",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),

        // Not part of the product: what the WebSocket conformance suite is run against.
        .executableTarget(
            name: "websocket-echo", dependencies: ["Gateway"], path: "integration/websocket/echo",
            swiftSettings: settings),

        // Not part of the product: what strangers' bytes reach, for fuzzing.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Access", "BrokerCore", "Gateway", "GatewayConfig", "JSONText", "MemoryBroker", "RedisBroker",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "integration/fuzz/Targets", swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["BrokerConformance", "FuzzTargets"], path: "integration/fuzz/Replay",
            swiftSettings: settings),

        // Not part of the product: real servers, and what else several folders of tests share.
        .target(
            name: "RealServers",
            dependencies: ["BrokerConformance", "BrokerCore", .product(name: "Logging", package: "swift-log")],
            path: "Tests/RealServers",
            swiftSettings: settings
        ),

        .testTarget(
            name: "AccessTests",
            dependencies: [
                "Access", "BrokerCore", "GatewayConfig", .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "ClientTests", dependencies: ["GatewayClient"], swiftSettings: settings),
        .testTarget(name: "BrokerCoreTests", dependencies: ["BrokerCore"], swiftSettings: settings),
        .testTarget(
            name: "JSONTextTests", dependencies: ["BrokerConformance", "JSONText"], swiftSettings: settings),
        .testTarget(
            name: "TasksTests",
            dependencies: [
                "BrokerCore", "JSONText", "MemoryBroker", "Tasks", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConformanceTests",
            dependencies: ["BrokerConformance", "BrokerCore", "BrokerRegistry", "MemoryBroker"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RedisTests",
            dependencies: [
                "BrokerConformance", "BrokerCore", "BrokerSupport", "MemoryBroker", "RealServers", "RedisBroker",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BrokerSupportTests", dependencies: ["BrokerCore", "BrokerSupport"], swiftSettings: settings),
        .testTarget(
            name: "PostgresTests",
            dependencies: [
                "BrokerConformance", "BrokerCore", "BrokerSupport", "CLibpq", "MemoryBroker", "PostgresBroker",
                "RealServers",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TransferTests",
            dependencies: [
                "BrokerCore", "BrokerTransfer", "MemoryBroker", "PostgresBroker", "RealServers", "RedisBroker",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "MemoryTests", dependencies: ["BrokerCore", "MemoryBroker"], swiftSettings: settings),
        .testTarget(
            name: "HubTests",
            dependencies: [
                "BrokerConformance", "BrokerCore", "CEpoll", "Hub", "MemoryBroker",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BrokerRegistryTests", dependencies: ["BrokerCore", "BrokerRegistry"], swiftSettings: settings),
        .testTarget(
            name: "GatewayConfigTests", dependencies: ["BrokerCore", "GatewayConfig"], swiftSettings: settings),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "BrokerConformance", "BrokerCore", "CZlib", "Gateway", "GatewayConfig", "Hub", "JSONText",
                "MemoryBroker", "Tasks",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)

if let fuzzer {
    package.targets += [
        .target(name: "CFuzzer", path: "integration/fuzz/CFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["CFuzzer", "FuzzTargets"], path: "integration/fuzz/LibFuzzer",
            swiftSettings: settings,
            linkerSettings: [
                .unsafeFlags(["--whole-archive", fuzzer, "--no-whole-archive"].flatMap { ["-Xlinker", $0] }),
                .linkedLibrary("stdc++"),
            ]),
    ]
}
