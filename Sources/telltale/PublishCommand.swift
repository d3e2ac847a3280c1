import ArgumentParser
import BrokerCore
import GatewayClient

/// `telltale publish`: writes to a channel.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish to a channel: DATA, or every line of standard input as it comes.",
        discussion: "Prints the position of the message (EPOCH:OFFSET), or how many lines were published.")

    @Argument(help: "The channel.")
    var channel: String

    @Argument(help: "The message. Without it: standard input, a message for each line.")
    var data: String?

    @OptionGroup var options: PublishOptions
    @OptionGroup var gateway: GatewayOptions

    func validate() throws {
        _ = try ChannelName.argument(channel)
        if data == nil { try options.validateForLines() }
    }

    func run() async throws {
        try await gateway.withClient { client in
            try Console.print(data == nil ? try await publishLines(by: client) : try await publishData(by: client))
        }
    }

    private func publishData(by client: GatewayClient) async throws -> String {
        let position = try await client.publish(
            data ?? "", to: channel, query: options.query, json: options.json, idempotencyKey: options.idempotencyKey)
        return "\(position.epoch):\(position.offset)"
    }

    private func publishLines(by client: GatewayClient) async throws -> String {
        let count = try await client.publishLines(
            of: StandardInput(), to: channel, query: options.query, json: options.json)
        return "\(count)"
    }
}

/// How a message is published.
struct PublishOptions: ParsableArguments {
    @Option(help: "The event (default: message).")
    var event: String?

    @Option(help: "Keep the newest message of this key, whatever happens to the log.")
    var retain: String?

    @Flag(help: "Keep only the newest message of the key given by --retain, and nothing in the log.")
    var conflate = false

    @Option(help: "Publish only if the retained message of the key has this offset; 0: if there is none.")
    var expect: UInt64?

    @Option(help: "The producer's generation: refused below the highest that the channel has seen.")
    var fence: UInt64?

    @Flag(help: "This message, or the last line, is the last: close the channel.")
    var close = false

    @Flag(help: "The data is JSON.")
    var json = false

    @Option(help: "Repeating with the same key within 5 minutes publishes nothing.")
    var idempotencyKey: String?

    func validate() throws {
        if retain == nil, conflate || expect != nil {
            throw ValidationError("--conflate and --expect speak of a key: name it with --retain KEY")
        }
    }

    func validateForLines() throws {
        if expect != nil || idempotencyKey != nil {
            throw ValidationError("--expect and --idempotency-key are for one message: give DATA")
        }
    }

    var query: PublishQuery {
        var query: PublishQuery = []
        if let event { query.append(("event", event)) }
        if let retain { query.append(("retain", retain)) }
        if conflate { query.append(("conflate", "1")) }
        if let expect { query.append(("expect", "\(expect)")) }
        if let fence { query.append(("fence", "\(fence)")) }
        if close { query.append(("close", "1")) }
        return query
    }
}
