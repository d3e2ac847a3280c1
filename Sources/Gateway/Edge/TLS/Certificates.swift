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
            if files.version != known { try? read(files)() }
        }
    }

    /// Reads the files, which may be others than before; what is returned puts them into force. If they are broken, what was read
    /// before stays.
    /// - Throws: ``TLSSetupError``, which was logged.
    func prepare(_ config: GatewayConfig) throws(TLSSetupError) -> LiveConfig.Commit {
        guard let files = CertificateFiles(config.listen.tls) else { return {} }
        return try read(files)
    }

    private func read(_ files: CertificateFiles) throws(TLSSetupError) -> LiveConfig.Commit {
        // Taken first: what changes while the files are read is seen the next time.
        let version = files.version
        state.withLock { $0.version = version }
        do throws(TLSSetupError) {
            let new = State(context: try files.context(protocols: protocols), files: files, version: version)
            return { [state, logger] in
                state.withLock { $0 = new }
                logger.info("certificate read", metadata: ["file": "\(files.certificate)"])
            }
        } catch {
            logger.error("the new certificate is not taken, the old one stays", metadata: ["reason": "\(error)"])
            throw error
        }
    }
}
