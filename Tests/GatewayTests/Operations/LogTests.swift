import BrokerCore
import GatewayConfig
import Logging
import Testing

@testable import Gateway

@Suite struct LogTests {
    private static let hostile = "a\nb\r\u{1b}[31m\u{85}\u{2028}\u{202e}c\u{7f}"

    /// What a logger of this form writes.
    private func written(_ format: LogFormat, _ log: (Logger) -> Void) -> [String] {
        let lines = Locked<[String]>([])
        let threshold = LogThreshold(.debug)
        log(
            Logger(label: "test") { _ in
                LineLogHandler(format: format, threshold: threshold) { line in lines.withLock { $0.append(line) } }
            })
        return lines.withLock { $0 }
    }

    @Test(arguments: LogFormat.allCases)
    func `a record is one line, whatever it holds`(format: LogFormat) throws {
        let lines = written(format) { $0.info("\(Self.hostile)", metadata: ["\(Self.hostile)": "\(Self.hostile)"]) }
        let line = try #require(lines.first)
        #expect(lines.count == 1 && line.last == "\n")
        for scalar in line.dropLast().unicodeScalars {
            #expect(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value), "\(scalar.value)")
            #expect(scalar != "\u{2028}" && scalar != "\u{202e}")
        }
    }

    @Test func `a value can't be taken for two`() {
        let lines = written(.text) { $0.info("m", metadata: ["a": "x b=\"y\" \\", "c": ""]) }
        #expect(lines[0].hasSuffix(" info m a=\"x b=\\\"y\\\" \\\\\" c=\"\"\n"))
    }

    @Test func `a value does not take the place of the record's own`() {
        let lines = written(.json) { $0.info("mine", metadata: ["message": "theirs", "level": "critical"]) }
        #expect(lines[0].contains("\"message\":\"mine\"") && lines[0].contains("\"level\":\"info\""))
        #expect(lines[0].contains("\"_message\":\"theirs\""))
    }

    @Test func `the threshold holds for loggers that are there already, unless they have one of their own`() {
        let threshold = LogThreshold(.info)
        let first = Logger(label: "test") { _ in LineLogHandler(format: .text, threshold: threshold) { _ in } }
        var second = first
        second.logLevel = .error
        threshold.set(.debug)
        #expect(first.logLevel == .debug)
        #expect(second.logLevel == .error)
    }
}
