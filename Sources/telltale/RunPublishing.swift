import Foundation
import GatewayClient
import JSONText

/// The watched side of a run: a task with the command's lines, its progress and its end.
final class RunPublishing: Sendable {
    /// The longest command line that is shown, in bytes; words beyond it are left out.
    static let commandBytes = 8 << 10
    /// As the gateway allows, in bytes.
    static let titleBytes = 512
    /// After how much waiting at the end a person is told what for.
    static let silentWait = Duration.seconds(2)

    private let client: GatewayClient
    private let worker: TaskWorker

    /// - Parameter cancel: is told that the task is to be cancelled; more than once perhaps.
    init(_ work: TaskWork, client: GatewayClient, outbox: Outbox, cancel: @escaping @Sendable () -> Void) {
        self.client = client
        worker = TaskWorker(
            work, run: RunIdentity.random(length: 20), client: client, outbox: outbox, cancel: cancel,
            warn: Console.note)
    }

    static func work(id: String, title: String?, command: [String], pid: Int32, lease: Duration) -> TaskWork {
        let title = title ?? command.joined(separator: " ")
        return TaskWork(
            id: id, title: prefix(of: title, bytes: titleBytes), meta: meta(command),
            worker: "\(prefix(of: ProcessInfo.processInfo.hostName, bytes: 200)):\(pid)", lease: lease)
    }

    func start() { worker.start() }

    /// Tells the end, and waits a bounded time until all is delivered. What is not is told.
    func finish(_ end: TaskEnd, patience: Duration) async {
        let hint = Task {
            try await Task.sleep(for: Self.silentWait)
            Console.note("the command has ended; waiting up to \(patience.components.seconds) s for the gateway")
        }
        await worker.finish(end, patience: patience)
        hint.cancel()
        await client.shutdown()
        if let shortfall = worker.shortfall { Console.note(shortfall) }
    }

    /// Ends the wait for the gateway.
    func abandon() { worker.abandon() }

    /// `{"command":[…]}`
    private static func meta(_ command: [String]) -> String {
        var (words, bytes) = ([String](), 0)
        for word in command {
            bytes += word.utf8.count + 1
            if bytes > commandBytes {
                words.append("…")
                break
            }
            words.append(word)
        }
        return "{\"command\":[" + words.map(JSONWriter.string).joined(separator: ",") + "]}"
    }

    /// As many whole characters from the start as fit.
    private static func prefix(of text: String, bytes: Int) -> String {
        var end = text.startIndex
        var size = 0
        for index in text.indices {
            size += text[index].utf8.count
            if size > bytes { break }
            end = text.index(after: index)
        }
        return String(text[..<end])
    }
}

extension TaskEnd {
    /// The end of a command: its exit status as a shell says it, the signal if one killed it, how long it ran.
    init(_ ending: RunChild.Ending, cancelled: Bool, duration: Duration, lastLines: String) {
        let signal = if case .killed(let number) = ending { ",\"signal\":\(number)" } else { "" }
        let milliseconds = Int64(duration / .milliseconds(1))
        let state: State = cancelled ? .cancelled : ending.exitStatus == 0 ? .finished : .failed
        self.init(
            state: state,
            result: "{\"exit_status\":\(ending.exitStatus)\(signal),\"duration_ms\":\(milliseconds)}",
            error: state == .failed && !lastLines.isEmpty ? lastLines : nil)
    }
}
