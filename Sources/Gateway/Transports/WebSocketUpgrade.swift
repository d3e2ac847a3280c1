import HTTPTypes

/// The opening handshake (RFC 6455 §4.2).
enum WebSocketUpgrade {
    static let subprotocol = "telltale.v1"

    /// The response that accepts the upgrade.
    /// - Throws: ``Problem`` when the request is no proper upgrade.
    static func accept(_ headers: HTTPFields) throws(Problem) -> String {
        guard headers[.upgrade]?.lowercased() == "websocket",
            headers[.connection]?.lowercased().contains("upgrade") ?? false
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
        let offered = headers[.secWebSocketProtocol]?.split(separator: ",").map { $0.filter { $0 != " " } } ?? []
        let chosen = offered.contains(subprotocol) ? "Sec-WebSocket-Protocol: \(subprotocol)\r\n" : ""
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(accept)\r\n\(chosen)\r\n"
    }

    /// 426 says which protocol would do (RFC 9110 §15.5.22), and which version of it (RFC 6455 §4.4).
    private static func upgradeRequired(_ code: String, _ detail: String) -> Problem {
        var problem = Problem(.upgradeRequired, code, detail)
        problem.headers[.upgrade] = "websocket"
        problem.headers[.secWebSocketVersion] = "13"
        return problem
    }
}
