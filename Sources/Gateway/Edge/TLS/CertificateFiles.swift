import Crypto
import Foundation
import GatewayConfig
import NIOSSL

/// A certificate's files, and what they give.
struct CertificateFiles: Sendable {
    /// Changes with the files.
    struct Version: Equatable, Sendable {
        fileprivate let certificate: FileVersion
        fileprivate let key: FileVersion
    }

    /// TLS 1.2's ciphers that are still thought well of (RFC 9325 §4.2); TLS 1.3 has no others.
    private static let ciphers: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    let certificate: String
    let key: String

    /// `nil` when none are configured.
    init?(_ tls: GatewayConfig.Listen.TLS) {
        guard let certificate = tls.certificate, let key = tls.key else { return nil }
        self.certificate = certificate
        self.key = key
    }

    var version: Version { Version(certificate: FileVersion(certificate), key: FileVersion(key)) }

    /// Reads the files.
    /// - Throws: ``TLSSetupError``.
    func context(protocols: [String]) throws(TLSSetupError) -> NIOSSLContext {
        let chain = try readChain()
        let key = try readKey()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = Self.ciphers
        configuration.applicationProtocols = protocols
        configuration.shutdownTimeout = ConnectionWatch.lingering
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSSetupError(key: .key, file: self.key, reason: "it is not the key of \(certificate)")
        }
    }

    private func readChain() throws(TLSSetupError) -> [NIOSSLCertificate] {
        try Self.checkReadable(.certificate, certificate)
        guard let chain = try? NIOSSLCertificate.fromPEMFile(certificate), !chain.isEmpty else {
            throw TLSSetupError(key: .certificate, file: certificate, reason: "it has no certificate in PEM")
        }
        return chain
    }

    private func readKey() throws(TLSSetupError) -> NIOSSLPrivateKey {
        try Self.checkReadable(.key, key)
        do {
            return try NIOSSLPrivateKey(file: key, format: .pem)
        } catch {
            throw TLSSetupError(key: .key, file: key, reason: "it has no key in PEM, or one with a passphrase")
        }
    }

    private static func checkReadable(_ name: TLSSetupError.Key, _ file: String) throws(TLSSetupError) {
        guard let stream = fopen(file, "r") else {
            throw TLSSetupError(key: name, file: file, reason: "it can't be read: \(String(cString: strerror(errno)))")
        }
        fclose(stream)
    }
}

/// Changes with what the file holds.
private struct FileVersion: Equatable {
    /// `nil` of a file that can't be read.
    private let digest: SHA256Digest?

    init(_ path: String) {
        digest = FileManager.default.contents(atPath: path).map { SHA256.hash(data: $0) }
    }
}

/// A certificate or its key can't be used.
package struct TLSSetupError: Error, CustomStringConvertible {
    enum Key: String {
        case certificate = "listen.tls.certificate"
        case key = "listen.tls.key"
    }

    let key: Key
    let file: String
    let reason: String

    package var description: String { "\(key.rawValue): \(file): \(reason)" }
}
