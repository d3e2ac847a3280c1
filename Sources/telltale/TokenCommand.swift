import Access
import ArgumentParser
import BrokerCore
import Foundation
import GatewayClient
import GatewayConfig

/// `telltale token`: mints access tokens and capability links.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Mint an access token, or the link of one channel.",
        discussion: """
            It is signed with auth.secret of the configuration (or TELLTALE_AUTH_SECRET), or with a private key of one's own. Patterns \
            are channels' names, may end in *, and {sub} in them is the subject. Prints nothing but the token, or the link.
            """)

    @Option(help: ArgumentHelp("Channels that it may read; repeatable.", valueName: "pattern"))
    var subscribe: [String] = []

    @Option(help: ArgumentHelp("Channels that it may write to; repeatable.", valueName: "pattern"))
    var publish: [String] = []

    @Option(help: ArgumentHelp("Tasks that it may ask to end, by their channels; repeatable.", valueName: "pattern"))
    var cancel: [String] = []

    @Option(help: ArgumentHelp("Whose it is.", valueName: "subject"))
    var sub: String?

    @Option(help: ArgumentHelp("How long it holds.", valueName: "duration"))
    var expires = TimeArgument(.seconds(3600))

    @Option(help: ArgumentHelp("A link that reads this one channel, until it closes.", valueName: "channel"))
    var link: String?

    @Option(help: "The gateway's address in the link (TELLTALE_GATEWAY; default \(GatewayAddress.standard)).")
    var gateway: String?

    @Option(help: ArgumentHelp("A private key as PEM: RSA, P-256 or Ed25519.", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("The key's id, for gateways that know several.", valueName: "id"))
    var kid: String?

    @Option(help: "The configuration file (or TELLTALE_CONFIG).")
    var config: String?

    func validate() throws {
        let hasRights = !(subscribe + publish + cancel).isEmpty
        guard hasRights != (link != nil) else {
            throw ValidationError(
                hasRights
                    ? "--link reads one channel: leave --subscribe, --publish and --cancel out"
                    : "say what it is for: --subscribe, --publish, --cancel or --link")
        }
        if gateway != nil, link == nil { throw ValidationError("--gateway is for --link: a token knows no address") }
        if kid != nil, key == nil { throw ValidationError("--kid names the key of --key FILE") }
        if expires.duration < .seconds(1) { throw ValidationError("--expires must be a second at least") }
    }

    func run() async throws {
        let auth = try SettingsOptions.load(config: config).config.auth
        let order = try order(auth)
        let token = try order.token(
            signedBy: try await signingKey(auth), now: Int64(Date().timeIntervalSince1970 * 1000))
        guard let channel = order.link else { return try Console.print(token) }
        try Console.print(try GatewayOptions.address(gateway).channel(channel.rawValue, query: [("token", token)]))
    }

    private func order(_ auth: GatewayConfig.Auth) throws -> TokenOrder {
        var order = TokenOrder(lifetime: expires.duration)
        order.rights = [.subscribe: subscribe, .publish: publish, .cancel: cancel]
        order.link = try link.map { try ChannelName.argument($0) }
        (order.subject, order.issuer, order.audience) = (sub, auth.issuer, auth.audience)
        if let pattern = order.emptyPattern {
            let hint = pattern.contains("{sub}") ? ", with a --sub of letters, digits and _ - = @ , . ; ~ +" : ""
            throw ValidationError(
                "\"\(pattern)\" would allow nothing: give a channel's name (\(ChannelName.rule)), which may end in *\(hint)"
            )
        }
        return order
    }

    private func signingKey(_ auth: GatewayConfig.Auth) async throws -> SigningKey {
        if let key { return try await Self.privateKey(of: key, id: kid) }
        guard let secret = auth.secret, let key = await SigningKey(secret: secret) else {
            throw TokenFailure(
                "there is nothing to sign with: set auth.secret (TELLTALE_AUTH_SECRET), or give --key FILE")
        }
        return key
    }

    private static func privateKey(of file: String, id: String?) async throws -> SigningKey {
        let pem: String
        do {
            pem = try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            throw TokenFailure("--key: \(file) can't be read: \(error.localizedDescription)")
        }
        guard let key = await SigningKey(pem: pem, id: id) else {
            throw TokenFailure(
                "--key: \(file) holds no private key of RSA (2048 bits or more), P-256 or Ed25519 as PEM")
        }
        return key
    }
}

/// Why there is no token, in one line.
private struct TokenFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
