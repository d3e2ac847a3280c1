import NIOCore
import NIOSSL

/// What goes wrong between two ends that don't agree on TLS, and what to do about it.
enum TLSFailure {
    /// The first byte of a TLS alert (RFC 8446, section 5.1): what a TLS server says to a client that does not speak
    /// it.
    static let alertRecord: UInt8 = 0x15

    /// The server speaks TLS and we did not.
    static func spokenByServer(_ endpoint: Endpoint) -> RedisError {
        .unusable("Redis at \(endpoint) speaks TLS: the URL must begin with rediss")
    }

    /// `nil`: not an error of TLS.
    static func of(_ error: any Error, endpoint: Endpoint) -> RedisError? {
        switch error {
        case let error as NIOSSLExtraError
        where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
            unusable(endpoint, "its certificate is for another name: connect by that name, or give it as server_name=")
        case NIOSSLError.unableToValidateCertificate, NIOSSLError.noCertificateToValidate:
            untrusted(endpoint)
        case NIOSSLError.uncleanShutdown:
            .unreachable(reason: "Redis at \(endpoint): it closed the connection")
        case NIOSSLError.handshakeFailed(let failure): ofHandshake("\(failure)", endpoint)
        case let failure as BoringSSLError: ofHandshake("\(failure)", endpoint)
        default: nil
        }
    }

    /// The library names its reasons only in text.
    private static func ofHandshake(_ text: String, _ endpoint: Endpoint) -> RedisError {
        let reasons: [(String, RedisError)] = [
            ("CERTIFICATE_VERIFY_FAILED", untrusted(endpoint)),
            (
                "WRONG_VERSION_NUMBER",
                unusable(endpoint, "it does not speak TLS on this port: use its TLS port, or a URL without the s")
            ),
            ("CERTIFICATE_REQUIRED", unusable(endpoint, "it wants a client certificate: give cert= and key=")),
            (
                "HANDSHAKE_FAILURE",
                unusable(
                    endpoint, "it wants a client certificate, or has no cipher in common with us: give cert= and key=")
            ),
            ("UNKNOWN_CA", unusable(endpoint, "it does not trust our client certificate (cert=)")),
            ("ALERT_BAD_CERTIFICATE", unusable(endpoint, "it does not accept our client certificate (cert=)")),
            ("CERTIFICATE_EXPIRED", unusable(endpoint, "our client certificate (cert=) has expired")),
            ("PROTOCOL_VERSION", unusable(endpoint, "it speaks no version of TLS from 1.2 on")),
        ]
        if let known = reasons.first(where: { text.contains($0.0) }) { return known.1 }
        return .unreachable(reason: "Redis at \(endpoint): the TLS handshake failed: \(text)")
    }

    private static func untrusted(_ endpoint: Endpoint) -> RedisError {
        unusable(endpoint, "its TLS certificate is not trusted: give the authority that signed it as ca=FILE")
    }

    private static func unusable(_ endpoint: Endpoint, _ words: String) -> RedisError {
        .unusable("Redis at \(endpoint): \(words)")
    }
}
