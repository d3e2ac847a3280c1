import Foundation

/// Certificates for one test, in its folder: an authority, and what it has signed for a server on loopback and for a
/// client.
package struct Certificates: Sendable {
    /// Where they are.
    package let folder: String

    /// Who has signed the server's and the client's.
    package var authority: String { "\(folder)/ca.crt" }
    /// The server's certificate.
    package var server: String { "\(folder)/server.crt" }
    /// Its private key.
    package var serverKey: String { "\(folder)/server.key" }
    /// A client's certificate.
    package var client: String { "\(folder)/client.crt" }
    /// Its private key.
    package var clientKey: String { "\(folder)/client.key" }
    /// An authority that has signed none of the others.
    package var stranger: String { "\(folder)/stranger.crt" }

    /// Makes them all, with their keys.
    /// - Parameter serverNames: whom the server's is for, as openssl writes it.
    package static func make(in folder: String, serverNames: String) async throws -> Certificates {
        let certificates = Certificates(folder: folder)
        try await certificates.makeAuthority("ca")
        try await certificates.makeAuthority("stranger")
        try await certificates.sign("server", names: serverNames)
        try await certificates.sign("client", names: "DNS:client")
        return certificates
    }

    private static let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    private func makeAuthority(_ name: String) async throws {
        _ = try await ServerProcess.output(
            of: ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=\(name)"] + Self.key
                + ["-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).crt"])
    }

    private func sign(_ name: String, names: String) async throws {
        _ = try await ServerProcess.output(
            of: ["openssl", "req", "-new", "-subj", "/CN=\(name)"] + Self.key
                + ["-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).csr"])
        let extensions = "\(folder)/\(name).ext"
        try "subjectAltName=\(names)\n".write(toFile: extensions, atomically: true, encoding: .utf8)
        _ = try await ServerProcess.output(of: [
            "openssl", "x509", "-req", "-days", "2", "-in", "\(folder)/\(name).csr", "-extfile", extensions,
            "-CA", authority, "-CAkey", "\(folder)/ca.key", "-CAcreateserial", "-out", "\(folder)/\(name).crt",
        ])
    }
}
