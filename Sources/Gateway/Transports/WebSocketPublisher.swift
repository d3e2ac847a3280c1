import BrokerCore
import Hub

/// What one WebSocket publishes. A connection's publications keep their order: while some are under way, the others wait.
final class WebSocketPublisher {
    private struct Order {
        var publication: Publication
        /// The client's own name for it.
        var id: String?
    }

    private let options: WebSocketOptions
    private var waiting: [Order] = []
    private var underWay = 0
    /// `nil`: nothing is protected.
    private var caller: Caller?

    init(_ options: WebSocketOptions) {
        self.options = options
    }

    /// Publications that are not answered yet.
    var count: Int { waiting.count + underWay }

    /// - Parameter caller: who publishes.
    func publish(_ publication: Publication, id: String?, by caller: Caller?, _ session: Session) {
        self.caller = caller
        waiting.append(Order(publication: publication, id: id))
        publishWaiting(session)
    }

    /// All that waits goes to the broker as one batch, when the batch before has been answered.
    private func publishWaiting(_ session: Session) {
        guard underWay == 0, !waiting.isEmpty else { return }
        let batch = waiting
        waiting = []
        underWay = batch.count
        let broker = options.broker
        let caller = caller
        let publications = batch.map(\.publication)
        let ids = batch.map(\.id)
        session.perform(
            {
                guard let caller else { return await broker.publish(publications).map { $0.mapError { Problem($0) } } }
                return await caller.publish(publications, to: broker)
            },
            then: { results, session in
                guard let stream = session.transport as? WebSocketStream, let publisher = stream.publisher else {
                    return
                }
                for (index, result) in results.enumerated() {
                    session.send(publisher.reply(publications[index].channel, result, id: ids[index]))
                }
                publisher.underWay = 0
                publisher.publishWaiting(session)
                stream.drained(session)
            })
    }

    private func reply(
        _ channel: ChannelName, _ result: Result<Receipt, Problem>, id: String?
    ) -> SharedBytes {
        switch result {
        case .success(let receipt): return WebSocketStream.frames.published(channel, receipt, id: id)
        case .failure(let problem):
            options.counters.refusals.count(problem)
            return WebSocketStream.frames.error(problem, id: id)
        }
    }
}
