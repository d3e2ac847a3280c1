import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Follows a channel by Server-Sent Events as a browser's EventSource does: when the stream breaks off it comes back
/// with the last event's id, so that no message is missed and none comes twice.
package struct Follower: Sendable {
    package let client: GatewayClient
    package let channel: String
    /// Where to start, as the gateway's `since` says it; `nil`: where the channel's policy says.
    package let since: String?
    /// Whether to come back when the stream breaks off.
    package let reconnects: Bool
    /// Is told, a line each time, of gaps, of outages, and why a stream ended.
    package let tell: @Sendable (String) -> Void

    package init(
        client: GatewayClient, channel: String, since: String?, reconnects: Bool,
        tell: @escaping @Sendable (String) -> Void
    ) {
        self.client = client
        self.channel = channel
        self.since = since
        self.reconnects = reconnects
        self.tell = tell
    }

    /// Gives every message, in order, until the channel's end. Throws a ``Problem`` when the gateway refuses,
    /// ``ClientError`` when the stream broke off and is not to be resumed, and whatever `take` throws.
    package func run(_ take: (ServerSentEvent) throws -> Void) async throws {
        var parser = EventStreamParser()
        var backoff = Backoff()
        var away = false
        while true {
            let before = parser
            do {
                if try await stream(&parser, opened: { away = false }, take) { return }
                if !reconnects { throw ClientError.interrupted(reason: "closed by the gateway") }
            } catch let error as ClientError {
                try report(error, first: !away)
                away = true
            } catch let problem as Problem where problem.isTemporary && problem.status >= 500 {
                try report(problem, first: !away)
                away = true
            }
            if parser.lastEventID != before.lastEventID { backoff.succeeded() }
            if let retry = parser.retry { backoff.base = .milliseconds(min(retry, Self.longestRetry)) }
            try await Task.sleep(for: backoff.next())
        }
    }

    /// The longest `retry` that is honoured, in milliseconds.
    private static let longestRetry = 60_000

    private func report(_ error: any Error, first: Bool) throws {
        if !reconnects { throw error }
        if first { tell("\(error); coming back by itself") }
    }

    /// One connection. `true`: the channel has ended; `false`: the stream broke off.
    private func stream(
        _ parser: inout EventStreamParser, opened: () -> Void, _ take: (ServerSentEvent) throws -> Void
    ) async throws -> Bool {
        let response = try await open(after: parser.lastEventID)
        if response.status == .noContent { return true }
        guard response.status == .ok else { throw client.refusal(response, try await client.read(response)) }
        let type = response.headers.first(name: "content-type") ?? "no content type"
        guard type.hasPrefix("text/event-stream") else {
            throw Problem(status: 415, body: Data("the answer is no event stream but \(type)".utf8))
        }
        opened()
        parser = EventStreamParser(continuing: parser)
        do {
            for try await bytes in response.body {
                for event in try parser.feed(bytes.readableBytesView) where try handle(event, take) { return true }
            }
        } catch is EventStreamParser.TooLarge {
            throw Problem(status: 413, body: Data("an event is larger than any message can be".utf8))
        } catch let error where GatewayClient.isTransport(error) {
            throw client.failure(error)
        }
        return false
    }

    private func open(after lastEventID: String) async throws -> HTTPClientResponse {
        let query = since.map { [("since", $0)] } ?? []
        let url = client.address.channel(channel, query: lastEventID.isEmpty ? query : [])
        var request = client.request(.GET, url)
        request.headers.add(name: "accept", value: "text/event-stream")
        if !lastEventID.isEmpty { request.headers.add(name: "last-event-id", value: lastEventID) }
        return try await client.perform(request, within: nil)
    }

    /// `true`: this was the last event.
    private func handle(_ event: ServerSentEvent, _ take: (ServerSentEvent) throws -> Void) throws -> Bool {
        switch event.event {
        case "stream-open", "stream-ping":
            return false
        case "stream-gap":
            tell(StreamNotice(event).gap)
            return false
        case "stream-end":
            tell(StreamNotice(event).end)
            return true
        case "stream-error":
            throw Problem(status: 400, body: Data(event.data.utf8))
        default:
            try take(event)
            return false
        }
    }
}

/// The gateway's own events in words.
struct StreamNotice {
    private struct Document: Decodable {
        var asked: String?
        var haveFrom: UInt64?
        var epoch: String?
        var reason: String?

        private enum CodingKeys: String, CodingKey {
            case asked
            case haveFrom = "have_from"
            case epoch, reason
        }
    }

    private let document: Document?

    init(_ event: ServerSentEvent) {
        document = try? JSONDecoder().decode(Document.self, from: Data(event.data.utf8))
    }

    private var reason: String { document?.reason ?? "no reason given" }

    var gap: String {
        let from = document.flatMap { document in
            document.haveFrom.map { "; going on from \(document.epoch ?? "?"):\($0)" }
        }
        return "gap: messages after \(document?.asked ?? "the last one") are missing (\(reason))" + (from ?? "")
    }

    var end: String { "the channel has ended: \(reason)" }
}
