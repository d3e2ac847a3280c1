import Foundation

/// Hears on a task's control channel that the task is to be cancelled, and has the session ask whether it is: the channel
/// may still hold what was said to an earlier task of the same name. A stream that breaks off is also the first sign of a
/// gateway that is gone, so it is told.
struct TaskControl: Sendable {
    private struct Cancel: Decodable {
        var attempt: UInt64
    }

    let client: GatewayClient
    let session: TaskSession

    /// Follows until the task is cancelled, or the gateway refuses for good.
    func run() async {
        for await channel in session.channels {
            var backoff = Backoff()
            while !Task.isCancelled {
                let began = ContinuousClock.now
                guard await follow(channel) else { return }
                session.doubt()
                if .now - began > Backoff.longest { backoff.succeeded() }
                _ = try? await Task.sleep(for: backoff.next())
            }
        }
    }

    /// One stream. `false`: there is no use in another.
    private func follow(_ channel: String) async -> Bool {
        // Always from the start: what is retained there is the newest request, and its attempt tells whether it counts.
        let follower = Follower(
            client: client, channel: "\(channel):control", since: "earliest", reconnects: false, tell: { _ in })
        do {
            try await follower.run(take)
            return true
        } catch let problem as Problem {
            return problem.isTemporary
        } catch {
            return !(error is CancellationError)
        }
    }

    private func take(_ event: ServerSentEvent) {
        guard event.event == "cancel",
            let request = try? JSONDecoder().decode(Cancel.self, from: Data(event.data.utf8)),
            request.attempt == session.attempt
        else { return }
        session.doubt()
    }
}
