import GatewayConfig
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTPTypes

/// One request at a time: streams are handed over, everything else goes to the router and its answer back.
final class RequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Bodies of a declared length up to this, in bytes, are taken whole before the router is asked.
    private static let wholeBodyBytes = 64 << 10

    private enum Phase {
        case idle
        case whole(HTTPRequest, ByteBuffer)
        case streamed(RequestBodySource)
        /// The rest of the request is of no interest.
        case discarding
        /// It is answered with this when it has ended, so that the connection can go on.
        case refused(Problem)
        case stream(StreamRequest)
        /// Whether a page may send what it wants to send, which is all that was asked.
        case preflight(HTTPResponse)
        case handedOver
    }

    private let services: EdgeServices
    private let carrier: any RequestCarrier
    private var phase = Phase.idle
    /// The router's answer is under way.
    private var task: Task<Void, Never>?
    private var executor: EventLoopExecutor?
    /// The request is counted for whom a proxy has sent it.
    private var hold: Hold?
    /// It counts as under way, from its head to the last of its answer.
    private var isUnderWay = false
    private var record = RequestRecord(id: RequestID(), method: "", target: "")
    /// The client waits for `100 Continue` before it sends the body.
    private var owesContinue = false
    private var sender = RequestSender()
    private var mayRead = true
    private var wantsRead = false

    init(services: EdgeServices, carrier: any RequestCarrier) {
        self.services = services
        self.carrier = carrier
    }

    func handlerAdded(context: ChannelHandlerContext) {
        carrier.bodyTimedOut = { [weak self] timeout in self?.failBody(timeout, context: context) }
    }

    func handlerRemoved(context _: ChannelHandlerContext) {
        carrier.bodyTimedOut = nil
        if isUnderWay { services.counters.requestEnded() }
        isUnderWay = false
    }

    func channelInactive(context: ChannelHandlerContext) {
        endBody(ChannelError.eof)
        task?.cancel()
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), phase) {
        case (.head(let request), .idle): begin(request, context: context)
        case (.body(let buffer), .whole(let request, var body)):
            phase = .discarding
            body.writeImmutableBuffer(buffer)
            phase = .whole(request, body)
        case (.body(let buffer), .streamed(let source)):
            if !source.yield(buffer) {
                mayRead = false
                carrier.suspendedBody()
            }
        case (.end, .whole(let request, let body)):
            carrier.endedBody()
            phase = .idle
            respond(to: Request(head: request, body: RequestBody(buffer: body)), context: context)
        case (.end, .streamed(let source)):
            carrier.endedBody()
            phase = .idle
            source.finish()
        case (.end, .stream(let stream)):
            phase = .handedOver
            open(stream, context: context)
        case (.end, .refused(let problem)):
            carrier.endedBody()
            phase = .idle
            answer(problem, context: context)
        case (.end, .preflight(let response)):
            carrier.endedBody()
            phase = .idle
            answer(response, context: context)
        case (.end, .discarding): phase = .idle
        default: break
        }
    }

    private func begin(_ request: HTTPRequest, context: ChannelHandlerContext) {
        let id = RequestID(given: request.headerFields[.xRequestID], trusted: carrier.peer.isProxy)
        record = RequestRecord(id: id, method: request.method.rawValue, target: request.path ?? "")
        sender = RequestSender(address: carrier.peer.name)
        count()
        do throws(Problem) {
            let client = try carrier.peer.client(of: request.headerFields)
            if let client { sender.address = client.description }
            hold = try services.limits.connections.admit(
                client, of: carrier.peer, isOneOfMany: carrier.isOneOfMany)
            sender.origin = try judge(request)
            if let preflight = sender.origin.preflight(request) {
                phase = .preflight(preflight)
                return
            }
            if var stream = try StreamRequest(request) {
                stream.responseFields = sender.origin.fields
                stream.responseFields[.xRequestID] = id.description
                phase = .stream(stream)
                return
            }
        } catch {
            return refuse(request, error, context: context)
        }
        if isTakenWhole(request) {
            carrier.beganBody(.whole)
            phase = .whole(request, ByteBuffer())
        } else {
            carrier.beganBody(Self.bodyKind(request))
            stream(request, context: context)
        }
    }

    private func count() {
        guard !isUnderWay else { return }
        isUnderWay = true
        services.counters.requestBegan()
    }

    private func refuse(_ request: HTTPRequest, _ problem: Problem, context: ChannelHandlerContext) {
        guard isTakenWhole(request) else {
            phase = .discarding
            return answer(problem, context: context)
        }
        carrier.beganBody(.whole)
        phase = .refused(problem)
    }

    /// There is no body, or one that is waited for before the request is answered.
    private func isTakenWhole(_ request: HTTPRequest) -> Bool {
        guard carrier.hasBody(request) else { return true }
        guard let length = request.headerFields[.contentLength] else { return false }
        return (Int(length) ?? .max) <= Self.wholeBodyBytes && request.headerFields[.expect] == nil
    }

    private static func bodyKind(_ request: HTTPRequest) -> RequestBodyKind {
        guard let target = try? Target(request) else { return .whole }
        if target.path == "/v1/publish" { return .stream }
        guard target.path.hasPrefix(Target.channels) || TaskPath(target.path)?.verb == .log else { return .whole }
        return (try? target.query.flag("lines")) ?? false ? .lines : .whole
    }

    /// - Throws: ``Problem`` for a request that a page must not make.
    private func judge(_ request: HTTPRequest) throws(Problem) -> PageOrigin {
        guard OriginRules.concern(request.path ?? "") else { return .own }
        let origins = services.publish.services.origins
        try origins.check(RequestSite(scheme: request.scheme ?? "http", authority: request.authority))
        return try origins.judge(
            request.method, request.headerFields, at: RequestSite(request, isProxied: carrier.peer.isProxy))
    }

    private func stream(_ request: HTTPRequest, context: ChannelHandlerContext) {
        let loop = context.eventLoop
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        owesContinue = request.headerFields[.expect]?.lowercased() == "100-continue"
        let source = RequestBodySource(
            more: { loop.execute { bound.value.handler.readMore(context: bound.value.context) } },
            begun: { loop.execute { bound.value.handler.sayContinue(context: bound.value.context) } })
        phase = .streamed(source)
        respond(to: Request(head: request, body: source.body), context: context)
    }

    /// Says `100 Continue` (RFC 9110 §10.1.1) when the body is wanted: when it is first read, or when an answer begins that reads it on the
    /// way. Behind the head of an answer it would be taken for the answer's body.
    private func sayContinue(context: ChannelHandlerContext) {
        guard owesContinue else { return }
        owesContinue = false
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    // MARK: Answers

    private func executor(_ context: ChannelHandlerContext) -> EventLoopExecutor {
        let executor = executor ?? EventLoopExecutor(loop: context.eventLoop)
        self.executor = executor
        return executor
    }

    private func respond(to request: Request, context: ChannelHandlerContext) {
        let channel = context.channel
        let services = services
        let sender = sender
        let record = record
        let executor = executor(context)
        task = Task(executorPreference: executor) {
            services.counters.requestBegan()
            defer { services.counters.requestEnded() }
            var response = await services.respond(to: request, record.id, from: sender, channel)
            response.headers[.xRequestID] = record.id.description
            await HTTPAnswer(response: response, isHead: request.method == .head, channel: channel).write()
            record.end(response.status.code, services.logger)
        }
    }

    private func answer(_ problem: Problem, context: ChannelHandlerContext) {
        var problem = problem
        problem.name(record.id)
        problem.headers[.xRequestID] = record.id.description
        record.end(problem.status.code, services.logger)
        services.counters.refusals.count(problem)
        context.channel.write(problem)
    }

    private func answer(_ response: HTTPResponse, context: ChannelHandlerContext) {
        context.channel.write(HTTPResponsePart.head(response), promise: nil)
        context.channel.writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var part = unwrapOutboundIn(data)
        var promise = promise
        switch part {
        case .head(var head) where head.status.kind != .informational:
            let readsOnTheWay = head.status.kind == .successful && head.headerFields[.contentLength] == nil
            if readsOnTheWay { sayContinue(context: context) }
            owesContinue = false
            for field in sender.origin.fields { head.headerFields[field.name] = field.value }
            head.headerFields[.xContentTypeOptions] = "nosniff"
            // RFC 9110 §8.6.
            if head.status == .noContent || head.status == .notModified { head.headerFields[.contentLength] = nil }
            part = .head(head)
        case .head, .body: break
        case .end:
            task = nil
            hold = nil
            if case .streamed = phase { phase = .discarding }
            promise = leaving(promise, context: context)
        }
        context.write(wrapOutboundOut(part), promise: promise)
    }

    /// The request is under way until the end of its answer has left.
    private func leaving(
        _ promise: EventLoopPromise<Void>?, context: ChannelHandlerContext
    ) -> EventLoopPromise<Void>? {
        guard isUnderWay else { return promise }
        isUnderWay = false
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        let counters = services.counters
        written.futureResult.whenComplete { _ in counters.requestEnded() }
        return written
    }

    // MARK: Streams

    private func open(_ stream: StreamRequest, context: ChannelHandlerContext) {
        carrier.endedBody()
        guard services.streams.gate.isOpen else { return ask(stream, context: context) }
        handOver(
            Result { () throws(Problem) in try stream.transport(services.streams, from: sender.address) },
            context: context)
    }

    /// Somebody may have to be asked, and until the answer nothing else is read.
    private func ask(_ stream: StreamRequest, context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let (streams, sender, loop) = (services.streams, sender, context.eventLoop)
        task = Task(executorPreference: executor(context)) {
            let transport: Result<TransportMaker, Problem>
            do throws(Problem) {
                transport = .success(try await stream.transport(streams, askedBy: sender))
            } catch {
                transport = .failure(error)
            }
            loop.execute { bound.value.handler.handOver(transport, context: bound.value.context) }
        }
    }

    private func handOver(_ transport: Result<TransportMaker, Problem>, context: ChannelHandlerContext) {
        task = nil
        guard context.channel.isActive else { return }
        do throws(Problem) {
            let transport = try transport.get()
            let request = takeCount()
            // One that begins during a drain ends at once, and is waited for like a request.
            let holds = [hold, services.counters.isDraining ? request : nil].compactMap(\.self)
            carrier.handOver(to: services.hub, holds: holds) { withExtendedLifetime(request) { transport() } }
            record.end(200, services.logger, as: "stream")
        } catch {
            phase = .idle
            answer(error, context: context)
        }
    }

    /// What keeps the request counted from here on: until the Hub counts the stream.
    private func takeCount() -> Hold? {
        guard isUnderWay else { return nil }
        isUnderWay = false
        let counters = services.counters
        return Hold { counters.requestEnded() }
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { wantsRead = true }
    }

    private func readMore(context: ChannelHandlerContext) {
        mayRead = true
        carrier.resumedBody()
        guard wantsRead else { return }
        wantsRead = false
        context.read()
    }

    // MARK: Errors

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let limits = services.streams.config.limits
        let bounds = RequestLimits(bytes: limits.headerBytes, count: limits.headerCount)
        guard let problem = carrier.problem(of: error, bounds) else {
            context.close(promise: nil)
            return
        }
        if case .streamed = phase { return failBody(problem, context: context) }
        if case .handedOver = phase { return }
        if task != nil { return carrier.closeGently() }
        phase = .discarding
        carrier.refuse(problem)
    }

    private func failBody(_ error: any Error, context _: ChannelHandlerContext) {
        if case .streamed = phase { return endBody(error) }
        phase = .discarding
        carrier.refuse(
            error as? Problem ?? Problem(.requestTimeout, "timeout", "the request's body came to a standstill"))
    }

    private func endBody(_ error: any Error) {
        guard case .streamed(let source) = phase else { return }
        phase = .discarding
        source.finish(error)
    }
}
