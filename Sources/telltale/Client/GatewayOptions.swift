import ArgumentParser
import BrokerCore
import Foundation
import GatewayClient

/// Which gateway a command talks to, and as whom.
struct GatewayOptions: ParsableArguments {
    @Option(help: "The gateway's address (TELLTALE_GATEWAY; default \(GatewayAddress.standard)).")
    var gateway: String?

    @Option(help: "The access token to show it (TELLTALE_TOKEN).")
    var token: String?

    @Option(help: "A file of certificates, in PEM, of authorities to trust besides the system's (TELLTALE_CA).")
    var ca: String?

    func validate() throws {
        _ = try address()
        _ = try authorities()
    }

    func address() throws -> GatewayAddress { try Self.address(gateway) }

    /// The address that was given, or the environment's, or the standard one.
    static func address(_ given: String?) throws -> GatewayAddress {
        let text = given ?? environment("TELLTALE_GATEWAY") ?? GatewayAddress.standard
        guard let address = GatewayAddress(text) else {
            throw ValidationError("\"\(text)\" is no gateway address: give \(GatewayAddress.rule)")
        }
        return address
    }

    private func authorities() throws -> TrustedAuthorities? {
        guard let file = ca ?? Self.environment("TELLTALE_CA") else { return nil }
        guard let authorities = TrustedAuthorities(file: file) else {
            throw ValidationError("\"\(file)\" can't be read, or has no certificate in PEM")
        }
        return authorities
    }

    func client(silence: Duration? = nil) throws -> GatewayClient {
        GatewayClient(
            address: try address(), token: token ?? Self.environment("TELLTALE_TOKEN"),
            authorities: try authorities(), silence: silence)
    }

    /// A conversation from its beginning to its end. What fails is said in one line, and ends the command with status
    /// 1.
    func withClient(
        silence: Duration? = nil, _ converse: (GatewayClient) async throws -> Void
    ) async throws {
        let client = try client(silence: silence)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await converse(client))
        } catch {
            outcome = .failure(error)
        }
        await client.shutdown()
        do {
            try outcome.get()
        } catch let problem as Problem {
            Console.note("refused: \(problem)")
            throw ExitCode.failure
        } catch let error as ClientError {
            Console.note("\(error)")
            throw ExitCode.failure
        }
    }

    private static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension ChannelName {
    /// A channel named on the command line.
    static func argument(_ text: String) throws -> ChannelName {
        do {
            return try ChannelName(text)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
