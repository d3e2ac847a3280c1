package import Hub
import JSONText

/// JSON objects, member by member. The comma before a member is written by itself.
extension ByteWriter {
    /// An object, wherever a value may stand.
    package mutating func object(_ content: (inout ByteWriter) -> Void) {
        append("{")
        content(&self)
        append("}")
    }

    /// A member whose value is an array of objects.
    package mutating func array<Elements: Collection>(
        _ name: StaticString, of elements: Elements, _ content: (inout ByteWriter, Elements.Element) -> Void
    ) {
        key(name)
        append("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { append(",") }
            object { content(&$0, element) }
        }
        append("]")
    }

    /// A member whose value is an array of what is JSON already.
    package mutating func array(_ name: StaticString, verbatim elements: some Collection<String>) {
        key(name)
        append("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { append(",") }
            append(element)
        }
        append("]")
    }

    /// A member whose value is an object.
    package mutating func object(_ name: StaticString, _ content: (inout ByteWriter) -> Void) {
        key(name)
        object(content)
    }

    /// A member whose value is a string.
    package mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        appendJSON(text)
    }

    /// A member whose value is a number.
    package mutating func member(_ name: StaticString, _ number: UInt64) {
        key(name)
        append(number)
    }

    /// A member whose value is a boolean.
    package mutating func member(_ name: StaticString, _ flag: Bool) {
        key(name)
        append(flag ? "true" as StaticString : "false")
    }

    /// A member whose value is JSON already.
    package mutating func member(_ name: StaticString, verbatim json: String) {
        key(name)
        append(json)
    }

    /// A member whose value is a time (RFC 3339).
    package mutating func member(_ name: StaticString, timestamp milliseconds: Int64) {
        key(name)
        append("\"")
        append(timestamp: milliseconds)
        append("\"")
    }

    /// A name that is not known beforehand, for whose value the caller cares.
    package mutating func key(_ name: String) {
        separate()
        appendJSON(name)
        append(":")
    }

    private mutating func key(_ name: StaticString) {
        separate()
        append("\"")
        append(name)
        append("\":")
    }

    private mutating func separate() {
        if last != UInt8(ascii: "{") { append(",") }
    }

    private mutating func appendJSON(_ text: String) {
        var text = text
        text.withUTF8 { JSONWriter.emitString(UnsafeRawBufferPointer($0)) { append($0) } }
    }
}
