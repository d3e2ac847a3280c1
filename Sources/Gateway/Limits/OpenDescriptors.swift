import NIOPosix

/// How many descriptors are open. The kernel tells by listing them one by one, which takes long when there are many: it is done on
/// a thread of its own, and not again for ``interval``, whoever asks.
actor OpenDescriptors {
    /// How old the number may be.
    static let interval = Duration.seconds(1)

    private let look: @Sendable () -> Int
    private var last: (count: Task<Int, Never>, at: ContinuousClock.Instant)?

    /// - Parameter look: counts them; may take its time.
    init(look: @escaping @Sendable () -> Int = { ProcessStatus.descriptors }) {
        self.look = look
    }

    /// All who ask at once share one look.
    func count() async -> Int {
        if let last, ContinuousClock.now - last.at < Self.interval { return await last.count.value }
        let task = Task { [look] in (try? await NIOThreadPool.singleton.runIfActive(look)) ?? 0 }
        last = (task, .now)
        return await task.value
    }
}
