import BrokerCore
import GatewayConfig
import Hub
import Hummingbird
import NIOCore
import Tasks

/// `lines=1`: every line of the body is a message, published as it arrives. Nothing is read ahead of the broker, so a slow
/// broker slows the sender, and the memory that a body takes does not depend on its length.
struct LinesPublisher {
    let services: Services
    let template: PublishTemplate
    /// Whom limits count the lines to.
    let publisher: String
    /// Comes before each batch of lines goes to the broker; what it throws refuses them.
    var before: @Sendable () async throws -> Void = {}

    func publish(_ request: Request) async throws -> Response {
        if template.publication.expect != nil || template.publication.idempotencyKey != nil {
            throw Problem(
                .badRequest, "invalid_query", "expect and Idempotency-Key are of one message: lines=1 publishes many")
        }
        var run = Run(
            services: services, template: template.publication, publisher: publisher, before: before)
        do {
            try await add(request.body, to: &run)
        } catch {
            // The lines before the wrong one go through, wherever the network has cut the stream.
            try await run.publishAll()
            throw run.counted(error)
        }
        try await run.finish()
        return run.response()
    }

    private func add(_ body: RequestBody, to run: inout Run) async throws {
        var splitter = LineSplitter(limit: services.live.read(\.limits.longestLine))
        do {
            for try await part in body {
                splitter.append(part)
                while let line = try splitter.next() { try await run.add(line) }
                try await run.publish()
            }
            if let line = try splitter.last() { try await run.add(line) }
        } catch is LineSplitter.TooLong {
            throw Problem.tooLarge(limit: splitter.limit)
        }
    }
}

/// One request's lines on their way to the broker.
private struct Run {
    let services: Services
    let template: Publication
    let publisher: String
    let before: @Sendable () async throws -> Void
    private var batch: [Publication] = []
    private var published: UInt64 = 0
    private var last: Receipt?

    init(
        services: Services, template: Publication, publisher: String,
        before: @escaping @Sendable () async throws -> Void
    ) {
        self.services = services
        self.template = template
        self.publisher = publisher
        self.before = before
    }

    mutating func add(_ line: ByteBuffer) async throws {
        var publication = template
        publication.closes = false
        publication.data = try TextBody.text(line)
        if publication.format == .json { try JSONBody.validate(publication.data) }
        batch.append(publication)
        if batch.count >= services.live.read(\.limits.publishBatch) { try await publish() }
    }

    /// Publishes what has gathered; all but the last line if that is to close the channel, for which is the last shows
    /// only at the end.
    mutating func publish() async throws {
        let kept = template.closes ? batch.popLast() : nil
        try await publishAll()
        if let kept { batch = [kept] }
    }

    /// Publishes the rest, and closes the channel if that was asked for: without any line by an empty message, for its readers wait
    /// for the end.
    mutating func finish() async throws {
        if template.closes {
            var last = batch.popLast() ?? template
            if last.data.isEmpty, template.format == .json { last.data = "null" }
            last.closes = true
            batch.append(last)
        }
        try await publishAll()
    }

    mutating func publishAll() async throws {
        guard !batch.isEmpty else { return }
        let publications = batch
        batch = []
        try await services.limits.pace(publications.count, of: publisher)
        try await before()
        var refusal: BrokerError?
        for result in await services.broker.publish(publications) {
            switch result {
            case .success(let receipt):
                published += 1
                last = receipt
            case .failure(let error):
                refusal = refusal ?? error
            }
        }
        if let refusal { throw Problem(refusal) }
    }

    /// The error, with the number of lines that were published before it.
    func counted(_ error: any Error) -> any Error {
        guard var problem = error as? Problem ?? (error as? TaskError).map(Problem.init) else { return error }
        problem.values.append(("published", .number(published)))
        return problem
    }

    func response() -> Response {
        .json { writer in
            writer.member("published", published)
            if let last { writer.members(of: last, on: template.channel) }
        }
    }
}
