import CLibpq

/// What a query gave. A value of another type than is asked for, a NULL, and a row or column that is not there are
/// `nil`.
// The result never changes once it is made, and libpq reads it without any state of its own.
package final class Rows: @unchecked Sendable {
    private let result: OpaquePointer

    package let count: Int
    package let columns: Int

    /// Takes over the result.
    init(_ result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
        columns = Int(PQnfields(result))
    }

    deinit { PQclear(result) }

    /// Also `true` for a row or column that is not there.
    package func isNull(_ row: Int, _ column: Int) -> Bool {
        !has(row, column) || PQgetisnull(result, Int32(row), Int32(column)) == 1
    }

    /// A text, name, varchar, json.
    package func text(_ row: Int, _ column: Int) -> String? {
        switch type(column) {
        case .text, .boundedText, .fixedText, .name, .char, .json, .unknown:
            value(row, column) { String(decoding: $0, as: UTF8.self) }
        default: nil
        }
    }

    /// A smallint, integer or bigint.
    package func int(_ row: Int, _ column: Int) -> Int64? {
        value(row, column) { bytes in
            switch (type(column), bytes.count) {
            case (.int8, 8): Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
            case (.int4, 4): Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
            case (.int2, 2): Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
            default: nil
            }
        } ?? nil
    }

    package func bool(_ row: Int, _ column: Int) -> Bool? {
        guard type(column) == .boolean else { return nil }
        return value(row, column) { $0.first == 1 }
    }

    /// A bytea, copied.
    package func bytes(_ row: Int, _ column: Int) -> [UInt8]? { withBytes(row, column) { Array($0) } }

    /// Lends the bytes of a bytea or of a text while `body` runs.
    package func withBytes<Result, Failure: Error>(
        _ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard type(column) == .bytes || type(column) == .text else { return nil }
        return try value(row, column, body)
    }

    private func has(_ row: Int, _ column: Int) -> Bool { 0..<count ~= row && 0..<columns ~= column }

    private func type(_ column: Int) -> ServerType? {
        0..<columns ~= column ? ServerType(rawValue: PQftype(result, Int32(column))) : nil
    }

    private func value<Result, Failure: Error>(
        _ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard !isNull(row, column), let start = PQgetvalue(result, Int32(row), Int32(column)) else { return nil }
        let length = Int(PQgetlength(result, Int32(row), Int32(column)))
        return try body(UnsafeRawBufferPointer(start: start, count: length))
    }
}
