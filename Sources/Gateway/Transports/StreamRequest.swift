import Access
import BrokerCore
import GatewayConfig
import HTTPTypes
import Hub
import Tasks

/// Makes a stream's transport, on its shard.
typealias TransportMaker = @Sendable () -> any Transport

/// A request that is answered by a stream, and so leaves HTTP.
struct StreamRequest {
    private enum Kind {
        case eventStream, webSocket, text
    }

    /// Where what is followed stands.
    private enum Naming {
        case query
        case channelPath
        case taskPath(TaskPath)
    }

    /// Paths that have streams and nothing else.
    static let paths = ["/v1/events", "/v1/ws"]

    private let kind: Kind
    private let naming: Naming
    private let target: Target
    private let headers: HTTPFields
    /// What the response's head has beside its own, where it leads to a stream.
    var responseFields: HTTPFields = [:]

    /// `nil` when the request is for the router.
    /// - Throws: ``Problem`` when the query is broken.
    init?(_ request: HTTPRequest) throws(Problem) {
        guard request.method == .get, let path = request.path, path.hasPrefix("/v1/") else { return nil }
        let target = try Target(request)
        guard let naming = Self.naming(target.path),
            let kind = try Self.kind(naming, target, request.headerFields)
        else { return nil }
        self.kind = kind
        self.naming = naming
        self.target = target
        headers = request.headerFields
    }

    private static func naming(_ path: String) -> Naming? {
        if paths.contains(path) { return .query }
        if let task = TaskPath(path) { return task.verb == .cancel ? nil : .taskPath(task) }
        return path.hasPrefix(Target.channels) && path != Target.channels ? .channelPath : nil
    }

    private static func kind(_ naming: Naming, _ target: Target, _ headers: HTTPFields) throws(Problem) -> Kind? {
        let accept = Accept(headers[.accept])
        switch naming {
        case .query: return target.path == "/v1/ws" ? .webSocket : .eventStream
        // A log is text, and nothing else.
        case .taskPath(let path) where path.verb == .log: return try target.query.flag("follow") ? .text : nil
        case .channelPath, .taskPath:
            if headers[.upgrade]?.lowercased() == "websocket" { return .webSocket }
            if accept.wantsEventStream { return .eventStream }
            guard case .channelPath = naming, accept.prefersText || accept.takesAnything else { return nil }
            return try target.query.flag("follow") ? .text : nil
        }
    }

    /// What makes the stream's transport.
    /// - Parameters:
    ///   - identity: who reads; `nil`: nothing is protected.
    ///   - address: the client's, without a port.
    /// - Throws: ``Problem`` that says what is wrong with the request, or that it is one too many.
    func transport(
        _ streams: StreamOptions, for identity: Identity? = nil, from address: String
    ) throws(Problem) -> TransportMaker {
        let expiry = StreamExpiry(
            identity, by: streams.gate.control, countedIn: streams.counters.refusals,
            hold: try streams.limits.admitStream(of: identity))
        switch kind {
        case .eventStream: return try eventStream(streams, expiry)
        case .webSocket: return try webSocket(streams, from: address)
        case .text: return try text(streams, expiry)
        }
    }

    /// The same, once who asks was found to be allowed it.
    /// - Throws: ``Problem`` that says what is wrong with the request, or with who asks.
    func transport(
        _ streams: StreamOptions, askedBy sender: RequestSender
    ) async throws(Problem) -> TransportMaker {
        if case .webSocket = kind { return try await webSocket(streams, askedBy: sender) }
        let caller = try await streams.gate.caller(streams.gate.credentials(headers, target.query, sender))
        try await caller.requireAll(.subscribe, subjects(streams).map(\.channel))
        return try transport(streams, for: caller.identity, from: sender.address)
    }

    private func eventStream(
        _ streams: StreamOptions, _ expiry: StreamExpiry
    ) throws(Problem) -> TransportMaker {
        let isSeveral = if case .query = naming { true } else { false }
        let starts = try starts(streams, severally: isSeveral)
        guard !starts.isEmpty else {
            throw Problem(.badRequest, "invalid_channel", "the query names no channel: ?channel=a&channel=b")
        }
        if isSeveral, try wantsFrames() { return try frames(starts, streams, expiry) }
        let inspector = streams.tasks
        var options = streams.eventStream
        options.pingsAreEvents = try pingsAreEvents()
        let head = StreamHead.eventStream(coding(streams)).adding(responseFields)
        return { [options] in
            EventStream(
                head: head, starts: starts, isSeveral: isSeveral, tasks: TaskOpenings(inspector), options: options,
                expiry: expiry)
        }
    }

