import BrokerCore
import Crypto
import Foundation
import GatewayConfig
import JSONText
import Logging

@testable import Access

/// An access token. An input of a line and more is header and payload of a token that is then rightly signed, so that
/// what stands in it is read; any other is a token as it is.
enum TokenFuzz {
    private static let secret = "a secret of thirty-two bytes or more"
    private static let rules = Waiting {
        var config = GatewayConfig()
        config.auth.secret = secret
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        return try? await AccessRules.load(config, old: nil, clock: .system, logger: logger)
    }

    static func run(_ input: UnsafeRawBufferPointer) {
        guard let rules = rules.value else { return }
        guard let end = input.firstIndex(of: UInt8(ascii: "\n")) else {
            return check(rules.verifier, String(decoding: input, as: UTF8.self), header: nil)
        }
        let signed = encoded(input[..<end]) + "." + encoded(input[(end + 1)...])
        let signature = HMAC<SHA256>.authenticationCode(
            for: Data(signed.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        check(
            rules.verifier, signed + "." + encoded(Data(signature)),
            header: UnsafeRawBufferPointer(rebasing: input[..<end]))
    }

    private static func check(_ verifier: TokenVerifier, _ token: String, header: UnsafeRawBufferPointer?) {
        guard case .success(let verified) = verifier.verify(token, now: 1_800_000_000_000) else { return }
        precondition(header.map(isAlgorithm) != false, "a token of no algorithm, or another, was taken")
        precondition(verified.expires > 1_800_000_000_000, "a token that has expired was taken")
        for name in ["build:1", "task:42/log"] {
            guard let channel = try? ChannelName(name) else { continue }
            _ = Identity(verified, Credentials(token: token, address: "127.0.0.1")).allows(.subscribe, channel)
        }
    }

    private static func isAlgorithm(_ header: UnsafeRawBufferPointer) -> Bool {
        (try? JSONObject(header).string("alg")) == "HS256"
    }

    private static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
