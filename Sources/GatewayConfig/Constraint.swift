/// What must hold between two keys that are each allowed by themselves.
struct Constraint: Sendable {
    let key: String
    let allowed: @Sendable (GatewayConfig) -> String
    let holds: @Sendable (GatewayConfig) -> Bool

    static let all = [
        Constraint(key: "open") { config in
            "true where other hosts reach the gateway (listen.host is \(JSONLiteral.string(config.listen.host))) and anyone may publish "
                + "(in \(config.openNamespaces.joined(separator: ", "))): set auth.secret, auth.api_keys or another key of auth, or "
                + "namespaces.NAME.publish, or listen on 127.0.0.1"
        } holds: {
            $0.open || $0.isLoopback || $0.openNamespaces.isEmpty
        },
        Constraint(key: "listen.tls.key") { _ in
            "a file if listen.tls.certificate is one, and null if that is"
        } holds: {
            ($0.listen.tls.key == nil) == ($0.listen.tls.certificate == nil)
        },
        Constraint(key: "websocket.silence") { config in
            "longer than websocket.ping (\(DurationText.render(config.websocket.ping)))"
        } holds: {
            $0.websocket.silence > $0.websocket.ping
        },
        Constraint(key: "limits.line_bytes") { config in
            "at most limits.message_bytes (\(SizeText.render(config.limits.messageBytes))), or null"
        } holds: {
            $0.limits.longestLine <= $0.limits.messageBytes
        },
    ]
}
