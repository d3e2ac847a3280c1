/// Which content codings a client takes (RFC 9110 §12.5.3), of those that there are here.
enum AcceptEncoding {
    /// Whether the header asks for gzip no less than for what is not coded.
    static func prefersGzip(_ header: String?) -> Bool {
        var weights: [Substring: Double] = [:]
        for member in (header ?? "").lowercased().split(separator: ",") {
            let parts = member.split(separator: ";").map { $0.trimmed }
            guard let coding = parts.first, let weight = weight(parts.dropFirst()) else { continue }
            weights[coding == "x-gzip" ? "gzip" : coding] = weight
        }
        guard let gzip = weights["gzip"] ?? weights["*"], gzip > 0 else { return false }
        return gzip >= weights["identity"] ?? 0
    }

    /// `nil`: this is none, and the member counts for nothing.
    private static func weight(_ parameters: ArraySlice<Substring>) -> Double? {
        guard let parameter = parameters.first else { return 1 }
        guard parameters.count == 1, parameter.hasPrefix("q=") else { return nil }
        return Double(parameter.dropFirst(2)).flatMap { 0...1 ~= $0 ? $0 : nil }
    }
}
