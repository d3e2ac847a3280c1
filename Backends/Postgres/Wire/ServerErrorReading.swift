import CLibpq

extension ServerError {
    /// Of a result that is an error or a notice. `nil`: libpq made it itself, because the connection broke.
    init?(_ result: OpaquePointer) {
        guard let sqlState = Self.field(result, "C") else { return nil }
        self.init(
            sqlState: sqlState, message: Self.field(result, "M") ?? "an error without words",
            detail: Self.field(result, "D"), hint: Self.field(result, "H"))
    }

    /// Whether the server ends the session with it.
    static func isLast(_ result: OpaquePointer) -> Bool {
        ["FATAL", "PANIC"].contains(field(result, "V") ?? field(result, "S"))
    }

    /// A field by its code in the protocol (PostgreSQL's manual, "Error and Notice Message Fields").
    static func field(_ result: OpaquePointer, _ code: Unicode.Scalar) -> String? {
        PQresultErrorField(result, Int32(code.value)).map { OneLine.of(String(cString: $0)) }
    }

    /// Of what libpq says when a server refuses a connection, the codes shown:
    /// `connection to server at "h", port 1 failed: FATAL:  28P01: password authentication failed`. `nil`: the server
    /// said nothing.
    init?(refusal text: String) {
        // One line for each attempt: with and without TLS.
        guard let last = text.split(separator: "connection to server").last,
            let match = last.firstMatch(of: #/: +[^:\n]+:  ([0-9A-Z]{5}): (?<message>[^\n]*)/#)
        else { return nil }
        let lines = last.split(separator: "\n")
        func line(_ label: String) -> String? {
            lines.first { $0.hasPrefix(label) }.map { OneLine.of(String($0.dropFirst(label.count))) }
        }
        self.init(
            sqlState: String(match.1), message: OneLine.of(String(match.message)), detail: line("DETAIL:"),
            hint: line("HINT:"))
    }
}
