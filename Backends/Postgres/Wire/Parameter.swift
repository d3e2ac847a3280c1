/// A value of a query as the server takes it: its type, and its bytes in the type's binary format. `nil` is NULL.
package struct Parameter: Sendable {
    let type: ServerType
    let bytes: [UInt8]?

    package static func text(_ value: String?) -> Parameter {
        Parameter(type: .text, bytes: value.map { Array($0.utf8) })
    }

    /// `bytea`
    package static func bytes(_ value: [UInt8]?) -> Parameter { Parameter(type: .bytes, bytes: value) }

    /// `bytea`, of a text's UTF-8.
    package static func bytes(of value: String?) -> Parameter {
        Parameter(type: .bytes, bytes: value.map { Array($0.utf8) })
    }

    /// `bigint`
    package static func integer(_ value: Int64?) -> Parameter {
        Parameter(type: .int8, bytes: value.map { big($0) })
    }

    /// `integer`
    package static func integer4(_ value: Int32?) -> Parameter {
        Parameter(type: .int4, bytes: value.map { big($0) })
    }

    package static func boolean(_ value: Bool?) -> Parameter {
        Parameter(type: .boolean, bytes: value.map { [$0 ? 1 : 0] })
    }

    /// `text[]`; an element that is `nil` is NULL.
    package static func texts(_ values: [String?]) -> Parameter {
        array(.textArray, of: .text, values) { value, bytes in bytes.append(counted: value.utf8) }
    }

    /// NULL where a `text[]` is expected.
    package static let noTexts = Parameter(type: .textArray, bytes: nil)

    /// `bytea[]`
    package static func byteArrays(_ values: [[UInt8]?]) -> Parameter {
        array(.bytesArray, of: .bytes, values) { value, bytes in bytes.append(counted: value) }
    }

    /// `bytea[]`, of the UTF-8 of texts.
    package static func byteArrays(of values: [String?]) -> Parameter {
        array(.bytesArray, of: .bytes, values) { value, bytes in bytes.append(counted: value.utf8) }
    }

    /// `bigint[]`
    package static func integers(_ values: [Int64?]) -> Parameter {
        array(.int8Array, of: .int8, values) { value, bytes in bytes.append(counted: big(value)) }
    }

    /// An array of one dimension, as the server's `array_recv` reads it: dimensions, whether there are NULLs, the
    /// elements' type, their number, the first index, and each with its length before it (-1 for NULL).
    private static func array<Element>(
        _ type: ServerType, of element: ServerType, _ values: [Element?],
        write: (Element, inout [UInt8]) -> Void
    ) -> Parameter {
        var bytes: [UInt8] = []
        bytes.append(big: Int32(values.isEmpty ? 0 : 1))
        bytes.append(big: Int32(values.contains { $0 == nil } ? 1 : 0))
        bytes.append(big: Int32(bitPattern: element.rawValue))
        guard !values.isEmpty else { return Parameter(type: type, bytes: bytes) }
        bytes.append(big: Int32(values.count))
        bytes.append(big: Int32(1))
        for value in values {
            if let value { write(value, &bytes) } else { bytes.append(big: Int32(-1)) }
        }
        return Parameter(type: type, bytes: bytes)
    }

    private static func big(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}

/// The types that are spoken here, by their fixed object identifiers (`pg_type.dat` of every server).
enum ServerType: UInt32, Sendable {
    case boolean = 16
    case bytes = 17
    case char = 18
    case name = 19
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case json = 114
    case unknown = 705
    case bytesArray = 1001
    case textArray = 1009
    case int8Array = 1016
    case fixedText = 1042
    case boundedText = 1043
}

extension [UInt8] {
    fileprivate mutating func append(big value: Int32) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(counted value: some Collection<UInt8>) {
        append(big: Int32(value.count))
        append(contentsOf: value)
    }
}
