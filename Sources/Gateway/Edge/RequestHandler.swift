import GatewayConfig
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
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
        case stream(StreamRequest)
        case handedOver
    }

    private let services: EdgeServices
    private let watch: ConnectionWatch
    private var phase = Phase.idle
    /// The router's answer is under way.
    private var task: Task<Void, Never>?
    private var executor: EventLoopExecutor?
    /// The client waits for `100 Continue` before it sends the body.
    private var owesContinue = false
    private var mayRead = true
    private var wantsRead = false

    init(services: EdgeServices, watch: ConnectionWatch) {
        self.services = services
        self.watch = watch
    }

    func handlerAdded(context: ChannelHandlerContext) {
        watch.bodyTimedOut = { [weak self] timeout in self?.failBody(timeout, context: context) }
    }

    func handlerRemoved(context _: ChannelHandlerContext) {
        watch.bodyTimedOut = nil
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
                watch.suspendedBody()
            }
        case (.end, .whole(let request, let body)):
            watch.endedBody()
            phase = .idle
            respond(to: Request(head: request, body: RequestBody(buffer: body)), context: context)
        case (.end, .streamed(let source)):
            watch.endedBody()
            phase = .idle
            source.finish()
        case (.end, .stream(let stream)):
            phase = .handedOver
            open(stream, context: context)
        case (.end, .discarding): phase = .idle
        default: break
        }
    }

    private func begin(_ request: HTTPRequest, context: ChannelHandlerContext) {
        do throws(Problem) {
            if let stream = try StreamRequest(request) {
                phase = .stream(stream)
                return
            }
        } catch {
            phase = .discarding
            return answer(error, context: context)
        }
        let length = request.headerFields[.contentLength].flatMap { Int($0) }
        let isEmpty = length == nil && request.headerFields[.transferEncoding] == nil
        if isEmpty || (length ?? .max) <= Self.wholeBodyBytes && request.headerFields[.expect] == nil {
            watch.beganBody(lines: false)
            phase = .whole(request, context.channel.allocator.buffer(capacity: length ?? 0))
        } else {
            watch.beganBody(lines: Self.isLineStream(request))
            stream(request, context: context)
        }
    }

    /// Whether the body is a stream of lines, which may be silent for long.
    private static func isLineStream(_ request: HTTPRequest) -> Bool {
        guard let target = try? Target(request),
            target.path.hasPrefix(Target.channels) || TaskPath(target.path)?.verb == .log
        else { return false }
        return (try? target.query.flag("lines")) ?? false
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

    private func respond(to request: Request, context: ChannelHandlerContext) {
        let channel = context.channel
        let services = services
        let executor = executor ?? EventLoopExecutor(loop: context.eventLoop)
        self.executor = executor
        task = Task(executorPreference: executor) {
            services.counters.requestBegan()
            defer { services.counters.requestEnded() }
            let response = await services.respond(to: request, channel)
            await HTTPAnswer(response: response, isHead: request.method == .head, channel: channel).write()
        }
    }

    private func answer(_ problem: Problem, context: ChannelHandlerContext) {
        let channel = context.channel
        channel.write(HTTPResponsePart.head(problem.response().head), promise: nil)
        channel.write(HTTPResponsePart.body(problem.document), promise: nil)
        channel.writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            let readsOnTheWay = head.status.kind == .successful && head.headerFields[.contentLength] == nil
            if readsOnTheWay { sayContinue(context: context) }
            owesContinue = false
        case .body: break
        case .end:
            task = nil
            if case .streamed = phase { phase = .discarding }
        }
        context.write(data, promise: promise)
    }

    // MARK: Streams

    private func open(_ stream: StreamRequest, context: ChannelHandlerContext) {
        watch.endedBody()
        do throws(Problem) {
            let transport = try stream.transport(services.streams)
            Handover(channel: context.channel, hub: services.hub, takesSocket: services.takesSockets).begin(transport)
        } catch {
            phase = .idle
            answer(error, context: context)
        }
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { wantsRead = true }
    }

    private func readMore(context: ChannelHandlerContext) {
        mayRead = true
        watch.resumedBody()
        guard wantsRead else { return }
        wantsRead = false
        context.read()
    }

    // MARK: Errors

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let parsing = error as? HTTPParserError else {
            context.close(promise: nil)
            return
        }
        let problem = problem(of: parsing)
        if case .streamed = phase { return failBody(problem, context: context) }
        if case .handedOver = phase { return }
        if task != nil { return watch.closeGently() }
        phase = .discarding
        watch.refuse(problem)
    }

    private func problem(of error: HTTPParserError) -> Problem {
        let limits = services.streams.config.limits
        guard error == .headerOverflow else {
            return Problem(.badRequest, "invalid_http", "this is no HTTP/1.1 request (RFC 9112)")
        }
        if !watch.hasRequestLine {
            return Problem(.uriTooLong, "target_too_long", "a request line may have \(limits.headerBytes) bytes")
        }
        return Problem(
            .requestHeaderFieldsTooLarge, "headers_too_large",
            "a request may have \(limits.headerCount) headers of \(limits.headerBytes) bytes together")
    }

    private func failBody(_ error: any Error, context _: ChannelHandlerContext) {
        if case .streamed = phase { return endBody(error) }
        phase = .discarding
        watch.refuse(
            error as? Problem ?? Problem(.requestTimeout, "timeout", "the request's body came to a standstill"))
    }

    private func endBody(_ error: any Error) {
        guard case .streamed(let source) = phase else { return }
        phase = .discarding
        source.finish(error)
    }
}
