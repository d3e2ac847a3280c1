@testable import GatewayConfig

/// The configuration file. What is wrong with it is told in lines of text, without its secrets.
enum ConfigFuzz {
    private static let secret = "open-sesame"

    static func run(_ input: UnsafeRawBufferPointer) {
        let reading = FileReading.read(ConfigFile(path: "file", bytes: Array(input)))
        do {
            _ = try Resolution.resolve([reading])
        } catch {
            let words = "\(error)"
            precondition(!words.isEmpty, "a refusal without words")
            precondition(words.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A }, "a refusal that moves the cursor")
        }
    }
}
