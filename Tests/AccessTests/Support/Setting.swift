import BrokerCore
import Foundation
import GatewayConfig
import Logging

@testable import Access

/// A clock that goes when it is told to. Milliseconds.
final class TestClock: Sendable {
    private let wall = Locked<Int64>(1_800_000_000_000)
    private let steady = Locked<Int64>(5_000)

    var now: Int64 { wall.withLock { $0 } }
    /// In seconds since 1970.
    var seconds: Int64 { now / 1000 }

    func advance(_ milliseconds: Int64) {
        wall.withLock { $0 += milliseconds }
        steady.withLock { $0 += milliseconds }
    }

    var clock: AccessClock {
        AccessClock(wall: { self.wall.withLock { $0 } }, steady: { self.steady.withLock { $0 } })
    }
}

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Access as a configuration says, at the time of `clock`.
func access(
    clock: TestClock = TestClock(), _ configure: (inout GatewayConfig) -> Void
) async throws -> AccessControl {
    var config = GatewayConfig()
    configure(&config)
    return try await AccessControl(config: config, logger: silent, clock: clock.clock)
}

extension Credentials {
    static func token(_ token: String) -> Credentials { Credentials(token: token, address: "192.0.2.1") }
    static let nobody = Credentials(address: "192.0.2.1")
}

extension AccessRefusal {
    /// The stable code, or what stands for it.
    var code: String {
        switch self {
        case .unauthorized(let code, _): code
        case .forbidden: "forbidden"
        case .unavailable: "unavailable"
        }
    }

    var detail: String {
        switch self {
        case .unauthorized(_, let detail), .forbidden(let detail), .unavailable(let detail): detail
        }
    }
}

extension AccessControl {
    /// What a token is refused for; `nil`: it is not.
    func refusal(of token: String) async -> AccessRefusal? {
        do {
            _ = try await identify(.token(token))
            return nil
        } catch {
            return error
        }
    }

    /// What someone with the token may not do it for; `nil`: they may.
    func refusal(_ action: AccessAction, _ channel: String, token: String?) async throws -> AccessRefusal? {
        let name = try ChannelName(channel)
        do throws(AccessRefusal) {
            try await decide(action, name, try await identify(token.map { .token($0) } ?? .nobody))
            return nil
        } catch {
            return error
        }
    }
}

/// A token of any header and payload, signed over both.
func token(header: String, payload: String, _ key: SigningKey) throws -> String {
    let signed = "\(Base64URL.encode(header.utf8)).\(Base64URL.encode(payload.utf8))"
    return "\(signed).\(Base64URL.encode(try key.sign(Array(signed.utf8))))"
}

/// A token signed with the secret of the tests.
func token(_ payload: String) async throws -> String {
    let key = try await TestKeys.signing(.hs256)
    return try token(header: key.header, payload: payload, key)
}

/// Runs with the path of a file that holds `text`, and removes it.
func withFile<Result>(_ text: String, _ body: (String) async throws -> Result) async throws -> Result {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("telltale-\(UUID().uuidString)")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
}

/// Puts another file in its place.
func replaceFile(_ path: String, with text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
}
