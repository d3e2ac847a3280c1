/// The functions of the schema, as queries and their answers.
struct Functions: Sendable {
    /// The schema's name in quotes.
    private let schema: String

    init(schema: String) { self.schema = "\"\(schema)\"" }

    /// A query that calls a function with these arguments, and gives its columns.
    func call(_ function: String, _ arguments: [Parameter]) -> Query {
        let places = arguments.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        return Query("SELECT * FROM \(schema).\(function)(\(places))", arguments)
    }
}

extension Duration {
    /// Whole milliseconds, as the functions take a patience.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
