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

    /// `password=…` in a query or in a connection string of keywords and values.
    private static func maskParameters(_ text: String) -> String {
        text.replacing(/(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'?|[^\s&']+)/) { "\($0.output.1)\(hidden)" }
    }

    /// `user:password@`: from the first colon of the authority to the last `@`.
    private static func maskUserInfo(_ text: String) -> String {
        guard let authority = text.range(of: "://")?.upperBound,
            let at = text.lastIndex(of: "@"), at >= authority,
            let colon = text[authority..<at].firstIndex(of: ":")
        else { return text }
        return "\(text[...colon])\(hidden)\(text[at...])"
    }
}
