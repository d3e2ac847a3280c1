import BrokerCore

/// The settings as the schema's `configure` takes them: a JSON object.
enum SettingsDocument {
    static func text(_ settings: BrokerSettings, publish: PostgresOptions.Publish) -> String {
        // By what a name begins with: the namespace that is empty is not the one that is absent.
        let named = settings.namespaces.sorted { $0.key < $1.key }.map { ("\($0.key):", $0.value) }
        let policies = named + [("", settings.retention)]
        let members = policies.map { "\(quote($0.0)): \(text($0.1))" }
        return #"{"message_bytes": \#(settings.messageBytes), "publish": "\#(publish.rawValue)", "#
            + #""task_namespace": \#(quote(settings.taskNamespace)), "policies": {\#(members.joined(separator: ", "))}}"#
    }

    private static func text(_ policy: RetentionPolicy) -> String {
        let closed = policy.ttlAfterClose.map { "\($0.wholeMilliseconds)" } ?? "null"
        return #"{"messages": \#(max(policy.messages, 0)), "bytes": \#(max(policy.bytes, 0)), "#
            + #""ttl_ms": \#(policy.ttl.wholeMilliseconds), "ttl_after_close_ms": \#(closed)}"#
    }

    /// A JSON string (RFC 8259, section 7).
    private static func quote(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "\u{0}"..<" ": "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
}
