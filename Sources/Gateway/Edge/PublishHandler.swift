import BrokerCore
import NIOCore
import NIOHTTP1

/// The short way for the request that there is most of: one that publishes a single message. It is answered here,
/// without the router and a task of its own. Whatever else comes, and all that is not simple about it, goes on to the
/// router, whose publishing route does the same by the same functions.
///
/// Publications that arrive in one read are one run: they go to the broker together, in order, and are answered by one
/// write.
final class PublishHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let route: PublishRoute
    private let desk: PublishDesk
    private let watch: ConnectionWatch
    /// The publication whose body is coming.
    private var order: PublishOrder?
    /// Who sends it.
    private var sender: Caller?
    private var run: [Result<Publication, Problem>] = []
    private var records: [RequestRecord] = []
    /// What is coming, or waits for its answer, counts as under way.
    private var isUnderWay = false
    /// The run is at the broker.
    private var isPublishing = false
    /// Requests that have gone to the router and have no answer yet.
    private var routed = 0
    /// The connection ends with the answer to what went to the router: nothing behind it is served (RFC 9112 §9.3).
    private var isLast = false
    private var hasEnded = false
    /// What came behind the run: at most what was read at once, for nothing is read while it waits.
    private var waiting = CircularBuffer<Result<HTTPServerRequestPart, any Error>>()
    private var wantsRead = false
    private var context: ChannelHandlerContext?

    init(route: PublishRoute, desk: PublishDesk, watch: ConnectionWatch) {
        self.route = route
        self.desk = desk
        self.watch = watch
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context _: ChannelHandlerContext) {
        context = nil
        if isUnderWay { counters.requestEnded() }
        isUnderWay = false
    }

    private var counters: Counters { route.services.counters }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(.success(unwrapInboundIn(data)), context: context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        publishRun()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Requests before the one that can't be understood are answered first.
        take(.failure(error), context: context)
    }

    private func take(_ part: Result<HTTPServerRequestPart, any Error>, context: ChannelHandlerContext) {
        guard !isPublishing, waiting.isEmpty else { return waiting.append(part) }
        handle(part, context: context)
    }

    private func handle(_ part: Result<HTTPServerRequestPart, any Error>, context: ChannelHandlerContext) {
        guard !hasEnded else { return }
        switch part {
        case .success(.head(let head)) where routed == 0 && !watch.isClosing:
            // A connection that is to be closed is so by what stands behind this handler.
            if !counters.isDraining, let order = PublishOrder(head),
                let sender = route.sender(order, from: watch.peer.name)
            {
                begin(order, by: sender)
            } else {
                pass(part, context: context)
            }
        case .success(.body(let bytes)) where order != nil: order?.append(bytes)
        case .success(.end) where order != nil: end()
        case .success, .failure: pass(part, context: context)
        }
    }

    private func begin(_ order: PublishOrder, by sender: Caller) {
        watch.beganBody(.whole)
        self.order = order
        self.sender = sender
        count()
    }

    private func count() {
        guard !isUnderWay else { return }
        isUnderWay = true
        counters.requestBegan()
    }

    private func end() {
        guard let order, let sender else { return }
        self.order = nil
        watch.endedBody()
        records.append(
            RequestRecord(
                id: RequestID(given: order.requestID, trusted: watch.peer.isProxy), method: order.method,
                target: order.target))
        run.append(Result { () throws(Problem) in try route.publication(order, by: sender) })
    }

    private func pass(_ part: Result<HTTPServerRequestPart, any Error>, context: ChannelHandlerContext) {
        guard run.isEmpty else {
            waiting.prepend(part)
            return publishRun()
        }
        switch part {
        case .success(let part):
            noteRouted(part)
            context.fireChannelRead(wrapInboundOut(part))
        case .failure(let error): context.fireErrorCaught(error)
        }
    }

    private func noteRouted(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            routed += 1
            isLast = !head.isKeepAlive
        case .body: break
        case .end: hasEnded = isLast
        }
    }

    // MARK: Publishing

    private func publishRun() {
        guard !run.isEmpty, !isPublishing else { return }
        isPublishing = true
        // The body behind the run is not taken meanwhile: its silence is not the peer's.
        watch.endedBody()
        counters.requestBegan()
        desk.publish(run.compactMap { try? $0.get() }) { [self] results in
            answer(results)
            // Not before: what waits may have begun another run, and a drain is to see one of the two.
            counters.requestEnded()
        }
    }

    private func answer(_ results: PublishDesk.Results) {
        isPublishing = false
        guard let context else { return }
        var results = results
        var bytes = context.channel.allocator.buffer(capacity: run.count * PublishRoute.usualAnswerBytes)
        for (publication, record) in zip(run, records) {
            route.answer(publication, record, to: &bytes) { results.popFirst() }
        }
        run.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
        isUnderWay = false
        watch.answer(bytes) { [counters] in counters.requestEnded() }
        if order != nil {
            watch.beganBody(.whole)
            count()
        }
        takeWhatWaits(context)
    }

    private func takeWhatWaits(_ context: ChannelHandlerContext) {
        while !isPublishing, let part = waiting.popFirst() { handle(part, context: context) }
        publishRun()
        readIfWanted(context)
    }

    // MARK: Reading

    /// Not while something waits, nor while the peer does not take its answers: they are kept for it.
    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        waiting.isEmpty && (routed > 0 || context.channel.isWritable)
    }

    func read(context: ChannelHandlerContext) {
        wantsRead = true
        readIfWanted(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        readIfWanted(context)
        context.fireChannelWritabilityChanged()
    }

    private func readIfWanted(_ context: ChannelHandlerContext) {
        guard wantsRead, mayRead(context) else { return }
        wantsRead = false
        context.read()
    }

    // MARK: The router's answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { routed -= 1 }
        context.write(data, promise: promise)
    }
}
