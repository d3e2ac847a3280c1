import Foundation

/// Hides what must not be shown in logs, errors and the output of `check`.
package enum Secrets {
    /// What stands in place of a secret.
    package static let hidden = "***"

    /// A broker URL or connection string with its passwords hidden. It would rather hide too much than too little: a
    /// password that holds `/`, `?` or `@` without percent-encoding is hidden as well.
    package static func mask(_ url: String) -> String {
        maskUserInfo(maskParameters(url))
    }

    /// An HTTP URL with all that may be a secret hidden: who asks, and the values of its query, whatever they are called.
    package static func maskHTTP(_ url: String) -> String {
        url.replacing(/:\/\/.*@/) { _ in "://\(hidden)@" }
            .replacing(/([?&](?:[^?&=]*=)?)[^&]+/) { "\($0.output.1)\(hidden)" }
    }

    /// The value of each parameter of a URL's query whose name has `password` in it, and the same in a connection string of
    /// keywords and values.
    private static func maskParameters(_ text: String) -> String {
        guard text.contains("://") else {
            return text.replacing(/(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'?|[^\s'])[^\s&]*/) {
                "\($0.output.1)\(hidden)"
            }
        }
        return text.replacing(/([?&])([^?&=]*)=[^&]*/) { match in
            let (whole, before, name) = match.output
            let isSecret = (name.removingPercentEncoding ?? "password").lowercased().contains("password")
            return isSecret ? "\(before)\(name)=\(hidden)" : whole
        }
    }

    /// `user:password@`: from the first colon of the authority to the last `@`. Redis takes `password@` too.
    private static func maskUserInfo(_ text: String) -> String {
        guard let authority = text.range(of: "://")?.upperBound,
            let at = text.lastIndex(of: "@"), at >= authority
        else { return text }
        if let colon = text[authority..<at].firstIndex(of: ":") { return "\(text[...colon])\(hidden)\(text[at...])" }
        let isRedis = text.prefix(5).lowercased() == "redis"
        return isRedis ? "\(text[..<authority])\(hidden)\(text[at...])" : text
    }
}
