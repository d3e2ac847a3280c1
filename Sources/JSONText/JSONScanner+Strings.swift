extension JSONScanner {
    /// Goes past a string, whose opening quote is next. Gives where what stands between the quotes is.
    @discardableResult
    mutating func skipString() throws(JSONError) -> Range<Int> {
        offset += 1
        let start = offset
        while true {
            offset = JSONString.endOfPlain(in: bytes, from: offset)
            switch try peek() {
            case UInt8(ascii: "\""):
                offset += 1
                return start..<(offset - 1)
            case UInt8(ascii: "\\"):
                offset += 1
                try skipEscape()
            case let control:
                throw JSONError(reason: .controlByteInString(control), offset: offset)
            }
        }
    }

    private mutating func skipEscape() throws(JSONError) {
        let letter = try peek()
        guard letter == UInt8(ascii: "u") || JSONString.escaped(letter) != nil else {
            throw JSONError(reason: .invalidEscape, offset: offset)
        }
        offset += 1
        guard letter == UInt8(ascii: "u") else { return }
        for _ in 0..<4 {
            guard JSONString.hexDigit(try peek()) != nil else { throw unexpected("a hexadecimal digit") }
            offset += 1
        }
    }
}
