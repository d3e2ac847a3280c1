import HTTPTypes

/// The opening handshake (RFC 6455 §4.2).
enum WebSocketUpgrade {
    static let subprotocol = "telltale.v1"
    private static let accepted = StreamHead(.switchingProtocols, [.upgrade: "websocket", .connection: "Upgrade"])

    /// The response that accepts the upgrade.
    /// - Parameter deflate: the compression that the client offers and is given.
    /// - Throws: ``Problem`` when the request is no proper upgrade.
    static func accept(_ headers: HTTPFields, _ deflate: PermessageDeflate?) throws(Problem) -> StreamHead {
        guard headers[.upgrade]?.lowercased() == "websocket",
            headers[.connection]?.lists("upgrade") ?? false
        else {
            throw upgradeRequired(
                "upgrade_required",
                "this path speaks WebSocket: Connection: Upgrade, Upgrade: websocket")
        }
        guard headers[.secWebSocketVersion] == "13" else {
            throw upgradeRequired("websocket_version", "Sec-WebSocket-Version must be 13 (RFC 6455)")
        }
        guard let key = headers[.secWebSocketKey], let accept = WebSocketHandshake.accept(key: key) else {
            throw Problem(
                .badRequest, "websocket_key", "Sec-WebSocket-Key must be the base64 of 16 bytes (RFC 6455 §4.1)")
        }
        var fields: HTTPFields = [.secWebSocketAccept: accept]
        let offered = headers[.secWebSocketProtocol]?.split(separator: ",") ?? []
        if offered.contains(where: { $0.trimmed == subprotocol }) { fields[.secWebSocketProtocol] = subprotocol }
        if let deflate { fields[.secWebSocketExtensions] = deflate.response }
        return accepted.adding(fields)
    }

    /// 426 says which protocol would do (RFC 9110 §15.5.22), and which version of it (RFC 6455 §4.4).
    private static func upgradeRequired(_ code: String, _ detail: String) -> Problem {
        var problem = Problem(.upgradeRequired, code, detail)
        problem.headers[.upgrade] = "websocket"
        problem.headers[.secWebSocketVersion] = "13"
        return problem
    }
}
