import Foundation

@testable import GatewayConfig

/// Loads a configuration with `json` as its file, named `gateway.json` in errors.
func load(
    _ json: String? = nil, _ environment: [String: String] = [:], _ flags: [ConfigFlag] = []
) throws(ConfigError) -> LoadedConfig {
    let file = json.map { FileReading.read(ConfigFile(path: "gateway.json", bytes: Array($0.utf8))) }
    let variables = EnvironmentReading.read(environment, namespaces: file?.namespaces ?? [])
    return try Resolution.resolve([file, variables].compactMap(\.self) + flags.map { $0.read() })
}

/// The problems of a configuration that must not load, a line each.
func problems(
    _ json: String? = nil, _ environment: [String: String] = [:], _ flags: [ConfigFlag] = []
) -> [String] {
    do {
        _ = try load(json, environment, flags)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// A file of the repository's root.
func repositoryFile(_ name: String, from test: String = #filePath) -> URL {
    URL(fileURLWithPath: test).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent(name)
}

/// Runs with the path of a file that holds `text`, and removes it.
func withTemporaryFile(_ text: String, _ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("telltale-\(UUID().uuidString).json")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
}
