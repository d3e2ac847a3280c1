import AsyncHTTPClient
import Foundation
import JSONText
import NIOCore
import NIOHTTP1

/// Where a worker's messages go, and as whom.
struct PublishingTarget: Hashable, Sendable {
    var channel: String
    /// The fence: the task's attempt.
    var attempt: UInt64
    /// Tells this worker's idempotency keys from those of others.
    var run: String
}

/// The answer to a batch.
struct BatchAnswer: Sendable {
    /// The answer to each message, in order; `nil` for one that is published.
    var problems: [Problem?]
    /// The channel's, as the last position says it; `nil` when nothing was published.
    var epoch: String?
}

extension GatewayClient {
    /// Publishes a batch in one request.
    ///
    /// A message's idempotency key is the run and its number, so that a batch may be sent again while its fate is
    /// unknown. Throws ``ClientError``, or a ``Problem`` for the batch as a whole.
    func publish(_ batch: [OutboundMessage], to target: PublishingTarget) async throws -> BatchAnswer {
        var request = request(.POST, address.path("/v1/publish"), contentType: "application/x-ndjson")
        request.body = .bytes(ByteBuffer(bytes: BatchBody.lines(batch, target: target)))
        let body = try await answer(to: request, within: Self.answerTimeout)
        let answers = try BatchBody.answers(body)
        guard answers.count == batch.count else {
            throw ClientError.interrupted(reason: "\(answers.count) answers to \(batch.count) messages")
        }
        return BatchAnswer(problems: answers.map(\.problem), epoch: answers.last { $0.epoch != nil }?.epoch)
    }
}

/// The NDJSON of a batch and of its answer.
enum BatchBody {
    /// One line of the answer: the epoch of the position, or the problem.
    struct Line: Hashable {
        var epoch: String?
        var problem: Problem?
    }

    static func lines(_ batch: [OutboundMessage], target: PublishingTarget) -> [UInt8] {
        let start = Array("{\"channel\":\(JSONWriter.string(target.channel)),\"fence\":\(target.attempt),".utf8)
        let key = Array(",\"idempotency_key\":\"\(target.run):".utf8)
        var body: [UInt8] = []
        for message in batch {
            body += start
            append(message.content, to: &body)
            body += key
            body += "\(message.number)\"}\n".utf8
        }
        return body
    }

    private static func append(_ content: OutboundMessage.Content, to body: inout [UInt8]) {
        switch content {
        case .line(let text):
            body += "\"event\":\"log\",\"data\":".utf8
            JSONWriter.appendString(text, to: &body)
        case .progress(let json):
            body += "\"event\":\"progress\",\"retain\":\"progress\",\"conflate\":true,\"data\":\(json)".utf8
        }
    }

    /// Throws ``ClientError`` for what is none.
    static func answers(_ body: Data) throws -> [Line] {
        try body.withUnsafeBytes { body in
            try body.split(separator: UInt8(ascii: "\n")).map { try answer(UnsafeRawBufferPointer(rebasing: $0)) }
        }
    }

    private static func answer(_ line: UnsafeRawBufferPointer) throws -> Line {
        if let position = try? JSONObject(line), position["offset"] != nil, position["code"] == nil {
            return Line(epoch: try? position.string("epoch"))
        }
        guard let members = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
            throw ClientError.interrupted(reason: "an answer that is cut")
        }
        return Line(problem: Problem(status: 400, members: members))
    }
}
