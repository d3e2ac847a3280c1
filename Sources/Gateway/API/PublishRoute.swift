import BrokerCore
import GatewayConfig
import HTTPTypes
import Hub
import Hummingbird
import NIOCore

/// `POST /v1/channels/{channel}`: the body is the data of one message, or with `lines=1` of one a line.
struct PublishRoute: Sendable {
    let services: Services

    func publish(_ request: Request, _: GatewayContext) async throws -> Response {
        let target = try Target(request.head)
        let template = try PublishTemplate(target, request.headers)
        if try target.query.flag("lines") {
            return try await LinesPublisher(services: services, template: template).publish(request)
        }
        var publication = template.publication
        publication.data = try await TextBody.read(request, limit: services.config.limits.messageBytes)
        if publication.format == .json { try JSONBody.validate(publication.data) }
        return try await acknowledge(publication)
    }

    private func acknowledge(_ publication: Publication) async throws -> Response {
        guard let result = await services.broker.publish([publication]).first else {
            throw Problem(BrokerError.unavailable(reason: "it did not answer"))
        }
        let receipt: Receipt
        do throws(BrokerError) { receipt = try result.get() } catch { throw Problem(error) }
        services.counters.published(1)
        return .json { $0.members(of: receipt, on: publication.channel) }
    }
}

/// What the query and the headers of a publishing request say about its messages.
struct PublishTemplate: Sendable {
    var publication: Publication

    /// - Throws: ``Problem`` that names what is wrong.
    init(_ target: Target, _ headers: HTTPFields) throws(Problem) {
        let query = target.query
        let isJSON = Self.isJSON(headers[.contentType])
        do {
            publication = try Publication(
                channel: target.channel(),
                event: query["event"].map { try EventName($0) } ?? .message,
                data: "",
                format: isJSON ? .json : .text,
                keeping: Keeping(retain: query["retain"].map { try RetainKey($0) }, conflate: query.flag("conflate")),
                expect: query.integer("expect", in: 0...Position.maximumOffset),
                fence: query.integer("fence", in: 0...Position.maximumOffset),
                closes: query.flag("close"),
                idempotencyKey: headers[.idempotencyKey].map { try IdempotencyKey($0) })
        } catch let error as InvalidName {
            throw Problem(error)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.badRequest, "invalid_query", "\(error)")
        }
    }

    /// `application/json`, or a type that says it is JSON underneath (RFC 6839 §3.1).
    static func isJSON(_ type: String?) -> Bool {
        guard let type = type?.prefix(while: { $0 != ";" }) else { return false }
        let essence = type.filter { $0 != " " }.lowercased()
        return essence == "application/json" || essence.hasSuffix("+json")
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!  // A constant that is a valid name.
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
