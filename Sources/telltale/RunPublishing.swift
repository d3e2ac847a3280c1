import Foundation
import GatewayClient
import Synchronization

/// The watched side of a run: its first message, its lines, its last.
final class RunPublishing: Sendable {
    let outbox = Outbox()
    private let client: GatewayClient
    private let delivery: Delivery
    private let running = Mutex<Task<Void, Never>?>(nil)

    init(channel: String, client: GatewayClient) {
        self.client = client
        let run = RunIdentity.random(length: 20)
        delivery = Delivery(outbox) { batch in
            try await client.publish(batch, to: channel, run: run)
        } warn: { reason in
            Console.note("\(reason); the command goes on, unwatched for now")
        }
    }

    func start(command: [String], title: String?, pid: Int32) {
        outbox.append(event: "start", .json(Document.json(Start(command: command, title: title, pid: pid))))
        let delivery = delivery
        running.withLock { $0 = Task { await delivery.run() } }
    }

    /// Publishes the end, and waits a bounded time until all is delivered. What is not is told.
    func finish(_ ending: RunChild.Ending, command: [String], duration: Duration) async {
        let exit = Exit(ending, command: command, duration: duration)
        outbox.append(event: "exit", .json(Document.json(exit)), closes: true)
        let patience = delivery.hurry()
        let running = running.withLock { $0 }
        let limit = Task {
            try await Task.sleep(for: patience)
            // Whoever watches should learn of the end, even where lines before it are missing.
            outbox.skipToLast()
            try await Task.sleep(for: Delivery.lastTry)
            running?.cancel()
        }
        await running?.value
        limit.cancel()
        await client.shutdown()
        if let shortfall = delivery.shortfall { Console.note(shortfall) }
    }

    /// Ends the wait for the gateway.
    func abandon() {
        running.withLock { $0 }?.cancel()
    }

    private struct Start: Encodable {
        let command: [String]
        let title: String?
        let pid: Int32
    }

    private struct Exit: Encodable {
        let status: Int32
        /// `null` in JSON when no signal killed it: the member is always there.
        let signal: JSONNullable<Int32>
        let durationMilliseconds: Int64
        let command: [String]

        private enum CodingKeys: String, CodingKey {
            case status, signal
            case durationMilliseconds = "duration_ms"
            case command
        }

        init(_ ending: RunChild.Ending, command: [String], duration: Duration) {
            status = ending.exitStatus
            if case .killed(let number) = ending { signal = JSONNullable(number) } else { signal = JSONNullable(nil) }
            durationMilliseconds = Int64(duration / .milliseconds(1))
            self.command = command
        }
    }
}

/// A value that is written as `null` when there is none, instead of being left out.
struct JSONNullable<Value: Encodable>: Encodable {
    let value: Value?

    init(_ value: Value?) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}

private enum Document {
    /// Strings, numbers and null always can be encoded.
    static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
