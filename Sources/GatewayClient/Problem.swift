package import Foundation

/// A refusal, as the gateway words it: `application/problem+json` (RFC 9457), or whatever else came with an error
/// status.
package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The HTTP status.
    package var status: Int
    /// The stable code, such as `conflict`; `http_` and the status when the answer names none.
    package var code: String
    package var detail: String
    /// The current values that came along (`current`, `highest`, `top`, `published` …), in the order of their names.
    package var values: [String]

    /// What is read of an answer that is no problem document, in bytes.
    private static let excerptBytes = 200
    /// Members that say nothing beyond what stands above.
    private static let wording: Set<String> = ["type", "title", "status", "code", "detail", "instance", "channel"]

    /// Reads the body of an answer. What is no problem document still gives a problem, with the start of its text.
    package init(status: Int, body: Data) {
        let members = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
        self.init(status: status, members: members ?? [:])
        if members == nil, detail.isEmpty {
            let excerpt = String(decoding: body.prefix(Self.excerptBytes), as: UTF8.self)
            detail = excerpt.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        }
    }

    /// - Parameter members: the document's; `status` is taken when it has none of its own.
    init(status: Int, members: [String: Any]) {
        self.status = (members["status"] as? NSNumber)?.intValue ?? status
        code = members["code"] as? String ?? "http_\(self.status)"
        detail = members["detail"] as? String ?? members["title"] as? String ?? ""
        values = members.filter { !Self.wording.contains($0.key) }.compactMap { key, value in
            value is String || value is NSNumber ? "\(key) \(value)" : nil
        }.sorted()
    }

    /// Whether the same request may succeed later: the broker or the gateway is out of reach, or asks for patience.
    package var isTemporary: Bool {
        status >= 500 || status == 429 || status == 408 || code == "unavailable"
    }

    /// One line: code, current values, words.
    package var description: String {
        let values = values.isEmpty ? "" : " (" + values.joined(separator: ", ") + ")"
        return code + values + (detail.isEmpty ? "" : ": " + detail)
    }
}
