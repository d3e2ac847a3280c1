import BrokerCore
import GatewayConfig
import Logging
import NIOSSL

/// The certificate that new connections are shown. It is read again when its files change; connections that are open keep the one they
/// began with, and are not disturbed.
final class Certificates: Sendable {
    /// How often the files are looked at.
    static let pace = Duration.seconds(5)

    private struct State {
        var context: NIOSSLContext
        var files: CertificateFiles
        /// As the files were when they were last read.
        var version: CertificateFiles.Version
    }

    private let state: Locked<State>
    private let protocols: [String]
    private let logger: Logger

    /// `nil`: the gateway speaks no TLS.
    /// - Throws: ``TLSSetupError``.
    init?(_ config: GatewayConfig, logger: Logger) throws(TLSSetupError) {
        guard let files = CertificateFiles(config.listen.tls) else { return nil }
        protocols = Self.protocols(config)
        self.logger = logger
        let version = files.version
        state = Locked(State(context: try files.context(protocols: protocols), files: files, version: version))
    }

    /// What the handshake offers to speak behind it, the best first.
    static func protocols(_ config: GatewayConfig) -> [String] {
        config.listen.http2 ? ["h2", "http/1.1"] : ["http/1.1"]
    }

    /// What new connections begin with.
    var context: NIOSSLContext { state.withLock { $0.context } }

    /// Reads the files again whenever they have changed, until the task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: Self.pace)) != nil {
            let (files, known) = state.withLock { ($0.files, $0.version) }
            if files.version != known { try? reload(files) }
        }
    }

    /// Reads the files, which may be others than before. If they are broken, what was read before stays.
    /// - Throws: ``TLSSetupError``, which was logged.
    func reload(_ config: GatewayConfig) throws(TLSSetupError) {
        if let files = CertificateFiles(config.listen.tls) { try reload(files) }
    }

    private func reload(_ files: CertificateFiles) throws(TLSSetupError) {
        // Taken first: what changes while the files are read is seen the next time.
        let version = files.version
        state.withLock { $0.version = version }
        do throws(TLSSetupError) {
            let context = try files.context(protocols: protocols)
            state.withLock { state in
                state.context = context
                state.files = files
            }
        } catch {
            logger.error("the new certificate is not taken, the old one stays", metadata: ["reason": "\(error)"])
            throw error
        }
        logger.info("certificate read", metadata: ["file": "\(files.certificate)"])
    }
}
