import NIOCore
import NIOSSL

/// Our end of TLS to one server: which authorities count, what we show, and which name its certificate must bear.
struct TLSClient: Sendable {
    private let context: NIOSSLContext
    private let serverName: String?

    init(_ options: TLSOptions, endpoint: Endpoint) throws(RedisError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let file = options.authority {
            configuration.trustRoots = .certificates(try Self.certificates(in: file, for: "ca="))
        }
        if let file = options.certificate {
            configuration.certificateChain = try Self.certificates(in: file, for: "cert=").map { .certificate($0) }
        }
        if let file = options.key { configuration.privateKey = .privateKey(try Self.key(in: file)) }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw .unusable(
                "cert= and key= do not fit together, or the system's trusted authorities can't be read: \(error)"
            )
        }
        serverName = options.serverName ?? Self.name(of: endpoint)
    }

    func makeHandler() throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: serverName)
    }

    /// `nil` for an address: then the certificate must be for this address.
    private static func name(of endpoint: Endpoint) -> String? {
        guard case .host(let host, let port) = endpoint else { return nil }
        return (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
    }

    private static func certificates(in file: String, for option: String) throws(RedisError) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
            throw .unusable("the file of \(option) can't be read, or holds no PEM certificates: \(file)")
        }
        return certificates
    }

    private static func key(in file: String) throws(RedisError) -> NIOSSLPrivateKey {
        guard let key = try? NIOSSLPrivateKey(file: file, format: .pem) else {
            throw .unusable("the file of key= can't be read, or holds no PEM key without a passphrase: \(file)")
        }
        return key
    }
}
