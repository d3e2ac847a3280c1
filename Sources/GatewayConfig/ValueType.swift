import BrokerCore

/// How a key's value is read, checked and written.
struct ValueType<Value>: Sendable {
    /// `nil`: the value is of another type or not allowed.
    let decode: @Sendable (RawValue) -> Value?
    /// The value as a JSON literal, in its most readable form, with what is secret hidden.
    let literal: @Sendable (Value) -> String
    /// What is allowed, short.
    let range: String
    /// How to write it, with an example.
    let form: String
    /// Hides what is secret in a text.
    var mask: (@Sendable (String) -> String)?
}

extension ValueType {
    /// A whole number.
    static func integer(_ allowed: ClosedRange<Int>) -> ValueType<Int> {
        ValueType<Int>(
            decode: { raw in
                let number: Int? =
                    switch raw {
                    case .json(.number(let digits)), .text(let digits): Int(digits)
                    default: nil
                    }
                return number.flatMap { allowed.contains($0) ? $0 : nil }
            },
            literal: { String($0) },
            range: "\(allowed.lowerBound) to \(allowed.upperBound)", form: "a whole number")
    }

    /// A number of bytes.
    static func size(_ allowed: ClosedRange<Int>) -> ValueType<Int> {
        ValueType<Int>(
            decode: { raw in
                let bytes: Int? =
                    switch raw {
                    case .json(.number(let digits)): Int(digits)
                    case .json(.string(let text)), .text(let text): SizeText.parse(text)
                    default: nil
                    }
                return bytes.flatMap { allowed.contains($0) ? $0 : nil }
            },
            literal: { bytes in
                let text = SizeText.render(bytes)
                return text == String(bytes) ? text : JSONLiteral.string(text)
            },
            range: "\(SizeText.render(allowed.lowerBound)) to \(SizeText.render(allowed.upperBound))",
            form: "a size: bytes, or text like \"64KiB\", \"8MiB\"")
    }

    static func duration(_ allowed: ClosedRange<Duration>) -> ValueType<Duration> {
        ValueType<Duration>(
            decode: { raw in
                guard let duration = raw.string.flatMap(DurationText.parse) else { return nil }
                return allowed.contains(duration) ? duration : nil
            },
            literal: { JSONLiteral.string(DurationText.render($0)) },
            range: "\(DurationText.render(allowed.lowerBound)) to \(DurationText.render(allowed.upperBound))",
            form: "a duration: text like \"250ms\", \"15s\", \"5m\", \"1h\", \"7d\"")
    }

    /// 1 to `bytes` bytes without control characters.
    static func text(bytes: Int, _ range: String, mask: (@Sendable (String) -> String)? = nil) -> ValueType<String> {
        ValueType<String>(
            decode: { raw in
                guard let text = raw.string, (1...bytes).contains(text.utf8.count),
                    text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
                else { return nil }
                return text
            },
            literal: { JSONLiteral.string(mask?($0) ?? $0) }, range: range, form: "text of 1 to \(bytes) bytes",
            mask: mask)
    }

    /// Text that is shown to nobody.
    static func secret(bytes: ClosedRange<Int>) -> ValueType<String> {
        let text = text(bytes: bytes.upperBound, "a secret", mask: { _ in Secrets.hidden })
        return ValueType<String>(
            decode: { raw in text.decode(raw).flatMap { $0.utf8.count >= bytes.lowerBound ? $0 : nil } },
            literal: text.literal, range: text.range,
            form: "text of \(bytes.lowerBound) to \(bytes.upperBound) bytes", mask: text.mask)
    }

    static func boolean() -> ValueType<Bool> {
        ValueType<Bool>(
            decode: { raw in
                switch raw {
                case .json(.bool(let value)): value
                case .text("true"), .text("1"): true
                case .text("false"), .text("0"): false
                default: nil
                }
            },
            literal: { $0 ? "true" : "false" }, range: "true or false", form: "without quotes")
    }

    /// A name that needs no quotes in most languages.
    static func identifier(bytes: Int) -> ValueType<String> {
        ValueType<String>(
            decode: { raw in
                guard let text = raw.string, (1...bytes).contains(text.utf8.count),
                    text.wholeMatch(of: /[a-z_][a-z0-9_]*/) != nil
                else { return nil }
                return text
            },
            literal: { JSONLiteral.string($0) }, range: "1 to \(bytes) lower-case letters, digits and _",
            form: "a name that begins with a letter or _")
    }

    /// A namespace of channels, short enough that names in it have room.
    static func namespace(bytes: Int) -> ValueType<String> {
        ValueType<String>(
            decode: { raw in
                guard let text = raw.string, text.utf8.count <= bytes, NamespaceName.accepts(text) else { return nil }
                return text
            },
            literal: { JSONLiteral.string($0) },
            range: "1 to \(bytes) bytes of letters, digits and _ - = @ , . ; / ~ +",
            form: "a namespace: what stands before the first colon of a channel's name")
    }

    /// One of the words of an enumeration.
    static func choice() -> ValueType
    where Value: RawRepresentable<String> & CaseIterable & SendableMetatype {
        ValueType(
            decode: { raw in raw.string.flatMap(Value.init(rawValue:)) },
            literal: { JSONLiteral.string($0.rawValue) },
            range: Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "), form: "one of these words")
    }

    /// Where a reader starts, as in the query `since`, but never a position.
    static func replay(lastAtMost most: Int) -> ValueType<Start> {
        ValueType<Start>(
            decode: { raw in raw.string.flatMap { ReplayText.parse($0, lastAtMost: most) } },
            literal: { JSONLiteral.string(ReplayText.render($0)) },
            range: "\"earliest\", \"latest\", \"last:N\"", form: "N from 1 to \(most)")
    }

    /// The same, or `null`, which means `absence`.
    func orNull(_ absence: String) -> ValueType<Value?> {
        let literal = literal
        let decode = decode
        return ValueType<Value?>(
            decode: { raw in
                if raw == .json(.null) || raw == .text("null") { return .some(nil) }
                return decode(raw).map { .some($0) }
            },
            literal: { $0.map(literal) ?? "null" },
            range: "\(range), or null: \(absence)", form: form, mask: mask)
    }
}

extension RawValue {
    /// The text of a string or a variable.
    fileprivate var string: String? {
        switch self {
        case .json(.string(let text)), .text(let text): text
        default: nil
        }
    }
}
