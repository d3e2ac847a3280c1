import BrokerCore
import NIOCore

/// Where the connections of one event loop hand in what they publish. What comes in one turn of the loop goes to the
/// broker by one call: concurrent requests share the way there and back.
final class PublishDesk: Sendable {
    typealias Results = ArraySlice<Result<Receipt, BrokerError>>

    /// What one connection has handed in.
    private struct Run {
        let count: Int
        let answered: (Results) -> Void
    }

    private struct Turn {
        var publications: [Publication] = []
        var runs: [Run] = []
    }

    private let broker: any Broker
    /// A turn with so many publications goes at once.
    private let most: Int
    private let loop: any EventLoop
    private let executor: EventLoopExecutor
    private let turn: NIOLoopBoundBox<Turn>

    init(broker: any Broker, most: Int, loop: any EventLoop) {
        self.broker = broker
        self.most = most
        self.loop = loop
        executor = EventLoopExecutor(loop: loop)
        turn = .makeBoxSendingValue(Turn(), eventLoop: loop)
    }

    /// Publishes in order. To be called on the event loop, where `answered` comes too: with a result for each
    /// publication, or with fewer if the broker has failed to answer.
    func publish(_ publications: [Publication], answered: @escaping (Results) -> Void) {
        let (isFirst, isFull) = turn.withValue { turn in
            turn.runs.append(Run(count: publications.count, answered: answered))
            turn.publications += publications
            return (turn.runs.count == 1, turn.publications.count >= most)
        }
        if isFull {
            endTurn()
        } else if isFirst {
            loop.execute { self.endTurn() }
        }
    }

    private func endTurn() {
        let turn = turn.withValue { turn in
            defer { turn = Turn() }
            return turn
        }
        guard !turn.runs.isEmpty else { return }
        let publications = turn.publications
        let runs = NIOLoopBound(turn.runs, eventLoop: loop)
        Task(executorPreference: executor) { [broker] in
            var results = await broker.publish(publications)[...]
            for run in runs.value {
                run.answered(results.prefix(run.count))
                results = results.dropFirst(run.count)
            }
        }
    }
}
