/// Every promise that a broker keeps, as one list: tests and `telltale verify` run the very same.
package enum ConformanceSuite {
    package static let cases: [ConformanceCase] = [
        publishing, content, retained, conditions, fences, closing, idempotency, recovery, pages, retention, expiry,
        announcements, deletion, listing, limits, racing, contests, registry, claims,
        taskTransitions, taskAttempts, taskContests, taskSnapshots, taskLeases, taskCancels,
    ].flatMap(\.self)
}
