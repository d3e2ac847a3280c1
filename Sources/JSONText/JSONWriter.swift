/// Writes JSON string literals (RFC 8259 §7), escaping only what must be: quotes, backslashes and control bytes.
package enum JSONWriter {
    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// Hands out the literal, quotes included, in runs as long as possible. A run is good only for the call. `text` is
    /// UTF-8.
    package static func emitString(_ text: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) -> Void) {
        emitASCII("\"", emit)
        emitContent(text, emit)
        emitASCII("\"", emit)
    }

    /// The same without the quotes, for a literal that is written piece by piece.
    package static func emitContent(_ text: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) -> Void) {
        var start = 0
        while start < text.count {
            let end = JSONString.endOfPlain(in: text, from: start)
            if end > start { emit(UnsafeRawBufferPointer(rebasing: text[start..<end])) }
            if end < text.count { emitEscape(text[end], emit) }
            start = end + 1
        }
    }

    package static func appendString(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        emitString(text) { output.append(contentsOf: $0) }
    }

    package static func appendString(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { appendString(UnsafeRawBufferPointer($0), to: &output) }
    }

    /// The literal of a text.
    package static func string(_ text: String) -> String {
        var output: [UInt8] = []
        appendString(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static func emitEscape(_ byte: UInt8, _ emit: (UnsafeRawBufferPointer) -> Void) {
        switch byte {
        case UInt8(ascii: "\""): emitASCII("\\\"", emit)
        case UInt8(ascii: "\\"): emitASCII("\\\\", emit)
        case 0x08: emitASCII("\\b", emit)
        case 0x09: emitASCII("\\t", emit)
        case 0x0A: emitASCII("\\n", emit)
        case 0x0C: emitASCII("\\f", emit)
        case 0x0D: emitASCII("\\r", emit)
        default: emitUnicodeEscape(byte, emit)
        }
    }

    private static func emitUnicodeEscape(_ byte: UInt8, _ emit: (UnsafeRawBufferPointer) -> Void) {
        emitASCII("\\u00", emit)
        let digits = (hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 0xF)])
        Swift.withUnsafeBytes(of: digits, emit)
    }

    private static func emitASCII(_ text: StaticString, _ emit: (UnsafeRawBufferPointer) -> Void) {
        emit(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
