extension GatewayConfig {
    /// By what the gateway knows who may do what.
    package struct Auth: Hashable, Sendable {
        /// The secret of tokens signed with HS256, and of capability links. Show it to nobody.
        package var secret: String?
        /// A file of keys: a JWKS document, or public keys as PEM.
        package var keysFile: String?
        /// Where the keys of an identity provider are.
        package var jwksURL: String?
        /// What a token's `iss` and `aud` must be; `nil`: they are not looked at.
        package var issuer: String?
        package var audience: String?
        /// By how much clocks may differ.
        package var leeway = Duration.seconds(30)
        /// The cookie that a token may come in; `nil`: cookies carry none.
        package var cookie: String?
        /// Keys of producers, each good for everything. Show them to nobody.
        package var apiKeys: [String] = []
        /// A file with such a key a line.
        package var apiKeysFile: String?
        package var callback = Callback()
        /// Who may read `/metrics`; `nil`: see ``GatewayConfig/metricsPolicy``.
        package var metrics: MetricsPolicy?

        /// The application that is asked who may do what.
        package struct Callback: Hashable, Sendable {
            package var url: String?
            /// How long the application may take.
            package var timeout = Duration.seconds(3)
            /// How long its answer holds.
            package var cache = Duration.seconds(10)
        }

        /// Tokens or API keys can be told from false ones.
        package var knowsTokens: Bool {
            secret != nil || keysFile != nil || jwksURL != nil || !apiKeys.isEmpty || apiKeysFile != nil
        }
    }
}
