package import Logging

extension Logger {
    /// For tests to whom no line matters.
    package static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A logger whose lines a test can wait for: the message, and the reason if it has one.
    package init(to journal: Journal<String>) {
        self.init(label: "test") { _ in JournalLogHandler(journal: journal) }
    }
}

private struct JournalLogHandler: LogHandler {
    let journal: Journal<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = event.metadata?.values.map { "\($0)" } ?? []
        journal.add([([event.message.description] + values).joined(separator: ": ")])
    }
}
