import Access
import BrokerCore
import HTTPTypes
import Hub
import JSONText
import Tasks

/// A WebSocket: any number of channels over one connection, and publications back.
final class WebSocketStream: TaskReader {
    /// What is used once: it has no place in the memory of an idle reader.
    final class Beginning {
        let head: StreamHead
        let refusal: Problem?
        let starts: [StreamStart]

        init(head: StreamHead, refusal: Problem?, starts: [StreamStart]) {
            self.head = head
            self.refusal = refusal
            self.starts = starts
        }
    }

    static let frames = Frames(envelope: .webSocket)
    /// The longest name that a client may give to a request of its own, in bytes.
    private static let maximumIDBytes = 128

    let form: any WireForm
    let tasks: TaskOpenings
    let options: WebSocketOptions
    /// Until the stream has begun.
    var beginning: Beginning?
    /// The client's, without a port.
    private let address: String
    private var decoder: WebSocketDecoder
    /// The ids of `subscribe`s that were not answered yet.
    var subscribing: [ChannelName: String] = [:]
    /// `nil`: nothing is protected.
    let protection: WebSocketProtection?
    /// `nil`: nothing was published yet, as on most connections.
    private(set) var publisher: WebSocketPublisher?
    private var lastPing: UInt32 = 0
    /// From when on silence counts.
    private var heardSince: UInt32 = 0
    /// The gateway shuts down.
    private var isLeaving = false

    /// - Parameters:
    ///   - head: the response that accepts the upgrade.
    ///   - deflate: how messages are compressed, as the response says.
    ///   - refusal: what is wrong with the request. A browser is not shown the answer to an upgrade that is refused, so it is
    ///     accepted, and told over WebSocket.
    init(
        head: StreamHead, deflate: PermessageDeflate? = nil, starts: [StreamStart], refusal: Problem? = nil,
        options: WebSocketOptions, access: WebSocketAccess? = nil, address: String = ""
    ) {
        form = deflate.map(DeflatedFrameForm.form) ?? FrameForm.webSocket
        self.address = address
        protection = access.map(WebSocketProtection.init)
        beginning = Beginning(head: head, refusal: refusal, starts: starts)
        self.options = options
        tasks = TaskOpenings(options.inspector)
        decoder = WebSocketDecoder(maximumBytes: options.messageBytes, allowsCompression: deflate != nil)
    }

    var kind: String { "websocket" }

    func begin(_ session: Session) {
        guard let beginning else { return }
        beginning.head.send(on: session)
        if let refusal = beginning.refusal { return end(session, refusal) }
        session.send(Self.frames.open())
        lastPing = session.lastRead
        protection?.access.begin(session.lastRead)
        if !(protection?.access.isWaiting ?? false) { beginStarts(session) }
    }

    func opened(_ opening: Opening, _ session: Session) {
        let word = tasks.opened(opening, session)
        if case .later = word { return }
        let id = subscribing.removeValue(forKey: opening.channel)
        if case .task(let snapshot) = word { session.send(Self.frames.task(snapshot, id: id)) }
        session.send(Self.frames.subscribed(opening, task: word.task, id: id))
    }

    func gap(_ gap: Gap, on channel: ChannelName, _ session: Session) {
        if !tasks.isOpening(channel) { session.send(Self.frames.gap(gap, on: channel)) }
    }

    func ended(_ channel: ChannelName, _ reason: EndReason, _ session: Session) {
        session.send(Self.frames.end(channel, reason))
        forget(channel, session)
    }

    func tick(_ now: UInt32, _ session: Session) -> UInt32 {
        guard let problem = problem(now) else {
            return min(beat(now, session), protection?.access.second ?? .max)
        }
        end(session, problem)
        return now
    }

    /// Pings, and gives up who was not heard of.
    private func beat(_ now: UInt32, _ session: Session) -> UInt32 {
        // A reader that is only slow has our ping still before it, and one that we do not read can't be heard.
        guard session.hasNothingWaiting, session.isReading else {
            heardSince = now
            return now + 1
        }
        let heard = max(session.lastRead, heardSince)
        if now - heard >= options.silence {
            close(session, .noPong, "nothing was heard of you for \(options.silence) s")
            return now
        }
        if now - lastPing >= options.ping {
            lastPing = now
            send(.ping, [], session)
        }
        return min(lastPing + options.ping, heard + options.silence)
    }

    /// What is being published is answered first, and nothing more is taken.
    func shutdown(_ session: Session) {
        isLeaving = true
        session.setReading(false)
        leaveIfDone(session)
    }

    private func leaveIfDone(_ session: Session) {
        guard isLeaving, publishing == 0 else { return }
        close(session, .goingAway, "the gateway is shutting down")
    }

    // MARK: Input

    func receive(_ bytes: UnsafeMutableRawBufferPointer, _ session: Session) {
        if let protection, protection.isWaiting { return protection.held += bytes }
        var input = bytes
        while session.isOpen, !isWaiting, let event = decoder.next(&input) {
            switch event {
            case .text(let payload): payload.withUnsafeBytes { handle($0, session) }
            case .binary: close(session, .unsupportedData, "messages are text: one JSON object each")
            case .ping(let payload): payload.withUnsafeBytes { send(.pong, Array($0), session) }
            case .pong: break
            case .close(let code, _): close(session, code, "")
            case .failure(let failure): close(session, failure.code, failure.reason)
            }
        }
        if let protection, protection.isWaiting { protection.held += input }
        if session.isOpen, isBusy(session) { session.setReading(false) }
    }

