/// What must hold between two keys that are each allowed by themselves.
struct Constraint: Sendable {
    let key: String
    let allowed: @Sendable (GatewayConfig) -> String
    let holds: @Sendable (GatewayConfig) -> Bool

    static let all = [
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
