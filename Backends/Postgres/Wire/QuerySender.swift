import CLibpq

/// Hands queries to libpq.
struct QuerySender {
    /// All parameters of a query, one behind the other, where libpq can be pointed at them; kept for the next query.
    private var values: [UInt8] = []

    /// Room that is kept between queries, in bytes.
    private static let maximumKeptBytes = 1 << 20

    /// Sends it, as far as the system takes it. `false`: libpq can't, and says why in the connection's message.
    mutating func send(_ content: Submission.Content, by connection: OpaquePointer) -> Bool {
        switch content {
        case .query(let query): send(query, by: connection) && PQpipelineSync(connection) == 1
        // All is answered, so the pipeline can be left; it is entered again behind the script.
        case .script(let sql): PQexitPipelineMode(connection) == 1 && PQsendQuery(connection, sql) == 1
        }
    }

    private mutating func send(_ query: Query, by connection: OpaquePointer) -> Bool {
        values.removeAll(keepingCapacity: values.capacity <= Self.maximumKeptBytes)
        for parameter in query.parameters { values.append(contentsOf: parameter.bytes ?? []) }
        // Keeps the array from being empty, so that it has an address: null would be NULL.
        values.append(0)
        let count = query.parameters.count
        let types = query.parameters.map(\.type.rawValue)
        let lengths = query.parameters.map { Int32($0.bytes?.count ?? 0) }
        let binary = [Int32](repeating: 1, count: count)
        return values.withUnsafeBytes { bytes in
            let first = bytes.assumingMemoryBound(to: CChar.self).baseAddress
            var offset = 0
            let pointers: [UnsafePointer<CChar>?] = query.parameters.map { parameter in
                guard let value = parameter.bytes else { return nil }
                defer { offset += value.count }
                return first.map { $0 + offset }
            }
            return PQsendQueryParams(connection, query.sql, Int32(count), types, pointers, lengths, binary, 1) == 1
        }
    }
}
