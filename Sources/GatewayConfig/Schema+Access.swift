extension Schema {
    static let access =
        auth + [
            Key(
                "origins", \.origins, .origins,
                "Origins of pages that may use the gateway beside its own; `*` is all of them, without cookies."),
            Key(
                "open", \.open, .boolean(),
                "Publishing by anyone is meant, though other hosts can reach the gateway: it does not start otherwise."),
            Key(
                "trusted_proxies", \.trustedProxies, .networks,
                "Proxies whose `Forwarded` or `X-Forwarded-For` says where a request comes from."),
        ]

    private static let auth = [
        Key(
            "auth.secret", \.auth.secret,
            ValueType<String>.secret(bytes: 32...4096).orNull("no tokens signed with a secret"),
            "The secret of tokens signed with HS256, and of links. Best given by its variable."),
        Key(
            "auth.keys_file", \.auth.keysFile, ValueType<String>.text(bytes: 4096, "a file").orNull("none"),
            "Keys that sign tokens: a JWKS document, or public keys as PEM. It is read again when it changes."),
        Key(
            "auth.jwks_url", \.auth.jwksURL,
            ValueType<String>.text(bytes: 4096, "an http or https URL", mask: Secrets.maskHTTP).orNull("none"),
            "Where an identity provider publishes the keys that sign tokens."),
        Key(
            "auth.issuer", \.auth.issuer, ValueType<String>.text(bytes: 1024, "text").orNull("any"),
            "What a token's `iss` must be."),
        Key(
            "auth.audience", \.auth.audience, ValueType<String>.text(bytes: 1024, "text").orNull("any"),
            "What a token's `aud` must have."),
        Key(
            "auth.leeway", \.auth.leeway, .duration(.seconds(0) ... .seconds(300)),
            "By how much the clocks of who signs tokens and of the gateway may differ."),
        Key(
            "auth.cookie", \.auth.cookie, ValueType<String>.text(bytes: 256, "a cookie's name").orNull("none"),
            "The cookie that a token may come in."),
        Key(
            "auth.api_keys", \.auth.apiKeys, .secrets(bytes: 16...512),
            "Keys of producers, each good for everything that is not `nobody`'s. Several, so that they can be changed one by one."
        ),
        Key(
            "auth.api_keys_file", \.auth.apiKeysFile, ValueType<String>.text(bytes: 4096, "a file").orNull("none"),
            "A file with such a key a line. It is read again when it changes."),
        Key(
            "auth.callback.url", \.auth.callback.url,
            ValueType<String>.text(bytes: 4096, "an http or https URL", mask: Secrets.maskHTTP).orNull("none"),
            "The application's answer to who may do what, asked with the reader's cookie."),
        Key(
            "auth.callback.timeout", \.auth.callback.timeout, .duration(.milliseconds(100) ... .seconds(60)),
            "How long the application may take; past it the answer is no."),
        Key(
            "auth.callback.cache", \.auth.callback.cache, .duration(.seconds(0) ... .seconds(3600)),
            "How long the application's answer holds."),
        Key(
            "auth.metrics", \.auth.metrics, ValueType<MetricsPolicy>.choice().orNull("as `auth` allows"),
            "Who may read `/metrics`; `null` is `key` where keys are known, else `anyone`."
        ),
    ]
}
