import BrokerCore
import HTTPTypes
import Hub

/// A WebSocket: any number of channels over one connection, and publications back.
final class WebSocketStream: Transport {
    private struct Publishing {
        var publication: Publication
        var id: String?
    }

    private let options: WebSocketOptions
    private let head: String
    private let refusal: Problem?
    private let starts: [(channel: ChannelName, start: Start)]
    private var decoder: WebSocketDecoder
    /// The ids of `subscribe`s that were not answered yet.
    private var subscribing: [ChannelName: String] = [:]
    /// Publications that wait for those before them: a connection's publications keep their order.
    private var waiting: [Publishing] = []
    private var underWay = 0
    private var lastPing: UInt32 = 0
    /// From when on silence counts.
    private var heardSince: UInt32 = 0

    /// - Parameters:
    ///   - head: the response that accepts the upgrade.
    ///   - refusal: what is wrong with the request. A browser is not shown the answer to an upgrade that is refused, so it is
    ///     accepted, and told over WebSocket.
    init(
        head: String, starts: [(channel: ChannelName, start: Start)], refusal: Problem? = nil, options: WebSocketOptions
    ) {
        self.refusal = refusal
        self.options = options
        self.head = head
        self.starts = starts
        decoder = WebSocketDecoder(maximumBytes: options.messageBytes)
    }

    var form: any WireForm { WebSocketForm.shared }

    func begin(_ session: Session) {
        var writer = ByteWriter()
        writer.append(head)
        session.send(writer.finish())
        if let refusal {
            session.send(WebSocketReply.error(refusal, id: nil))
            return close(session, refusal.status == .tooManyRequests ? .tooMany : .badRequest, refusal.code)
        }
        session.send(WebSocketReply.open())
        lastPing = session.lastRead
        for (channel, start) in starts { _ = session.subscribe(channel, from: start) }
    }

    func opened(_ opening: Opening, _ session: Session) {
        let id = subscribing.removeValue(forKey: opening.channel)
        session.send(WebSocketReply.subscribed(opening, id: id))
    }

    func gap(_ gap: Gap, on channel: ChannelName, _ session: Session) {
        session.send(WebSocketReply.gap(gap, on: channel))
    }

    func ended(_ channel: ChannelName, _ reason: EndReason, _ session: Session) {
        session.send(WebSocketReply.end(channel, reason))
    }

    func tick(_ now: UInt32, _ session: Session) -> UInt32 {
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

    func shutdown(_ session: Session) {
        close(session, .goingAway, "the gateway is shutting down")
    }

    // MARK: Input

    func receive(_ bytes: UnsafeMutableRawBufferPointer, _ session: Session) {
        var input = bytes
        while session.isOpen, let event = decoder.next(&input) {
            switch event {
            case .text(let payload): payload.withUnsafeBytes { handle($0, session) }
            case .binary: close(session, .unsupportedData, "messages are text: one JSON object each")
            case .ping(let payload): payload.withUnsafeBytes { send(.pong, Array($0), session) }
            case .pong: break
            case .close(let code, _): close(session, code, "")
            case .failure(let failure): close(session, failure.code, failure.reason)
            }
        }
        if session.isOpen, isBusy(session) { session.setReading(false) }
    }

    /// The client is ahead of its publications, or does not take its answers: nothing more is read until it is not.
    private func isBusy(_ session: Session) -> Bool {
        waiting.count + underWay >= options.publishesUnderWay || session.isCongested
    }

    func drained(_ session: Session) {
        if !session.isReading, !isBusy(session) { session.setReading(true) }
    }

    private func handle(_ text: UnsafeRawBufferPointer, _ session: Session) {
        var id: String?
        do throws(Problem) {
            let object: JSONObject
            do throws(JSONError) { object = try JSONObject(text) } catch { throw Problem.invalidJSON(error) }
            id = try Self.id(object)
            try perform(WebSocketCommand(object), id, session)
        } catch {
            session.send(WebSocketReply.error(error, id: id))
        }
    }

    /// The client's own name for the request, as it was written.
    private static func id(_ object: JSONObject) throws(Problem) -> String? {
        guard let id = object["id"] else { return nil }
        guard id.kind == .number || id.kind == .string, id.value.count <= 128 else {
            throw Problem(.badRequest, "invalid_field", "\"id\" must be a number or a string of at most 128 bytes")
        }
        return id.verbatim
    }

    private func perform(_ command: WebSocketCommand, _ id: String?, _ session: Session) throws(Problem) {
        switch command {
        case .ping: session.send(WebSocketReply.pong(id: id))
        case .publish(let publication): publish(Publishing(publication: publication, id: id), session)
        case .subscribe(let channel, let since): try subscribe(channel, since, id, session)
        case .unsubscribe(let channel):
            guard session.unsubscribe(channel) else {
                throw Problem(.badRequest, "not_subscribed", "there is no subscription to \"\(channel)\"")
            }
            subscribing[channel] = nil
            session.send(WebSocketReply.unsubscribed(channel, id: id))
        }
    }

    private func subscribe(
        _ channel: ChannelName, _ since: Start?, _ id: String?, _ session: Session
    ) throws(Problem) {
        guard session.channelCount < options.subscriptions else {
            throw Problem(
                .tooManyRequests, "too_many_subscriptions",
                "a connection may follow \(options.subscriptions) channels (limits.subscriptions)")
        }
        guard !session.isSubscribed(to: channel) else {
            throw Problem(.badRequest, "already_subscribed", "there is a subscription to \"\(channel)\"")
        }
        subscribing[channel] = id
        _ = session.subscribe(channel, from: since ?? options.replay(channel))
    }

    // MARK: Publishing

    private func publish(_ publishing: Publishing, _ session: Session) {
        waiting.append(publishing)
        publishWaiting(session)
    }

    /// All that waits goes to the broker as one batch, when the batch before has been answered.
    private func publishWaiting(_ session: Session) {
        guard underWay == 0, !waiting.isEmpty else { return }
        let batch = waiting
        waiting = []
        underWay = batch.count
        let broker = options.broker
        let publications = batch.map(\.publication)
        let ids = batch.map(\.id)
        session.perform(
            { await broker.publish(publications) },
            then: { results, session in
                guard let stream = session.transport as? WebSocketStream else { return }
                stream.options.counters.published(results.count { (try? $0.get()) != nil })
                for (index, result) in results.enumerated() {
                    session.send(Self.reply(publications[index].channel, result, id: ids[index]))
                }
                stream.underWay = 0
                stream.publishWaiting(session)
                stream.drained(session)
            })
    }

    private static func reply(
        _ channel: ChannelName, _ result: Result<Receipt, BrokerError>, id: String?
    ) -> SharedBytes {
        switch result {
        case .success(let receipt): WebSocketReply.published(channel, receipt, id: id)
        case .failure(let error): WebSocketReply.error(Problem(error), id: id)
        }
    }

    // MARK: Frames

    private func send(_ opcode: WebSocketOpcode, _ payload: [UInt8], _ session: Session) {
        var frame: [UInt8] = []
        payload.withUnsafeBytes { WebSocketEncoder.append(opcode, $0, to: &frame) }
        send(frame, session)
    }

    private func close(_ session: Session, _ code: WebSocketCloseCode?, _ reason: String) {
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
