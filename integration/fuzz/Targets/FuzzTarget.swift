/// What strangers' bytes reach, each by itself: whatever they are, it neither traps nor breaks its promises.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case json, config, websocket, redis, token, http

    /// Takes one input. Ends the process if a promise is broken.
    package func run(_ input: UnsafeRawBufferPointer) {
        switch self {
        case .json: JSONFuzz.run(input)
        case .config: ConfigFuzz.run(input)
        case .websocket: WebSocketFuzz.run(input)
        case .redis: RedisFuzz.run(input)
        case .token: TokenFuzz.run(input)
        case .http: HTTPFuzz.shared.run(input)
        }
    }
}

/// Calls `body` with the pieces of an input whose sizes its first byte decides, in order.
func forEachPiece(of input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    var rest = input[...]
    var size = rest.popFirst().map { Int($0) % 31 + 1 } ?? 1
    while !rest.isEmpty {
        body(UnsafeRawBufferPointer(rebasing: rest.prefix(size)))
        rest = rest.dropFirst(size)
        size = size * 7 % 31 + 1
    }
}
