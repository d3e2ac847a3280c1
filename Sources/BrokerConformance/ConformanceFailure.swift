/// A promise that was not kept: what was seen, what was expected, and where.
struct ConformanceFailure: Error, CustomStringConvertible {
    let message: String
    let file: String
    let line: Int

    init(_ message: String, file: String = #fileID, line: Int = #line) {
        self.message = message
        self.file = file
        self.line = line
    }

    var description: String { "\(message) (\(file):\(line))" }
}

func expect(
    _ condition: Bool, _ message: @autoclosure () -> String, file: String = #fileID, line: Int = #line
) throws {
    guard condition else { throw ConformanceFailure(message(), file: file, line: line) }
}

func expectEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, _ what: @autoclosure () -> String, file: String = #fileID, line: Int = #line
) throws {
    guard found != expected else { return }
    let text = "\(what()): found \(shortened(found)), expected \(shortened(expected))"
    throw ConformanceFailure(text, file: file, line: line)
}

func require<Value>(
    _ value: Value?, _ what: @autoclosure () -> String, file: String = #fileID, line: Int = #line
) throws -> Value {
    guard let value else { throw ConformanceFailure("there is no \(what())", file: file, line: line) }
    return value
}

/// Enough of a value to see what it is: data may be large.
private func shortened(_ value: some Any) -> String {
    let text = "\(value)"
    return text.count > 400 ? "\(text.prefix(400))…" : text
}
