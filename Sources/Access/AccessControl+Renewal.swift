import BrokerCore
package import GatewayConfig
import Logging

/// How keys are changed while the gateway runs.
extension AccessControl {
    /// How often it is looked whether a file has changed.
    static let filePoll = Duration.seconds(5)

    /// Reads files again that have changed, and the identity provider's keys from time to time, until it is cancelled.
    package func run() async {
        while (try? await Task.sleep(for: Self.filePoll)) != nil {
            await readChangedFiles()
            if rules.withLock({ $0.jwks })?.isDue(now: clock.steady()) == true { await refreshKeys() }
        }
    }

    /// Makes ready to go over to another configuration: reads its files, and asks for an identity provider's keys. What is
    /// returned puts it into force; until then nothing has changed.
    package func prepare(_ config: GatewayConfig) async throws(AccessSetupError) -> @Sendable () -> Void {
        let old = rules.withLock { $0 }
        let new = try await AccessRules.load(config, old: old, clock: clock, logger: logger)
        await new.jwks?.refresh(now: clock.steady())
        return { [rules] in
            rules.withLock { rules in
                rules = new
                rules.takeNewKeys()
            }
        }
    }

    /// What is wrong with a changed file is logged once, and what was read before holds.
    func readChangedFiles() async {
        let old = rules.withLock { $0 }
        let stamps = AccessRules.stamps(of: old.config.auth)
        guard stamps != old.stamps else { return }
        do throws(AccessSetupError) {
            let new = try await AccessRules.load(old.config, old: old, clock: clock, logger: logger)
            // Another configuration came meanwhile: it has read its own files.
            rules.withLock { if $0.config == old.config { $0 = new } }
            logger.info("keys were read again, a file of them has changed")
        } catch {
            rules.withLock { if $0.config == old.config { $0.stamps = stamps } }
            logger.error(
                "a changed file of keys is not taken; those that were read before hold",
                metadata: ["reason": "\(error)"])
        }
    }

    /// Asks for the identity provider's keys, unless that was done just now.
    func refreshKeys() async {
        guard let jwks = rules.withLock({ $0.jwks }) else { return }
        await jwks.refresh(now: clock.steady())
        rules.withLock { if $0.jwks === jwks { $0.takeNewKeys() } }
    }
}
