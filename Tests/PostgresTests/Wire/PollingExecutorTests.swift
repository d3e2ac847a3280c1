import BrokerCore
import Foundation
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(2))) struct PollingExecutorTests {
    private actor Counter {
        let executor: PollingExecutor
        private(set) var count = 0

        init(_ executor: PollingExecutor) { self.executor = executor }

        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        func increase() -> Bool {
            count += 1
            return executor.isOnThread
        }
    }

    @Test func actorsRunOnItsThreadAlone() async throws {
        let executor = PollingExecutor(name: "test")
        defer { executor.shutdown() }
        let counter = Counter(executor)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<1000 { group.addTask { await counter.increase() } }
            for await isOnThread in group { #expect(isOnThread) }
        }
        #expect(await counter.count == 1000)
        #expect(!executor.isOnThread)
    }

    @Test func jobsStillRunWhenItIsShutDown() async throws {
        let executor = PollingExecutor(name: "test")
        let counter = Counter(executor)
        executor.shutdown()
        for _ in 0..<100 { #expect(await counter.increase()) }
        #expect(await counter.count == 100)
    }

    @Test func shuttingDownEndsConnectionsAndTheThread() async throws {
        try await PostgresServer.run { server in
            let executor = PollingExecutor(name: "ends-here")
            let connection = try await PostgresConnection.open(server.url, on: executor)
            #expect(Self.threads.contains("ends-here"))
            async let sleeping = connection.failure("SELECT pg_sleep(60)")
            while connection.underWay.queries == 0 { await Task.yield() }
            executor.shutdown()
            #expect(await connection.waitUntilClosed().words.hasSuffix("the executor has ended"))
            #expect(await sleeping != nil)
            while Self.threads.contains("ends-here") { await Task.yield() }
            await #expect(throws: PostgresError.self) { try await PostgresConnection.open(server.url, on: executor) }
        }
    }

    @Test func anIdleConnectionCostsNoTime() async throws {
        try await PostgresServer.run { server in
            let executor = PollingExecutor(name: "test")
            defer { executor.shutdown() }
            try await PostgresConnection.run(server.url, on: executor) { connection in
                try await connection.query("SELECT 1")
                let before = await Self.time(on: executor)
                try await server.sql("SELECT pg_sleep(1)")
                // A thread that spins would take all of the second.
                #expect(await Self.time(on: executor) - before < .milliseconds(100))
            }
        }
    }

    /// The processor's time that the executor's thread has taken.
    private static func time(on executor: PollingExecutor) async -> Duration {
        await withCheckedContinuation { continuation in
            executor.execute {
                var time = timespec()
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
                continuation.resume(returning: .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec))
            }
        }
    }

    private static var threads: [String] {
        let folder = "/proc/self/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return threads.compactMap { try? String(contentsOfFile: "\(folder)/\($0)/comm", encoding: .utf8) }
            .map { String($0.dropLast()) }
    }
}
