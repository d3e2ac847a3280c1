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

    init(_ options: WebSocketOptions) {
        self.options = options
    }

    /// Publications that are not answered yet.
    var count: Int { waiting.count + underWay }

    func publish(_ publication: Publication, id: String?, _ session: Session) {
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
        let publications = batch.map(\.publication)
        let ids = batch.map(\.id)
        session.perform(
            { await broker.publish(publications) },
            then: { results, session in
                guard let stream = session.transport as? WebSocketStream else { return }
                stream.publisher.options.counters.published(results.count { (try? $0.get()) != nil })
                for (index, result) in results.enumerated() {
                    session.send(Self.reply(publications[index].channel, result, id: ids[index]))
                }
                stream.publisher.underWay = 0
                stream.publisher.publishWaiting(session)
                stream.drained(session)
            })
    }

    private static func reply(
        _ channel: ChannelName, _ result: Result<Receipt, BrokerError>, id: String?
    ) -> SharedBytes {
        switch result {
        case .success(let receipt): WebSocketStream.frames.published(channel, receipt, id: id)
        case .failure(let error): WebSocketStream.frames.error(Problem(error), id: id)
        }
    }
}
