import JSONText
import Testing

@Suite struct JSONObjectTests {
    /// The members as texts, or why there are none.
    private func read(_ text: String) -> Result<[[String]], JSONError> {
        Array(text.utf8).withUnsafeBytes { bytes in
            Result { () throws(JSONError) in
                try JSONObject(bytes).members.map { [$0.key, $0.kind.description, $0.verbatim] }
            }
        }
    }

    private func with<Value>(_ text: String, _ body: (JSONObject) throws -> Value) throws -> Value {
        try Array(text.utf8).withUnsafeBytes { try body(try JSONObject($0)) }
    }

    private func reason(_ text: String) -> JSONError.Reason? {
        if case .failure(let error) = read(text) { error.reason } else { nil }
    }

    @Test("Members come in their order, with values as they were written")
    func members() {
        #expect(
            read(
                " { \"a\" : [1,  2] ,\"b\":{\"x\" :\"\\u0041\"}, \"c\":-1.50e3 ,\"d\":\"\\n\",\"e\":null,\"f\":false } "
            )
                == .success([
                    ["a", "an array", "[1,  2]"], ["b", "an object", "{\"x\" :\"\\u0041\"}"],
                    ["c", "a number", "-1.50e3"],
                    ["d", "a string", "\"\\n\""], ["e", "null", "null"], ["f", "a boolean", "false"],
                ]))
        #expect(read("{}") == .success([]))
    }

    @Test("Keys are unescaped, and a key for the second time is refused however it is written")
    func keys() {
        #expect(read(#"{"\u0064ata":1}"#) == .success([["data", "a number", "1"]]))
        #expect(reason(#"{"data":1,"\u0064ata":2}"#) == .duplicateKey("data"))
        #expect(reason(#"{"\uD800":1}"#) == .loneSurrogate)
        #expect(
            read("{\"\u{E9}\":1,\"e\u{301}\":2}")
                == .success([["\u{E9}", "a number", "1"], ["e\u{301}", "a number", "2"]]))
    }

    @Test(
        "What is no single object is refused",
        arguments: [
            "[]", "1", "\"{}\"", "null", "{} {}", "{\"a\":1}x", "{\"a\"", "{\"a\":1,}", "", "{\"a\":[}", "{a:1}",
        ])
    func refuses(_ text: String) {
        #expect(throws: JSONError.self) { try read(text).get() }
    }

    @Test("An object has a bounded number of members")
    func bound() {
        func object(_ count: Int) -> String { "{" + (0..<count).map { "\"k\($0)\":0" }.joined(separator: ",") + "}" }
        #expect(reason(object(JSONObject.maximumMembers)) == nil)
        #expect(reason(object(JSONObject.maximumMembers + 1)) == .tooManyMembers)
    }

    @Test(
        "Strings are unescaped, surrogate pairs included",
        arguments: [
            (#""""#, ""), (#""plain – é""#, "plain – é"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u00e9\u65E5""#, "é日"),
            (#""a\uD83E\uDD89b""#, "a🦉b"), (#""\u0000""#, "\0"), (#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
            (#""\uD7FF\uE000""#, "\u{D7FF}\u{E000}"),
        ])
    func strings(_ literal: String, _ expected: String) throws {
        #expect(try with("{\"k\":\(literal)}") { try $0.string("k") } == expected)
    }

    @Test(
        "Half of a surrogate pair is no string",
        arguments: [
            #""\uD800""#, #""\uDC00""#, #""\uD800x""#, #""\uD800\n""#, #""\uD800\uD800""#, #""\uDC00\uD800""#,
            #""\uD800\u0041""#,
            #""\uD800\"#
                + #"\u""#,
        ])
    func loneSurrogates(_ literal: String) {
        #expect(throws: JSONMemberError.self) { try with("{\"k\":\(literal)}") { try $0.string("k") } }
    }

    @Test("Booleans and integers are read, and a member that is not there is nil")
    func values() throws {
        let text = #"{"t":true,"f":false,"zero":0,"most":18446744073709551615}"#
        try with(text) { (object) throws -> Void in
            #expect(try object.bool("t") == true)
            #expect(try object.bool("f") == false)
            #expect(try object.integer("zero") == 0)
            #expect(try object.integer("most") == .max)
            #expect(try object.string("none") == nil)
            #expect(try object.bool("none") == nil)
            #expect(try object.integer("none") == nil)
        }
    }

    @Test(
        "What is no integer from the range is refused",
        arguments: [
            "-1", "-0", "1.0", "1e3", "18446744073709551616", "99999999999999999999999", "11", "\"1\"", "null",
        ])
    func integers(_ literal: String) {
        #expect(throws: JSONMemberError.self) { try with("{\"k\":\(literal)}") { try $0.integer("k", in: 0...10) } }
    }

    @Test("An error names the key, what was found and what is allowed")
    func errors() {
        #expect(throws: JSONMemberError(key: "event", found: "a number", allowed: "a string")) {
            try with(#"{"event":1}"#) { try $0.string("event") }
        }
        #expect(throws: JSONMemberError(key: "close", found: "null", allowed: "true or false")) {
            try with(#"{"close":null}"#) { try $0.bool("close") }
        }
        let error = #expect(throws: JSONMemberError.self) {
            try with(#"{"fence":1.5}"#) { try $0.integer("fence", in: 0...9) }
        }
        #expect(error?.description == "\"fence\" is 1.5, but must be an integer from 0 to 9")
    }
}
