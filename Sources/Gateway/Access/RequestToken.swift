import Access
import HTTPTypes

/// The token that a request brings: in its `Authorization` (RFC 6750 §2.1), in its query, which is all that an EventSource can
/// fill, or in the cookie that was configured for it.
enum RequestToken {
    private static let queryKeys = ["token", "access_token"]
    private static let scheme = "bearer "

    /// - Parameter cookieName: the cookie that may hold one; `nil`: none may.
    /// - Throws: ``Problem`` (`contradictory_tokens`) when there are several that are not the same: nobody can know which is meant.
    static func find(_ fields: HTTPFields, _ query: Query, cookieName: String?) throws(Problem) -> String? {
        var found = queryKeys.flatMap { query.all($0) }
        found += fields[values: .authorization].compactMap(bearer)
        if let cookieName { found += cookies(fields[.cookie] ?? "", named: cookieName) }
        let tokens = Set(found.filter { !$0.isEmpty })
        guard tokens.count <= 1 else {
            throw Problem(
                .badRequest, "contradictory_tokens", "the request brings tokens that differ: send one, in one place")
        }
        return tokens.first
    }

    /// The token of an `Authorization`; `nil`: it is of another scheme.
    static func bearer(_ value: String) -> String? {
        guard value.prefix(scheme.count).lowercased() == scheme else { return nil }
        return String(value.dropFirst(scheme.count)).trimmingBlanks
    }

    /// Their values (RFC 6265 §4.2.1), quotes taken off.
    private static func cookies(_ header: String, named name: String) -> [String] {
        header.split(separator: ";").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, String(parts[0]).trimmingBlanks == name else { return nil }
            let value = String(parts[1]).trimmingBlanks
            let isQuoted = value.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
            return isQuoted ? String(value.dropFirst().dropLast()) : value
        }
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
