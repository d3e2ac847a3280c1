import Foundation
import Testing

@testable import GatewayConfig

@Suite struct ExampleTests {
    private let example = repositoryFile("config.example.json")

    @Test func theExampleIsWhatTheSchemaRenders() throws {
        #expect(try String(contentsOf: example, encoding: .utf8) == GatewayConfig().renderJSON())
    }

    @Test func theExampleDecodesToExactlyTheDefaults() throws {
        let loaded = try LoadedConfig.load(file: example.path)
        #expect(loaded.config == GatewayConfig())
        #expect(loaded.origins.count == Schema.keys.count)
        #expect(loaded.renderOrigins().isEmpty)
    }

    @Test func everyKeyHasAVariableOfItsOwn() {
        let variables = Schema.keys.map { KeyPathText.variable($0.path) }
        #expect(Set(variables).count == Schema.keys.count)
    }

    @Test func everyDefaultIsAllowedByItsOwnKey() {
        for key in Schema.keys {
            var config = GatewayConfig()
            let literal = key.literal(in: config, namespace: nil)
            let value = try? JSONParser.parse(Array(literal.utf8))
            #expect(value.map { key.store(.json($0), in: &config, namespace: nil) } == true, "\(key.path)")
            #expect(config == GatewayConfig(), "\(key.path)")
        }
    }

    @Test func everyConstraintIsOnAKeyAndHoldsForTheDefaults() {
        for constraint in Constraint.all {
            #expect(Schema.keys.contains { KeyPathText.join($0.path) == constraint.key })
            #expect(constraint.holds(GatewayConfig()))
        }
    }

    @Test func theReadmeHasTheTableAsItIsRendered() throws {
        let readme = try String(contentsOf: repositoryFile("README.md"), encoding: .utf8)
        #expect(readme.contains(GatewayConfig.renderMarkdownTable()))
    }

    @Test func theTableHasARowForEveryKeyWithItsDefault() {
        let table = GatewayConfig.renderMarkdownTable()
        #expect(table.split(separator: "\n").count == Schema.keys.count + 2)
        #expect(
            table.contains(
                """
                | `limits.message_bytes` | `"64KiB"` | 1 to 16MiB | The data of one message. |
                """))
        #expect(table.contains("| `namespaces.NAME.history.ttl` | `\"1h\"` |"))
        #expect(table.contains("Flag: `--broker`."))
    }
}
