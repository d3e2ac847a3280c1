import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// What a running gateway does on signals: SIGTERM and SIGINT drain it, a second one ends it at once, SIGHUP reloads.
struct ServeSignals {
    /// Added to a signal's number: the exit status of who was ended by it, as shells have it.
    private static let killed: Int32 = 128

    /// Trapped before anything else begins: a signal that comes before that ends the process.
    let caught: UnixSignalsSequence
    let group: ServiceGroup
    let reloading: ConfigReloading
    let logger: Logger

    /// Until the task is cancelled.
    func run() async {
        var isEnding = false
        for await signal in caught {
            if signal == .sighup {
                // Not waited for: an end must not wait for an identity provider.
                Task { await reloading.reload("SIGHUP") }
            } else if isEnding {
                logger.warning("told to end again: ending at once", metadata: ["signal": "\(signal)"])
                _exit(Self.killed + signal.rawValue)
            } else {
                isEnding = true
                await group.triggerGracefulShutdown()
            }
        }
    }
}
