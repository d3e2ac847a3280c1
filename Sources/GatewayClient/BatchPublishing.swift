import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

extension GatewayClient {
    /// Publishes a batch in one request; gives the answer to each message, `nil` for one that is published.
    ///
    /// A message's idempotency key is the run and its number, so that a batch may be sent again while its fate is
    /// unknown. Throws ``ClientError``, or a ``Problem`` for the batch as a whole.
    package func publish(
        _ batch: [OutboundMessage], to channel: String, run: String
    ) async throws -> [Problem?] {
        var request = request(.POST, address.path("/v1/publish"), contentType: "application/x-ndjson")
        request.body = .bytes(ByteBuffer(string: BatchBody.lines(batch, channel: channel, run: run)))
        let body = try await answer(to: request, within: Self.answerTimeout)
        let answers = body.split(separator: UInt8(ascii: "\n")).map(BatchBody.answer)
        guard answers.count == batch.count else {
            throw ClientError.interrupted(reason: "\(answers.count) answers to \(batch.count) messages")
        }
        return try answers.map { try $0.get() }
    }
}

/// The NDJSON of a batch and of its answer.
enum BatchBody {
    static func lines(_ batch: [OutboundMessage], channel: String, run: String) -> String {
        batch.map { line($0, channel: channel, run: run) + "\n" }.joined()
    }

    private static func line(_ message: OutboundMessage, channel: String, run: String) -> String {
        let data =
            switch message.payload {
            case .text(let text): JSONText.string(text)
            case .json(let value): value
            }
        return "{\"channel\":\(JSONText.string(channel)),\"event\":\(JSONText.string(message.event)),\"data\":\(data)"
            + (message.closes ? ",\"close\":true" : "") + ",\"idempotency_key\":\"\(run):\(message.number)\"}"
    }

    /// One line of the answer: the position, or the problem.
    static func answer(_ line: Data) -> Result<Problem?, ClientError> {
        guard let members = try? JSONSerialization.jsonObject(with: line) as? [String: Any] else {
            return .failure(.interrupted(reason: "an answer that is cut"))
        }
        if members["offset"] != nil, members["code"] == nil { return .success(nil) }
        return .success(Problem(status: 400, members: members))
    }
}

/// Writing JSON (RFC 8259) without building a tree of it.
package enum JSONText {
    /// A string with its quotes, everything escaped that must be.
    package static func string(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        bytes.reserveCapacity(text.utf8.count + 8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += Array("\\n".utf8)
            case UInt8(ascii: "\t"): bytes += Array("\\t".utf8)
            case 0..<0x20: bytes += Array("\\u00".utf8) + hex(byte)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