    private func frames(
        _ starts: [StreamStart], _ streams: StreamOptions, _ expiry: StreamExpiry
    ) throws(Problem) -> TransportMaker {
        let inspector = streams.tasks
        let heartbeat = streams.eventStream.heartbeat
        let wait = try target.query.integer("wait", in: 1...FrameStream.maximumWait).map { UInt32($0) }
        let head = StreamHead.eventStream(coding(streams)).adding(responseFields)
        return {
            FrameStream(
                head: head, starts: starts, tasks: TaskOpenings(inspector), heartbeat: heartbeat, wait: wait,
                expiry: expiry)
        }
    }

    private func text(
        _ streams: StreamOptions, _ expiry: StreamExpiry
    ) throws(Problem) -> TransportMaker {
        let starts = try starts(streams, severally: false)
        let head = StreamHead.text(coding(streams)).adding(responseFields)
        return { TextStream(head: head, channel: starts[0].channel, start: starts[0].start, expiry: expiry) }
    }

    private func webSocket(_ streams: StreamOptions, from address: String) throws(Problem) -> TransportMaker {
        let deflate = agreedDeflate(streams)
        let head = try WebSocketUpgrade.accept(headers, deflate).adding(responseFields)
        let options = streams.webSocket
        do throws(Problem) {
            let starts = try starts(streams, severally: false)
            return {
                WebSocketStream(head: head, deflate: deflate, starts: starts, options: options, address: address)
            }
        } catch {
            return { WebSocketStream(head: head, deflate: deflate, starts: [], refusal: error, options: options) }
        }
    }

    private func webSocket(
        _ streams: StreamOptions, askedBy sender: RequestSender
    ) async throws(Problem) -> TransportMaker {
        let deflate = agreedDeflate(streams)
        let head = try WebSocketUpgrade.accept(headers, deflate).adding(responseFields)
        let options = streams.webSocket
        do throws(Problem) {
            let starts = try starts(streams, severally: false)
            let credentials = try streams.gate.credentials(headers, target.query, sender)
            let access = try await WebSocketAccess(
                credentials, starts.map(\.channel), streams.gate, streams.limits)
            return { WebSocketStream(head: head, deflate: deflate, starts: starts, options: options, access: access) }
        } catch {
            return { WebSocketStream(head: head, deflate: deflate, starts: [], refusal: error, options: options) }
        }
    }

    private func agreedDeflate(_ streams: StreamOptions) -> PermessageDeflate? {
        streams.config.compression ? PermessageDeflate(accepting: headers[.secWebSocketExtensions]) : nil
    }

    private func coding(_ streams: StreamOptions) -> StreamHead.Coding {
        streams.config.compression && AcceptEncoding.prefersGzip(headers[.acceptEncoding]) ? .gzip : .identity
    }

    private func pingsAreEvents() throws(Problem) -> Bool {
        switch target.query["ping"] {
        case nil, "comment": false
        case "event": true
        case let other?: throw Problem.invalidQuery("ping", other, "event or comment")
        }
    }

    private func wantsFrames() throws(Problem) -> Bool {
        switch target.query["form"] {
        case nil, "events": false
        case "frames": true
        case let other?: throw Problem.invalidQuery("form", other, "events or frames")
        }
    }

    /// What is to be followed, and from where.
    /// - Parameter severally: the last id names the channels, though there may be one only.
    private func starts(_ streams: StreamOptions, severally: Bool) throws(Problem) -> [StreamStart] {
        let subjects = try subjects(streams)
        let selection = StartSelection(streams.config)
        guard subjects.count == 1, !severally else { return try selection.starts(of: subjects, target.query, headers) }
        let start = try selection.start(of: subjects[0].channel, target.query, headers)
        return [StreamStart(subject: subjects[0], start: start)]
    }

    private func subjects(_ streams: StreamOptions) throws(Problem) -> [StreamSubject] {
        switch naming {
        case .query: return try subjectsOfQuery(streams)
        case .channelPath: return [.channel(try target.channel())]
        case .taskPath(let path):
            let id = try path.id(in: streams.namespace)
            return [kind == .text ? .channel(id.channel) : .task(id)]
        }
    }

    /// The tasks and channels that the query names, each once.
    private func subjectsOfQuery(_ streams: StreamOptions) throws(Problem) -> [StreamSubject] {
        var subjects: [StreamSubject] = []
        var seen: Set<ChannelName> = []
        for id in target.query.all("task") {
            let task = try streams.namespace.task(id)
            if seen.insert(task.channel).inserted { subjects.append(.task(task)) }
        }
        for name in target.query.all("channel") {
            let channel = try Target.channel(name)
            if seen.insert(channel).inserted { subjects.append(.channel(channel)) }
        }
        let most = streams.config.limits.subscriptions
        guard subjects.count <= most else {
            throw Problem(
                .tooManyRequests, "too_many_subscriptions",
                "a connection may follow \(most) channels (limits.subscriptions)")
        }
        return subjects
    }
}
