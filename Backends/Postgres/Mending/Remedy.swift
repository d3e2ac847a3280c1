/// Something that is done whenever it is called for: one at a time, and not more often than it needs to be.
final class Remedy: Sendable {
    /// How long it is waited for at a stretch.
    private static let watch = Duration.seconds(3600)

    private let bell = Bell()
    private let pause: Duration
    private let apply: @Sendable () async -> Void

    /// - Parameter pause: the time between the end of one and the next.
    init(every pause: Duration, apply: @escaping @Sendable () async -> Void) {
        (self.pause, self.apply) = (pause, apply)
    }

    /// It is needed, or needed still.
    func call() { bell.ring() }

    /// Returns when the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            guard await bell.wait(atMost: Self.watch), !Task.isCancelled else { continue }
            await apply()
            try? await Task.sleep(for: pause)
        }
    }
}
