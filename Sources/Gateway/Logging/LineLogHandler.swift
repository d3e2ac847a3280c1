import Foundation
package import GatewayConfig
import Glibc
package import Logging

/// One line an event, on standard error, as text or as a JSON object.
package struct LineLogHandler: LogHandler {
    /// Names that a record has of its own; values of these names are given another.
    private static let reserved: Set<String> = ["time", "level", "message"]

    private let format: LogFormat
    private let threshold: LogThreshold
    private let write: @Sendable (String) -> Void
    /// What this logger was set to by itself; `nil`: the threshold.
    private var ownLevel: Logger.Level?
    package var metadata: Logger.Metadata = [:]

    /// - Parameter write: takes a line with its end; the default is standard error.
    package init(
        format: LogFormat, threshold: LogThreshold,
        write: @escaping @Sendable (String) -> Void = LineLogHandler.writeToStandardError
    ) {
        self.format = format
        self.threshold = threshold
        self.write = write
    }

    package var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true)) + "Z"
        let line =
            switch format {
            case .text: text(time, event, values)
            case .json: json(time, event, values)
            }
        write(line + "\n")
    }

    private func text(
        _ time: String, _ event: LogEvent, _ values: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        let head = "\(time) \(event.level) \(LogText.escaped("\(event.message)"))"
        return ([head] + values.map { "\(LogText.escaped($0.key))=\(LogText.value("\($0.value)"))" })
            .joined(separator: " ")
    }

    private func json(
        _ time: String, _ event: LogEvent, _ values: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        var object: [String: String] = [:]
        for (key, value) in values {
            object[Self.reserved.contains(key) ? "_\(key)" : key] = "\(value)"
        }
        object["time"] = time
        object["level"] = "\(event.level)"
        object["message"] = "\(event.message)"
        let data = try? JSONEncoder.sorted.encode(object)
        return data.map { LogText.escapedJSON(String(decoding: $0, as: UTF8.self)) } ?? "{}"
    }

    /// One system call a line, as far as the system takes it whole; where nobody reads there is nobody to tell.
    package static let writeToStandardError: @Sendable (String) -> Void = { line in
        var rest = line[...].utf8
        while !rest.isEmpty {
            let written = Array(rest).withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard written > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(written, 0))
        }
    }
}

extension JSONEncoder {
    fileprivate static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
