import BrokerCore
import GatewayConfig
import JWTKit
import Logging

extension AccessRules {
    /// Reads what the configuration names. Keys of an identity provider are taken from `old` if it is the same one.
    static func load(
        _ config: GatewayConfig, old: AccessRules?, clock: AccessClock, logger: Logger
    ) async throws(AccessSetupError) -> AccessRules {
        try check(config)
        let auth = config.auth
        let stamps = stamps(of: auth)
        var ownKeys: [VerificationKey] = []
        if let secret = auth.secret, let key = await KeyMaterial.secret(HMACKey(from: secret)).verificationKey(id: nil)
        {
            ownKeys.append(key)
        }
        if let file = auth.keysFile { ownKeys += try await KeyFile.read(file) }
        let apiKeys = APIKeys(auth.apiKeys + (try auth.apiKeysFile.map(APIKeyFile.read) ?? []))
        return AccessRules(
            config: config, apiKeys: apiKeys, ownKeys: ownKeys, jwks: source(auth, old: old, logger),
            callback: client(auth, old: old, clock, logger), stamps: stamps)
    }

    static func stamps(of auth: GatewayConfig.Auth) -> [FileStamp?] {
        [auth.keysFile, auth.apiKeysFile].map { $0.flatMap { FileStamp($0) } }
    }

    private static func source(_ auth: GatewayConfig.Auth, old: AccessRules?, _ logger: Logger) -> JWKSSource? {
        guard let url = auth.jwksURL else { return nil }
        return old?.jwks?.url == url ? old?.jwks : JWKSSource(url: url, logger: logger)
    }

    private static func client(
        _ auth: GatewayConfig.Auth, old: AccessRules?, _ clock: AccessClock, _ logger: Logger
    ) -> CallbackClient? {
        guard let url = auth.callback.url else { return nil }
        if let same = old?.callback, same.settings == auth.callback { return same }
        return CallbackClient(url: url, auth.callback, clock: clock, logger: logger)
    }

    private static func check(_ config: GatewayConfig) throws(AccessSetupError) {
        let urls = [("auth.jwks_url", config.auth.jwksURL), ("auth.callback.url", config.auth.callback.url)]
        for (key, url) in urls {
            if let url, !AccessHTTP.accepts(url) {
                throw AccessSetupError(key: key, "it must be a whole URL that begins with http:// or https://")
            }
        }
        guard config.auth.callback.url == nil else { return }
        let names = [GatewayConfig.defaultNamespaceName] + config.namespaces.keys.sorted()
        for name in names {
            let policy = config[namespace: name]
            if policy.subscribe == .callback || policy.publish == .callback {
                throw AccessSetupError(
                    key: "auth.callback.url",
                    "namespaces.\(name) asks the application, and this does not say where it is")
            }
        }
    }
}
