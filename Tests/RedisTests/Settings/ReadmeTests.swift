import Foundation
import Testing

@testable import RedisBroker

/// What the README says of a Redis URL.
@Suite struct ReadmeTests {
    private static let readme = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "README.md")

    /// The cells of each row of the table of options, without the backticks.
    private func rows() throws -> [[String]] {
        let text = try String(contentsOf: Self.readme, encoding: .utf8)
        let table = try #require(text.components(separatedBy: "<!-- options of a Redis URL -->\n").dropFirst().first)
        let lines = table.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("|") }
        return lines.dropFirst(2).map { line in
            line.split(separator: "|").map { $0.filter { $0 != "`" }.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test func `the table has every option and no other`() throws {
        let names = try rows().flatMap { $0[0].split(separator: ", ").map(String.init) }
        #expect(names.sorted() == RedisURLOption.allCases.map(\.rawValue).sorted())
    }

    @Test func `each row says which URLs have the option`() throws {
        let schemes = ["all": RedisURLScheme.all, "TLS": RedisURLScheme.all.filter(\.isEncrypted)]
        for row in try rows() {
            let kinds = schemes[row[2]] ?? RedisURLScheme.all.filter { $0.name.hasSuffix(row[2]) }
            for scheme in RedisURLScheme.all {
                let allowed = RedisURLOption.allowed(for: scheme).map(\.rawValue)
                for name in row[0].split(separator: ", ") {
                    #expect(allowed.contains(String(name)) == kinds.contains(scheme), "\(name) of \(scheme.name)")
                }
            }
        }
    }

    @Test func `a default of the table changes nothing`() throws {
        for row in try rows() where row[2] == "all" || row[0] == "db" {
            let scheme = row[0] == "db" ? "redis+unix:///run/redis.sock" : "redis://host"
            let (given, plain) = (try RedisURL("\(scheme)?\(row[0])=\(row[1])"), try RedisURL(scheme))
            #expect(given == plain, "\(row[0])")
        }
    }

    @Test func `every scheme stands in the table of URLs`() throws {
        let text = try String(contentsOf: Self.readme, encoding: .utf8)
        for scheme in RedisURLScheme.all { #expect(text.contains("`\(scheme.name)://"), "\(scheme.name)") }
    }
}
