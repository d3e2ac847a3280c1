package import BrokerCore

/// Copies all channels of one broker to another, so that readers who come back there with their position just go on.
///
/// It may run while publishers write. It goes through both brokers again and again, and copies what differs, until
/// nothing does: then, when the last round began, the target had all that the source had. A channel that is not there in
/// the end is named; it is never there in part.
package struct BrokerCopy: Sendable {
    /// Rounds that copy, at most.
    static let maximumRounds = 5
    /// Channels that are copied at the same time.
    static let concurrency = 8
    /// Channels of a round that fail each by itself; when there are more, it is the broker that fails.
    static let maximumFailures = 20

    /// Called with what is done so far, after each channel, by one task.
    package typealias Progress = @Sendable (CopyReport) -> Void

    private let source: any ChannelStore
    private let target: any ChannelStore
    private let copier: ChannelCopier

    package init(source: any ChannelStore, target: any ChannelStore) {
        self.source = source
        self.target = target
        copier = ChannelCopier(source: source, target: target)
    }

    /// Returns early when the task is cancelled.
    /// - Throws: when one of the brokers can't be used at all. The target has some of the channels then, each whole; run
    ///   again, it goes on.
    package func run(progress: Progress = { _ in }) async throws(BrokerError) -> CopyReport {
        var report = CopyReport()
        for _ in 0..<Self.maximumRounds {
            let before = report.copied
            try await round(&report, progress)
            if report.copied == before && report.moving.count == 0 || Task.isCancelled {
                return try await withTasks(report)
            }
        }
        try await verify(&report)
        return try await withTasks(report)
    }

    /// The registry comes last: only what is looked after beside its channel goes on.
    private func withTasks(_ report: CopyReport) async throws(BrokerError) -> CopyReport {
        var report = report
        report.tasks = try await TaskCopier(source: source, target: target).run()
        return report
    }

    /// Copies what differs.
    private func round(_ report: inout CopyReport, _ progress: Progress) async throws(BrokerError) {
        report.beginRound()
        try await source.settle()
        var comparison = Comparison(source: source, target: target)
        let result = await withTaskGroup(of: Finished.self) { group -> Result<Void, BrokerError> in
            var underWay = 0
            do throws(BrokerError) {
                while !Task.isCancelled, let channel = try await comparison.nextDifference() {
                    if underWay == Self.concurrency, let finished = await group.next() {
                        try note(finished, in: &report, progress)
                        underWay -= 1
                    }
                    group.addTask { await attempt(channel) }
                    underWay += 1
                }
                while let finished = await group.next() { try note(finished, in: &report, progress) }
                return .success(())
            } catch {
                group.cancelAll()
                return .failure(error)
            }
        }
        try result.get()
        report.endRound(comparison)
    }

    private struct Finished: Sendable {
        let channel: ChannelName
        let result: Result<ChannelCopier.Outcome, BrokerError>
    }

    private func attempt(_ channel: ChannelName) async -> Finished {
        do throws(BrokerError) {
            return Finished(channel: channel, result: .success(try await copier.copy(channel)))
        } catch {
            return Finished(channel: channel, result: .failure(error))
        }
    }

    private func note(
        _ finished: Finished, in report: inout CopyReport, _ progress: Progress
    ) throws(BrokerError) {
        switch finished.result {
        case .success(let outcome): report.note(outcome, on: finished.channel)
        case .failure(let error):
            report.note(error, on: finished.channel)
            if report.failures > Self.maximumFailures { throw error }
        }
        progress(report)
    }

    /// Names what differs still.
    private func verify(_ report: inout CopyReport) async throws(BrokerError) {
        try await source.settle()
        var comparison = Comparison(source: source, target: target)
        report.moving = NameList()
        while let channel = try await comparison.nextDifference() {
            if !report.refuses(channel) { report.moving.note(channel) }
        }
        report.endRound(comparison)
    }
}
