import Logging

/// What the log says of one request, at debug: never its query, which may hold a token.
struct RequestRecord: Sendable {
    /// The most that is shown of a path.
    private static let mostCharacters = 512

    let id: RequestID
    let method: String
    let target: String
    let begun = ContinuousClock.now

    /// The request has been answered, or is a stream from now on.
    func end(_ status: Int, _ logger: Logger, as event: Logger.Message = "request") {
        logger.debug(
            event,
            metadata: [
                "request": "\(id)", "method": "\(method)", "path": "\(path)", "status": "\(status)",
                "ms": "\((ContinuousClock.now - begun).inSeconds * 1000)",
            ])
    }

    private var path: Substring { target.prefix { $0 != "?" && $0 != "#" }.prefix(Self.mostCharacters) }
}
