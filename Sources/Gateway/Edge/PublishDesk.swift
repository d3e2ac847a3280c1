import BrokerCore
import NIOCore

/// Where the connections of one event loop hand in what they publish. What comes for one channel in one turn of the loop goes
/// to the broker by one call: concurrent requests share the way there and back. Channels do not wait for one another, as
/// one of them may be slow.
final class PublishDesk: Sendable {
    typealias Results = ArraySlice<Result<Receipt, BrokerError>>

    /// What one connection has handed in.
    private struct Run {
        let count: Int
        let answered: (Results) -> Void
    }

    /// What goes to the broker together.
    private struct Call {
        var publications: [Publication] = []
        var runs: [Run] = []
    }

    private struct Turn {
        var calls: [Call] = []
        /// The call of each channel that has one to itself.
        var places: [ChannelName: Int] = [:]
        var count = 0

        mutating func add(_ publications: [Publication], _ run: Run) {
            count += publications.count
            let place = place(for: publications)
            calls[place].publications += publications
            calls[place].runs.append(run)
        }

        /// A run over several channels keeps its order in a call of its own.
        private mutating func place(for publications: [Publication]) -> Int {
            let channel = publications.first?.channel
            guard let channel, publications.allSatisfy({ $0.channel == channel }) else {
                calls.append(Call())
                return calls.count - 1
            }
            if let place = places[channel] { return place }
            calls.append(Call())
            places[channel] = calls.count - 1
            return calls.count - 1
        }
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
            let isFirst = turn.calls.isEmpty
            turn.add(publications, Run(count: publications.count, answered: answered))
            return (isFirst, turn.count >= most)
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
        for call in turn.calls { start(call) }
    }

    private func start(_ call: Call) {
        let publications = call.publications
        let runs = NIOLoopBound(call.runs, eventLoop: loop)
        Task(executorPreference: executor) { [broker] in
            var results = await broker.publish(publications)[...]
            for run in runs.value {
                run.answered(results.prefix(run.count))
                results = results.dropFirst(run.count)
            }
        }
    }
}
