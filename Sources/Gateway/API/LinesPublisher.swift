import BrokerCore
import GatewayConfig
import Hub
import Hummingbird
import NIOCore

/// `lines=1`: every line of the body is a message, published as it arrives. Nothing is read ahead of the broker, so a slow
/// broker slows the sender, and the memory that a body takes does not depend on its length.
struct LinesPublisher {
    let services: Services
    let template: PublishTemplate

    func publish(_ request: Request) async throws -> Response {
        if template.publication.expect != nil || template.publication.idempotencyKey != nil {
            throw Problem(
                .badRequest, "invalid_query", "expect and Idempotency-Key are of one message: lines=1 publishes many")
        }
        var splitter = LineSplitter(limit: services.config.limits.longestLine)
        var run = Run(services: services, template: template.publication)
        for try await part in request.body {
            splitter.append(part)
            while let line = try run.guarding({ () throws(LineSplitter.TooLong) in try splitter.next() }) {
                try await run.add(line)
            }
            try await run.publish()
        }
        if let line = try run.guarding({ () throws(LineSplitter.TooLong) in try splitter.last() }) {
            try await run.add(line)
        }
        try await run.finish()
        return run.response()
    }
}

/// One request's lines on their way to the broker.
private struct Run {
    let services: Services
    let template: Publication
    private var batch: [Publication] = []
    private var published: UInt64 = 0
    private var last: Receipt?

    init(services: Services, template: Publication) {
        self.services = services
        self.template = template
    }

    mutating func add(_ line: ByteBuffer) async throws {
        var publication = template
        publication.closes = false
        do throws(Problem) { publication.data = try TextBody.text(line) } catch { throw counted(error) }
        if publication.format == .json { try validate(line) }
        batch.append(publication)
        if batch.count >= services.config.limits.publishBatch { try await publish() }
    }

    /// Publishes what has gathered; all but the last line if that is to close the channel, for which is the last shows
    /// only at the end.
    mutating func publish() async throws {
        let kept = template.closes ? batch.popLast() : nil
        try await send(batch)
        batch = kept.map { [$0] } ?? []
    }

    mutating func finish() async throws {
        if template.closes, !batch.isEmpty { batch[batch.count - 1].closes = true }
        try await send(batch)
        batch = []
    }

    private mutating func send(_ publications: [Publication]) async throws {
        guard !publications.isEmpty else { return }
        for result in await services.broker.publish(publications) {
            switch result {
            case .success(let receipt):
                published += 1
                last = receipt
            case .failure(let error):
                throw counted(Problem(error))
            }
        }
        services.counters.published(publications.count)
    }

    /// Runs the splitter; a line that is too long is a problem that says how many went before.
    func guarding(_ body: () throws(LineSplitter.TooLong) -> ByteBuffer?) throws(Problem) -> ByteBuffer? {
        do throws(LineSplitter.TooLong) { return try body() } catch {
            throw counted(Problem.tooLarge(limit: services.config.limits.longestLine))
        }
    }

    private func validate(_ line: ByteBuffer) throws(Problem) {
        do {
            try line.withUnsafeReadableBytes { try JSONScanner.validate($0) }
        } catch let error as JSONError {
            throw counted(Problem.invalidJSON(error))
        } catch {
            throw counted(Problem(.badRequest, "invalid_json", "\(error)"))
        }
    }

    /// The problem, with the number of lines that were published before it.
    private func counted(_ problem: Problem) -> Problem {
        var problem = problem
        problem.values.append(("published", published))
        return problem
    }

    func response() -> Response {
        .json { writer in
            writer.member("published", published)
            if let last { writer.members(of: last, on: template.channel) }
        }
    }
}
