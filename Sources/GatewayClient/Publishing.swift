import AsyncHTTPClient
import Foundation
package import NIOCore
import NIOHTTP1

/// The options of a publication, as the query of its request says them.
package typealias PublishQuery = [(String, String)]

extension GatewayClient {
    /// Publishes one message; gives where it stands.
    /// Throws ``Problem`` or ``ClientError``.
    package func publish(
        _ data: String, to channel: String, query: PublishQuery, json: Bool, idempotencyKey: String?
    ) async throws -> PublishedPosition {
        var request = request(.POST, address.channel(channel, query: query), contentType: Self.contentType(json: json))
        if let idempotencyKey { request.headers.add(name: "idempotency-key", value: idempotencyKey) }
        request.body = .bytes(ByteBuffer(string: data))
        return try decode(try await answer(to: request, within: Self.answerTimeout))
    }

    /// Publishes every line of a body of any length as it comes; gives how many were published. The gateway's pace is
    /// the body's. Throws ``Problem`` or ``ClientError``.
    package func publishLines<Body: AsyncSequence & Sendable>(
        of body: Body, to channel: String, query: PublishQuery, json: Bool
    ) async throws -> Int where Body.Element == ByteBuffer {
        let url = address.channel(channel, query: [("lines", "1")] + query)
        var request = request(.POST, url, contentType: Self.contentType(json: json))
        request.body = .stream(body, length: .unknown)
        let count: PublishedCount = try decode(try await answer(to: request, within: nil))
        return count.published
    }

    private static func contentType(json: Bool) -> String {
        json ? "application/json" : "text/plain; charset=utf-8"
    }

    private func decode<Document: Decodable>(_ body: Data) throws -> Document {
        do {
            return try JSONDecoder().decode(Document.self, from: body)
        } catch {
            throw ClientError.notAGateway(address, found: "an answer without a position")
        }
    }
}

/// Where a message was published.
package struct PublishedPosition: Decodable, Sendable {
    package var epoch: String
    package var offset: UInt64
}

struct PublishedCount: Decodable {
    var published: Int
}
