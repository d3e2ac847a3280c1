import BrokerSupport
import Logging

/// The connections over which a handle asks and publishes.
struct BrokerLinks: Sendable {
    /// Connections over which calls of `append` go that wait for no row: while one commits, the next call is carried
    /// out.
    static let prompt = 2
    /// Connections over which goes what waits for a row that another transaction holds.
    static let patient = 2

    let reading: Link
    let prompt: LinkPool
    let patient: LinkPool

    /// - Parameters:
    ///   - shared: the waits of all connections to the server.
    ///   - greet: see ``Link/Greeting``; run on each of them.
    ///   - notice: takes what the server answers with an error.
    init(
        options: PostgresOptions, executor: PollingExecutor, logger: Logger, shared: SharedWait,
        greet: @escaping Link.Greeting, notice: @escaping Mending.Notice
    ) {
        func link(_ purpose: String) -> Link {
            Link(
                purpose: purpose, target: options.target, executor: executor, logger: logger, shared: shared,
                greet: greet, notice: notice)
        }
        reading = link("reading")
        prompt = LinkPool(links: (1...Self.prompt).map { link("publishing \($0)") })
        patient = LinkPool(links: (1...Self.patient).map { link("publishing on held channels \($0)") })
    }

    private var all: [Link] { [reading] + prompt.links + patient.links }

    /// Connects all of them, the one for reading first: what is wrong is told once.
    func open() async throws(PostgresError) {
        do throws(PostgresError) {
            for link in all { try await link.open() }
        } catch {
            close()
            throw error
        }
    }

    /// Keeps them up until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for link in all { group.addTask { await link.run() } }
        }
    }

    /// Closes links that are not run.
    func close() { for link in all { link.close() } }
}
