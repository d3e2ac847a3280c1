/// A command as it goes to a server: its name and its arguments. All that the gateway sends is UTF-8.
struct Command: Hashable, Sendable {
    var words: [String]

    init(_ words: [String]) { self.words = words }
    init(_ words: String...) { self.words = words }
}
