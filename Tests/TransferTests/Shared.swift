/// A server that tests share while any of them uses it: the first starts it, the last stops it.
actor Shared<Server: Sendable> {
    private let start: @Sendable () async throws -> Server
    private let stop: @Sendable (Server) async -> Void
    private var running: Task<Server, any Error>?
    private var users = 0
    private var uses = 0

    init(start: @escaping @Sendable () async throws -> Server, stop: @escaping @Sendable (Server) async -> Void) {
        (self.start, self.stop) = (start, stop)
    }

    /// - Parameter body: is given the server, and a number that no other use has.
    func use(_ body: @Sendable (Server, Int) async throws -> Void) async throws {
        users += 1
        uses += 1
        let number = uses
        let server = running ?? Task { [start] in try await start() }
        running = server
        let result = await Result { () async throws in try await body(try await server.value, number) }
        users -= 1
        if users == 0 {
            running = nil
            if case .success(let server) = await server.result { await stop(server) }
        }
        try result.get()
    }
}

extension Result where Failure == any Error, Success: Sendable {
    fileprivate init(isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
