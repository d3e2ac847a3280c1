extension JSONScanner {
    /// Goes past one value, and says what it is. A loop and not a recursion, so that depth costs no stack.
    mutating func skipValue() throws(JSONError) -> JSONKind {
        let kind = try peekKind()
        var nesting = Nesting()
        repeat {
            if try beginValue(&nesting) { try endValues(&nesting) }
        } while nesting.depth > 0
        return kind
    }

    func peekKind() throws(JSONError) -> JSONKind {
        switch try peek() {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
        default: throw unexpected("a value")
        }
    }

    /// Goes past a key and its colon, up to the value. Gives where what stands between the key's quotes is.
    @discardableResult
    mutating func skipKey() throws(JSONError) -> Range<Int> {
        guard try peek() == UInt8(ascii: "\"") else { throw unexpected("a key") }
        let key = try skipString()
        skipSpace()
        try expect(":", "':'")
        skipSpace()
        return key
    }

    /// `true` when the value is over already, `false` when it is one that others stand in, the first of which is next.
    private mutating func beginValue(_ nesting: inout Nesting) throws(JSONError) -> Bool {
        let kind = try peekKind()
        switch kind {
        case .string: try skipString()
        case .number: try skipNumber()
        case .null: try skipLiteral("null")
        case .bool: try skipLiteral(try peek() == UInt8(ascii: "t") ? "true" : "false")
        case .array, .object: return try begin(kind, &nesting)
        }
        return true
    }

    private mutating func begin(_ kind: JSONKind, _ nesting: inout Nesting) throws(JSONError) -> Bool {
        guard nesting.depth < Self.maximumDepth else { throw JSONError(reason: .tooDeep, offset: offset) }
        offset += 1
        skipSpace()
        if skip(kind == .object ? "}" : "]") { return true }
        nesting.push(object: kind == .object)
        if kind == .object { try skipKey() }
        return false
    }

    /// After a value: ends what ends with it, until another value follows or the outermost is over.
    private mutating func endValues(_ nesting: inout Nesting) throws(JSONError) {
        while nesting.depth > 0 {
            skipSpace()
            if skip(",") {
                skipSpace()
                if nesting.inObject { try skipKey() }
                return
            }
            if nesting.inObject { try expect("}", "',' or '}'") } else { try expect("]", "',' or ']'") }
            nesting.pop()
        }
    }

    private mutating func skipLiteral(_ literal: StaticString) throws(JSONError) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard try peek() == literal.utf8Start[index] else { throw unexpected("\(literal)") }
            offset += 1
        }
    }

    private mutating func skipNumber() throws(JSONError) {
        _ = skip("-")
        if !skip("0") { try skipDigits() }
        if skip(".") { try skipDigits() }
        if skip("e") || skip("E") {
            if !skip("+") { _ = skip("-") }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(JSONError) {
        let start = offset
        while offset < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[offset] { offset += 1 }
        guard offset > start else { throw unexpected("a digit") }
    }
}

/// Which of the values around the present one are objects: a bit each.
private struct Nesting {
    private(set) var depth = 0
    private var objects = SIMD8<UInt64>()

    static let bitsPerWord = UInt64.bitWidth

    /// The innermost is an object; else it is an array.
    var inObject: Bool {
        objects[(depth - 1) / Self.bitsPerWord] >> UInt64((depth - 1) % Self.bitsPerWord) & 1 == 1
    }

    /// The caller keeps to ``JSONScanner/maximumDepth``, which is how many bits there are.
    mutating func push(object: Bool) {
        let bit = UInt64(1) << UInt64(depth % Self.bitsPerWord)
        if object { objects[depth / Self.bitsPerWord] |= bit } else { objects[depth / Self.bitsPerWord] &= ~bit }
        depth += 1
    }

    mutating func pop() { depth -= 1 }
}
