import NIOSSL

/// Authorities whose word on a gateway's certificate counts besides that of the system's.
package struct TrustedAuthorities: Sendable {
    let certificates: [NIOSSLCertificate]

    /// Reads a file of certificates in PEM. `nil`: it can't be read, or has none.
    package init?(file: String) {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else { return nil }
        self.certificates = certificates
    }
}

/// Why a handshake failed, as far as it can be helped by who started it. The library names its reasons only in text.
enum HandshakeFailure {
    /// `nil`: not an error of TLS.
    static func words(_ error: any Error) -> String? {
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            "its certificate is for another name"
        case NIOSSLError.handshakeFailed(let failure): words(of: "\(failure)")
        case let failure as BoringSSLError: words(of: "\(failure)")
        case is NIOSSLExtraError: "its certificate can't be checked"
        default: nil
        }
    }

    private static func words(of text: String) -> String {
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its certificate is not trusted: give the authority that signed it by --ca"
        }
        if text.contains("WRONG_VERSION_NUMBER") { return "it speaks no TLS on this port: http:// may do" }
        return "the TLS handshake failed"
    }
}
