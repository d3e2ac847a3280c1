import Access
import BrokerCore
import GatewayConfig
import HTTPTypes
import Hub
import Hummingbird
import NIOCore
import Tasks

/// `POST /v1/channels/{channel}`: the body is the data of one message, or with `lines=1` of one a line.
struct PublishRoute: Sendable {
    let services: Services

    func publish(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let target = try Target(request.head)
        let template = try PublishTemplate(
            target, contentType: request.headers[.contentType], idempotencyKey: request.headers[.idempotencyKey],
            tasks: services.tasks.namespace)
        let caller = try await services.gate.caller(request, context)
        try await caller.require(.publish, template.publication.channel)
        if try target.query.flag("lines") {
            return try await LinesPublisher(
                services: services, template: template, publisher: caller.publisher,
                before: { try await caller.require(.publish, template.publication.channel) }
            ).publish(request)
        }
        let body = try await TextBody.read(request, limit: services.live.read(\.limits.messageBytes))
        // A body may take its time; the token's may be over.
        try caller.requireAdmission()
        let publication = try template.publication(body, limit: services.live.read(\.limits.messageBytes))
        try services.limits.admitMessage(of: caller.publisher)
        let receipt = try receipt(await services.broker.publish([publication]).first)
        return .json { $0.members(of: receipt, on: publication.channel) }
    }

    /// What the broker said of a publication.
    private func receipt(_ result: Result<Receipt, BrokerError>?) throws(Problem) -> Receipt {
        do throws(BrokerError) {
            return try (result ?? .failure(.unavailable(reason: "it did not answer"))).get()
        } catch { throw Problem(error) }
    }
}

/// The same, for ``PublishHandler``.
extension PublishRoute {
    /// What an answer takes, head and all, in bytes.
    static let usualAnswerBytes = 256

    /// Who sends it, if nothing speaks against it. What does, or has to be waited for, is the router's to say.
    /// - Parameter address: the client's, without a port.
    func sender(_ order: PublishOrder, from address: String) -> Caller? {
        let site = RequestSite(scheme: "http", authority: order.host)
        guard site.isLocal || (try? services.origins.check(site)) != nil else { return nil }
        guard !services.gate.isOpen else { return Caller(gate: services.gate, identity: nil, address: address) }
        let credentials = Credentials(
            token: order.authorization.flatMap(RequestToken.bearer), address: address)
        guard let identity = services.gate.identifyNow(credentials),
            let channel = try? Target(order.target).channel(),
            services.gate.mayNow(.publish, channel, identity) ?? false
        else { return nil }
        return Caller(gate: services.gate, identity: identity, address: address)
    }

    /// - Throws: ``Problem`` that names what is wrong.
    func publication(_ order: PublishOrder, by caller: Caller) throws(Problem) -> Publication {
        let template = try PublishTemplate(
            Target(order.target), contentType: order.contentType, idempotencyKey: order.idempotencyKey,
            tasks: services.tasks.namespace)
        let publication = try template.publication(order.body, limit: services.live.read(\.limits.messageBytes))
        try caller.requireAdmission()
        try services.limits.admitMessage(of: caller.publisher)
        return publication
    }

    /// Writes the answer to one request: the receipt, or the problem that it has or that the broker has with it.
    func answer(
        _ publication: Result<Publication, Problem>, _ record: RequestRecord, to bytes: inout ByteBuffer,
        _ result: () -> Result<Receipt, BrokerError>?
    ) {
        do throws(Problem) {
            let publication = try publication.get()
            let receipt = try receipt(result())
            bytes.writeAnswer(
                .ok, Response.jsonHeaders, .json { $0.members(of: receipt, on: publication.channel) }, id: record.id)
            record.end(200, services.logger)
        } catch {
            var problem = error
            problem.name(record.id)
            services.counters.refusals.count(problem)
            bytes.writeAnswer(problem.status, problem.fields, problem.document, id: record.id)
            record.end(problem.status.code, services.logger)
        }
    }
}

/// What the query and the headers of a publishing request say about its messages.
struct PublishTemplate: Sendable {
    var publication: Publication

    /// A template that was made elsewhere.
    init(publication: Publication) {
        self.publication = publication
    }

    /// - Parameter namespace: that of tasks, whose state is not published like that.
    /// - Throws: ``Problem`` that names what is wrong.
    init(
        _ target: Target, contentType: String?, idempotencyKey: String?, tasks namespace: TaskNamespace
    ) throws(Problem) {
        let query = target.query
        let isJSON = Self.isJSON(contentType)
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
                idempotencyKey: idempotencyKey.map { try IdempotencyKey($0) })
        } catch let error as InvalidName {
            throw Problem(error)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.badRequest, "invalid_query", "\(error)")
        }
        try publication.checkReserved(namespace)
    }

    /// The message with this body.
    /// - Throws: ``Problem`` when the body is longer than `limit` bytes, or is not what it should be.
    func publication(_ body: ByteBuffer, limit: Int) throws(Problem) -> Publication {
        guard body.readableBytes <= limit else { throw Problem.tooLarge(limit: limit) }
        var publication = publication
        publication.data = try TextBody.text(body)
        if publication.format == .json { try JSONBody.validate(publication.data) }
        return publication
    }

    /// `application/json`, or a type that says it is JSON underneath (RFC 6839 §3.1).
    static func isJSON(_ type: String?) -> Bool {
        guard let type = type?.utf8.prefix(while: { $0 != UInt8(ascii: ";") }) else { return false }
        let essence = String(decoding: type.filter { $0 != UInt8(ascii: " ") }, as: UTF8.self).lowercased()
        return essence == "application/json" || essence.hasSuffix("+json")
    }
}

extension Request {
    /// - Throws: ``Problem`` when the header is no key.
    func idempotencyKey() throws(Problem) -> IdempotencyKey? {
        guard let text = headers[.idempotencyKey] else { return nil }
        do throws(InvalidName) { return try IdempotencyKey(text) } catch { throw Problem(error) }
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!  // A constant that is a valid name.
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
