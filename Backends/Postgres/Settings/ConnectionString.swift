import CLibpq

/// A connection string as libpq reads it: a URL or `host=… dbname=…` (PostgreSQL's manual, "Connection Strings").
enum ConnectionString {
    /// Its options by libpq's names, without those that it does not give.
    static func parse(_ text: String) throws(PostgresURLError) -> [String: String] {
        guard !text.utf8.contains(0) else { throw PostgresURLError("a connection string has no zero byte") }
        if text.contains("://") { try checkURL(text) }
        var message: UnsafeMutablePointer<CChar>?
        let parsed = PQconninfoParse(text, &message)
        defer {
            PQfreemem(message)
            PQconninfoFree(parsed)
        }
        guard let parsed else { throw refusal(of: text, message.map { String(cString: $0) } ?? "") }
        let options = options(parsed)
        try checkPorts(options["port"] ?? "")
        return options
    }

    /// A list that ends with an entry without a name.
    static func options(_ list: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var options: [String: String] = [:]
        var entry = list
        while let keyword = entry.pointee.keyword {
            if let value = entry.pointee.val, value.pointee != 0 {
                options[String(cString: keyword)] = String(cString: value)
            }
            entry += 1
        }
        return options
    }

    /// A password with a bare `@` or `/` would be read as a host or a database, and errors name these.
    private static func checkURL(_ text: String) throws(PostgresURLError) {
        guard let scheme = text.firstRange(of: "://"), ["postgres", "postgresql"].contains(text[..<scheme.lowerBound])
        else { throw PostgresURLError("a PostgreSQL URL looks like postgres://user:password@host:5432/database") }
        let rest = text[scheme.upperBound...]
        guard rest.count(where: { $0 == "@" }) <= 1, !rest.prefix(upTo: "@").contains("/") else {
            throw PostgresURLError(
                "a PostgreSQL URL has one @, behind the password; write / and @ as %2F and %40 elsewhere")
        }
    }

    private static func checkPorts(_ ports: String) throws(PostgresURLError) {
        for port in ports.split(separator: ",") {
            guard let number = Int(port), 1...65_535 ~= number else {
                throw PostgresURLError("the port behind a host is a number from 1 to 65535")
            }
        }
    }

    /// libpq's words may quote any part of the text, so they only choose ours.
    private static func refusal(of text: String, _ message: String) -> PostgresURLError {
        func says(_ words: String...) -> Bool { words.contains { message.contains($0) } }
        if says("invalid connection option", "invalid URI query") {
            return PostgresURLError(unknownOption(in: text, message))
        }
        if says("missing \"=\"") {
            return PostgresURLError(
                "a connection string is NAME=VALUE pairs between spaces; a value with a space stands in ' '")
        }
        if says("unterminated quoted string") { return PostgresURLError("a value in ' ' does not end") }
        if says("invalid percent-encoded", "forbidden value") {
            return PostgresURLError(
                "a % in a PostgreSQL URL is followed by two hexadecimal digits, not 00; write the sign itself as %25")
        }
        if says("key/value separator") {
            return PostgresURLError("the options behind the ? of a PostgreSQL URL are NAME=VALUE, joined by &")
        }
        if says("IPv6", "matching \"]\"") { return PostgresURLError("an IPv6 address stands in [ ]") }
        return PostgresURLError("a PostgreSQL URL looks like postgres://user:password@host:5432/database")
    }

    private static func unknownOption(in text: String, _ message: String) -> String {
        let mayShow = !text.contains("@") && !text.contains("pass")
        let name = message.split(separator: "\"").dropFirst().first.map { " \"\($0.prefix(32))\"" } ?? ""
        return "the connection string has an option\(mayShow ? name : "") that libpq does not know"
    }
}

extension Substring {
    fileprivate func prefix(upTo character: Character) -> Substring {
        contains(character) ? prefix { $0 != character } : self[startIndex..<startIndex]
    }
}
