import Foundation
import GatewayConfig
import Logging

/// One line an event, on standard error, as text or as a JSON object.
struct LineLogHandler: LogHandler {
    let format: LogFormat
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(format: LogFormat) {
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        let line =
            switch format {
            case .text: text(time, event, values)
            case .json: json(time, event, values)
            }
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    private func text(_ time: String, _ event: LogEvent, _ values: [(key: String, value: Logger.MetadataValue)])
        -> String
    {
        let message = "\(event.message)".replacing("\n", with: " ")
        return (["\(time) \(event.level) \(message)"] + values.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
    }

    private func json(_ time: String, _ event: LogEvent, _ values: [(key: String, value: Logger.MetadataValue)])
        -> String
    {
        var object = Dictionary(uniqueKeysWithValues: values.map { ($0.key, "\($0.value)") })
        object["time"] = time
        object["level"] = "\(event.level)"
        object["message"] = "\(event.message)"
        let data = try? JSONEncoder.sorted.encode(object)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension JSONEncoder {
    fileprivate static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
