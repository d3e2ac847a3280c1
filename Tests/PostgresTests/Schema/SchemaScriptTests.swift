import BrokerCore
import Foundation
import Testing

@testable import PostgresBroker

@Suite struct SchemaScriptTests {
    @Test func `the script holds every file of the folder, in the order of their names`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Backends/Postgres/Schema/SQL")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
        #expect(SchemaScript.files.map { "\($0.name).sql" } == names.sorted())
        for (name, content) in SchemaScript.files {
            #expect(try Data(contentsOf: folder.appendingPathComponent("\(name).sql")) == Data(content), "\(name)")
        }
    }

    @Test func `nothing is left of the marks, and each name is the schema's`() {
        let script = SchemaScript(schema: "other_1")
        #expect(!script.printed.contains("@schema@"))
        #expect(!script.printed.contains("@name@"))
        #expect(script.creation.contains("CREATE TABLE \"other_1\".message"))
        #expect(script.creation.contains("CREATE SCHEMA \"other_1\";"))
        #expect(!script.creationInSchema.contains("CREATE SCHEMA"))
        #expect(!script.creationInSchema.contains("COMMENT ON SCHEMA"))
        #expect(script.creationInSchema.contains("COMMENT ON TABLE"))
    }

    @Test func `what people run is one transaction, and the grants are comments`() throws {
        let printed = SchemaScript(schema: "telltale").printed
        let end = try #require(printed.range(of: "\nCOMMIT;\n"))
        let grants = printed[end.upperBound...].split(separator: "\n")
        #expect(grants.allSatisfy { $0.hasPrefix("--") })
        #expect(grants.contains { $0.hasPrefix("-- GRANT USAGE ON SCHEMA") })
    }

    @Test func `the locks of two schemas, and the two of one, are different and never negative`() {
        let numbers = ["a", "b", "telltale"].flatMap { schema in
            [AdvisoryLock.migration, .leader].map { $0.number(schema: schema) }
        }
        #expect(Set(numbers).count == 6)
        #expect(numbers.allSatisfy { $0 >= 0 })
    }

    @Test func `the settings are one JSON object, whatever the namespaces are called`() throws {
        let settings = BrokerSettings(
            retention: RetentionPolicy(messages: -1, bytes: 2, ttl: .milliseconds(1500)),
            namespaces: [
                "a\"b\\c\n": RetentionPolicy(ttl: .seconds(10_000_000_000), ttlAfterClose: .seconds(2)),
                "": RetentionPolicy(messages: 3),
            ], messageBytes: 7, taskNamespace: "job")
        let text = SettingsDocument.text(settings, publish: .relay)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(document["message_bytes"] as? Int == 7)
        #expect(document["publish"] as? String == "relay")
        #expect(document["task_namespace"] as? String == "job")
        let policies = try #require(document["policies"] as? [String: [String: Any]])
        #expect(Set(policies.keys) == ["", ":", "a\"b\\c\n:"])
        #expect(policies[""]?["messages"] as? Int == 0)
        #expect(policies[":"]?["messages"] as? Int == 3)
        #expect(policies[""]?["ttl_ms"] as? Int == 1500)
        #expect(policies[""]?["ttl_after_close_ms"] is NSNull)
        #expect(policies["a\"b\\c\n:"]?["ttl_after_close_ms"] as? Int == 2000)
        #expect(policies["a\"b\\c\n:"]?["ttl_ms"] as? Int == 100 * 366 * 86_400_000)
    }
}
