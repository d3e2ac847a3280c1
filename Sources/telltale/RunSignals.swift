import Foundation

/// Hands the signals that reach us to a thread where anything may be done about them.
struct SignalRelay {
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH]
    private let reading: Int32

    /// From here on the signals wait to be handed over instead of ending us. One that we found ignored (`nohup`) stays
    /// ignored, for the child too.
    init() throws {
        let pipe = try Descriptor.pipe()
        // The handler must never block: past a full pipe, 64 Ki signals, it drops.
        _ = fcntl(pipe.writing, F_SETFL, O_NONBLOCK)
        signalPipe = pipe.writing
        reading = pipe.reading
        for number in Self.signals { Self.catchSignal(number) }
    }

    /// Calls `handle` for each signal, with whether the kernel sent it, as it does for the terminal's keys, rather than
    /// a process.
    func start(_ handle: @escaping @Sendable (_ signal: Int32, _ fromKernel: Bool) -> Void) {
        let reading = reading
        Thread {
            var byte: UInt8 = 0
            while withUnsafeMutableBytes(of: &byte, { try? Descriptor.read(reading, into: $0) }) == 1 {
                handle(Int32(byte & 0x7F), byte & 0x80 != 0)
            }
        }.start()
    }

    private static func catchSignal(_ number: Int32) {
        var action = sigaction()
        // SIG_IGN is the address 1, which Swift can compare only as a number.
        guard sigaction(number, nil, &action) == 0,
            unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1
        else { return }
        action = sigaction()
        action.sa_flags = SA_SIGINFO | SA_RESTART
        action.__sigaction_handler.sa_sigaction = { number, info, _ in
            let saved = errno
            // si_code is above zero for what the kernel sends itself, SI_KERNEL for the terminal's keys.
            var byte = UInt8(number) | ((info?.pointee.si_code ?? 0) > 0 ? 0x80 : 0)
            _ = write(signalPipe, &byte, 1)
            errno = saved
        }
        sigaction(number, &action, nil)
    }
}

/// Where the handler writes. A C function can't capture it; it is set before the first handler is installed, and never
/// again.
private nonisolated(unsafe) var signalPipe: Int32 = -1
