import Access
import BrokerCore
import GatewayConfig
import Hub
import Hummingbird
import JSONText
import NIOCore
import Tasks

/// `POST /v1/publish`: a publication a line, an answer a line, in order. A wrong line is answered with its problem; the
/// others go through. The body may be of any length: it is read no faster than it is published and answered.
struct NDJSONRoute: Sendable {
    let services: Services

    func publish(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let caller = try await services.gate.caller(request, context)
        let services = services
        let body = request.body
        return Response(
            status: .ok, headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await Self.answer(body, services, caller, &writer)
                try await writer.finish(nil)
            })
    }

    private static func answer(
        _ body: RequestBody, _ services: Services, _ caller: Caller, _ writer: inout any ResponseBodyWriter
    ) async throws {
        let limit = Publication.longestObject(dataBytes: services.live.read(\.limits.messageBytes))
        var splitter = LineSplitter(limit: limit)
        var batch = NDJSONBatch(services: services, caller: caller)
        do {
            for try await part in body {
                splitter.append(part)
                while let line = try splitter.next() {
                    await batch.add(line)
                    if batch.isFull { try await batch.answer(&writer) }
                }
                try await batch.answer(&writer)
            }
            if let line = try splitter.last() { await batch.add(line) }
        } catch is LineSplitter.TooLong {
            batch.add(
                Problem(
                    .contentTooLarge, "message_too_large", "a line may have \(limit) bytes; nothing behind it was read")
            )
        } catch let timeout as BodyTimeout {
            batch.add(
                Problem(.requestTimeout, "timeout", "nothing came for \(timeout.seconds) s inside the request's body"))
        }
        try await batch.answer(&writer)
    }
}

/// The lines of one round trip to the broker.
private struct NDJSONBatch {
    let services: Services
    private let caller: Caller
    private var lines: [Result<Publication, Problem>] = []

    init(services: Services, caller: Caller) {
        self.services = services
        self.caller = caller
    }

    var isFull: Bool { lines.count >= services.live.read(\.limits.publishBatch) }

    mutating func add(_ problem: Problem) {
        lines.append(.failure(problem))
    }

    mutating func add(_ line: ByteBuffer) async {
        // White space between lines is no publication.
        guard line.readableBytesView.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
        do throws(Problem) {
            let publication = try Self.publication(line)
            try publication.checkReserved(services.tasks.namespace)
            try await caller.require(.publish, publication.channel)
            lines.append(.success(publication))
        } catch {
            lines.append(.failure(error))
        }
    }

    private static func publication(_ line: ByteBuffer) throws(Problem) -> Publication {
        let read: Result<Publication, Problem> = line.withUnsafeReadableBytes { bytes in
            Result { () throws(Problem) in
                let object: JSONObject
                do throws(JSONError) { object = try JSONObject(bytes) } catch { throw Problem.invalidJSON(error) }
                return try Publication(object)
            }
        }
        return try read.get()
    }

    /// Publishes what is right, and answers each line in its place.
    mutating func answer(_ writer: inout any ResponseBodyWriter) async throws {
        guard !lines.isEmpty else { return }
        let publications = lines.compactMap { try? $0.get() }
        try await services.limits.pace(publications.count, of: caller.publisher)
        var results = await services.broker.publish(publications)[...]
        var bytes = ByteWriter(capacity: lines.count * 96)
        for line in lines {
            switch line {
            case .success(let publication): append(publication.channel, results.popFirst(), to: &bytes)
            case .failure(let problem): append(problem, to: &bytes)
            }
        }
        lines.removeAll(keepingCapacity: true)
        try await writer.write(ByteBuffer(bytes.finish()))
    }

    private func append(_ channel: ChannelName, _ result: Result<Receipt, BrokerError>?, to bytes: inout ByteWriter) {
        switch result ?? .failure(.unavailable(reason: "it did not answer")) {
        case .success(let receipt):
            bytes.object { $0.members(of: receipt, on: channel) }
            bytes.append("\n")
        case .failure(let error):
            append(Problem(error), to: &bytes)
        }
    }

    private func append(_ problem: Problem, to bytes: inout ByteWriter) {
        services.counters.refusals.count(problem)
        problem.append(to: &bytes)
        bytes.append("\n")
    }
}