    /// The client is ahead of its publications, or does not take its answers: nothing more is read until it is not.
    private func isBusy(_ session: Session) -> Bool {
        publishing >= options.publishesUnderWay || session.isCongested || isWaiting
    }

    /// Publications that are not answered yet.
    private var publishing: Int { publisher?.count ?? 0 }

    /// Somebody has to answer before anything more is taken.
    private var isWaiting: Bool { protection?.isWaiting ?? false }

    /// There is an answer: what has come behind the question is taken.
    func resume(_ session: Session) {
        guard let protection, !protection.isWaiting else { return }
        var input = protection.held
        protection.held = []
        input.withUnsafeMutableBytes { receive($0, session) }
        drained(session)
    }

    func drained(_ session: Session) {
        if isLeaving { return leaveIfDone(session) }
        if !session.isReading, !isBusy(session) { session.setReading(true) }
    }

    private func handle(_ text: UnsafeRawBufferPointer, _ session: Session) {
        if protection == nil, !options.gate.isOpen { return end(session, .tokenMissing) }
        var id: String?
        do throws(Problem) {
            let object: JSONObject
            do throws(JSONError) { object = try JSONObject(text) } catch { throw Problem.invalidJSON(error) }
            id = try Self.id(object)
            try perform(WebSocketCommand(object, tasks: options.namespace), id, session)
        } catch {
            refuse(error, id: id, session)
        }
    }

    func refuse(_ problem: Problem, id: String?, _ session: Session) {
        options.counters.refusals.count(problem)
        session.send(Self.frames.error(problem, id: id))
    }

    /// The client's own name for the request, as it was written.
    private static func id(_ object: JSONObject) throws(Problem) -> String? {
        guard let id = object["id"] else { return nil }
        guard id.kind == .number || id.kind == .string, id.value.count <= maximumIDBytes else {
            throw Problem(
                .badRequest, "invalid_field",
                "\"id\" must be a number or a string of at most \(maximumIDBytes) bytes")
        }
        return id.verbatim
    }

    private func perform(_ command: WebSocketCommand, _ id: String?, _ session: Session) throws(Problem) {
        switch command {
        case .ping: session.send(Self.frames.pong(id: id))
        case .publish(let publication):
            try publish(publication, id, session)
        case .subscribe(let subject, let since): try subscribe(subject, since, id, session)
        case .unsubscribe(let subject): try unsubscribe(subject, id, session)
        case .auth(let token): try verify(token, isRenewal: false, id, session)
        case .refresh(let token): try verify(token, isRenewal: true, id, session)
        }
    }

    private func publish(_ publication: Publication, _ id: String?, _ session: Session) throws(Problem) {
        try publication.checkReserved(options.namespace)
        let caller = protection?.access.caller
        try options.limits.admitMessage(of: caller?.publisher ?? TrafficLimits.address + address)
        let publisher = publisher ?? WebSocketPublisher(options)
        self.publisher = publisher
        publisher.publish(publication, id: id, by: caller, session)
    }

    private func subscribe(
        _ subject: StreamSubject, _ since: Start?, _ id: String?, _ session: Session
    ) throws(Problem) {
        let channel = subject.channel
        let asking = protection?.asking ?? [:]
        guard session.channelCount + tasks.unsubscribedCount(session) + asking.count < options.subscriptions else {
            throw Problem(
                .tooManyRequests, "too_many_subscriptions",
                "a connection may follow \(options.subscriptions) channels (limits.subscriptions)")
        }
        guard !session.isSubscribed(to: channel), !tasks.isOpening(channel), asking[channel] == nil else {
            throw Problem(.badRequest, "already_subscribed", "there is a subscription to \"\(channel)\"")
        }
        subscribing[channel] = id
        let start = StreamStart(subject: subject, start: since ?? options.replay(channel))
        ask(start, session)
    }

    private func unsubscribe(_ subject: StreamSubject, _ id: String?, _ session: Session) throws(Problem) {
        let channel = subject.channel
        let wasOpening = tasks.cancel(channel)
        let wasAsking = protection?.takeBack(channel) ?? false
        guard session.unsubscribe(channel) || wasOpening || wasAsking else {
            throw Problem(.badRequest, "not_subscribed", "there is no subscription to \"\(channel)\"")
        }
        subscribing[channel] = nil
        protection?.access.followed.remove(channel)
        session.send(Self.frames.unsubscribed(channel, task: subject.task, id: id))
    }

    // MARK: Frames

    private func send(_ opcode: WebSocketOpcode, _ payload: [UInt8], _ session: Session) {
        var frame: [UInt8] = []
        payload.withUnsafeBytes { WebSocketEncoder.append(opcode, $0, to: &frame) }
        send(frame, session)
    }

    func close(_ session: Session, _ code: WebSocketCloseCode?, _ reason: String) {
        var frame: [UInt8] = []
        WebSocketEncoder.appendClose(code, reason: reason, to: &frame)
        send(frame, session)
        session.finish()
    }

    private func send(_ frame: [UInt8], _ session: Session) {
        var writer = ByteWriter(capacity: frame.count)
        frame.withUnsafeBytes { writer.append($0) }
        session.send(writer.finish())
    }
}
