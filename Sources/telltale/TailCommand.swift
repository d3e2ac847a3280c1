import ArgumentParser
import BrokerCore
import Foundation
import GatewayClient
import JSONText

/// `telltale tail`: follows a channel.
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follow a channel.",
        discussion: """
            Prints what the channel holds, then what comes, until the channel is closed or deleted. When the connection \
            breaks it comes back and goes on where it was; messages that are gone by then are told on standard error.
            """)

    @Argument(help: "The channel.")
    var channel: String

    @Option(help: "Where to start: earliest, latest, last:N, or a position (EPOCH:OFFSET).")
    var since: String?

    @Flag(help: "Print each message as a line of JSON: channel, epoch, offset, event, data (a string).")
    var json = false

    @Flag(inversion: .prefixedNo, help: "Come back when the connection breaks.")
    var reconnect = true

    @OptionGroup var gateway: GatewayOptions

    func validate() throws {
        _ = try ChannelName.argument(channel)
    }

    func run() async throws {
        signal(SIGINT) { _ in _exit(128 + SIGINT) }
        try await gateway.withClient(silence: GatewayClient.silence) { client in
            let follower = Follower(
                client: client, channel: channel, since: since, reconnects: reconnect, tell: Console.note)
            try await follower.run { event in try Console.print(json ? jsonLine(event) : plainLine(event)) }
        }
    }

    private func plainLine(_ event: ServerSentEvent) -> String {
        event.event == "message" || event.event == "log" ? event.data : "\(event.event): \(event.data)"
    }

    private func jsonLine(_ event: ServerSentEvent) -> String {
        let position = try? Position(event.lastEventID)
        let epoch = position?.epoch.rawValue ?? ""
        return "{\"channel\":\(JSONWriter.string(channel)),\"epoch\":\(JSONWriter.string(epoch)),"
            + "\"offset\":\(position?.offset ?? 0),\"event\":\(JSONWriter.string(event.event)),"
            + "\"data\":\(JSONWriter.string(event.data))}"
    }
}
