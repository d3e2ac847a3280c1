package import BrokerCore
import Foundation

/// A real server on loopback that a test has for itself, and may stop, crash and start again.
package protocol RealServer: AnyObject, Sendable {
    associatedtype Options: RealServerOptions

    /// The program that was last started; `nil` before the first.
    var process: Locked<ServerProcess?> { get }

    /// Takes a free port and lays the files out; nothing runs yet.
    init(_ options: Options) async throws

    /// Starts it, also after a stop or a crash: on the same ports and with the same files. Waits until it accepts
    /// connections.
    func restart() async throws

    /// Ends it, and removes its files.
    func stop() async
}

/// How a server begins.
package protocol RealServerOptions: Sendable {
    /// The plainest server.
    init()
}

extension RealServer {
    /// What it has printed since it was last started.
    package var log: String { process.withLock { $0 }?.output ?? "" }

    /// Whether its program has been started and has not ended.
    package var isRunning: Bool { process.withLock { $0 }?.isRunning ?? false }

    /// Starts a server and waits until it accepts connections. The caller stops it.
    package static func start(_ options: Options = Options()) async throws -> Self {
        // Another process may take the port before the server does.
        let attempts = 20
        for _ in 1..<attempts {
            let server = try await Self(options)
            do {
                try await server.restart()
                return server
            } catch let failure as ServerFailure {
                await server.stop()
                guard failure.description.contains("Address already in use") else { throw failure }
            }
        }
        throw ServerFailure("found no free port in \(attempts) attempts")
    }

    /// Starts a server, runs `body` and stops the server, whichever way `body` ends.
    package static func run<Result: Sendable>(
        _ options: Options = Options(), isolation: isolated (any Actor)? = #isolation,
        _ body: (Self) async throws -> Result
    ) async throws -> Result {
        let server = try await start(options)
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Starts its program, and waits for the line with which that says that it is ready.
    func launch(_ words: [String], until ready: String) async throws {
        let process = try await ServerProcess.start(words)
        self.process.withLock { $0 = process }
        guard await process.prints(ready) else {
            throw ServerFailure("\(words.joined(separator: " ")) did not start: \(process.output)")
        }
    }

    /// Signals its program, and waits for the end.
    func end(by signal: Int32) async {
        guard let process = process.withLock({ $0 }) else { return }
        process.signal(signal)
        await process.ended()
    }

    /// Signals its program, if one runs.
    func signal(_ signal: Int32) { process.withLock { $0 }?.signal(signal) }
}
