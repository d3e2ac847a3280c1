import ArgumentParser
import GatewayClient
import GatewayConfig

/// How a command is run and watched.
struct RunOptions: ParsableArguments {
    @Option(help: "Where the output says how far it is: \(ProgressPattern.rule).", transform: Self.pattern)
    var progressPattern: ProgressPattern?

    @Option(help: "From SIGTERM to SIGKILL when the task is cancelled.")
    var grace = TimeArgument(.seconds(10))

    @Option(help: "How long the gateway may hear nothing before it calls the task lost; in whole seconds.")
    var lease = TimeArgument(.seconds(30))

    @Option(help: "How much output waits while the gateway is away; past it the oldest is dropped.")
    var buffer = SizeArgument(Outbox.standardCapacity)

    @Option(help: "How long the command's end waits for a gateway that has been there and is away.")
    var wait = TimeArgument(.seconds(60))

    func validate() throws {
        let (seconds, rest) = lease.duration.components
        guard (1...86_400).contains(seconds), rest == 0 else {
            throw ValidationError("--lease is 1s to 24h, in whole seconds")
        }
        // Below that not even a few of the longest lines would fit; what is above fills a small machine's disk.
        guard (1 << 20...1 << 40).contains(buffer.bytes) else {
            throw ValidationError("--buffer is 1MiB to 1024GiB")
        }
    }

    private static func pattern(_ text: String) throws -> ProgressPattern {
        do {
            return try ProgressPattern(text)
        } catch {
            throw ValidationError("--progress-pattern \"\(text)\": \(error); give \(ProgressPattern.rule)")
        }
    }
}

/// A time on the command line, as the configuration has it.
struct TimeArgument: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument) else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { DurationText.render(duration) }
}

/// A size on the command line, as the configuration has it.
struct SizeArgument: ExpressibleByArgument {
    let bytes: Int

    init(_ bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        guard let bytes = SizeText.parse(argument) else { return nil }
        self.bytes = bytes
    }

    var defaultValueDescription: String { SizeText.render(bytes) }
}
