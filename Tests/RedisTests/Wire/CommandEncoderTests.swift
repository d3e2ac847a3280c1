import NIOCore
import Testing

@testable import RedisBroker

@Suite struct CommandEncoderTests {
    private func encode(_ commands: [Command]) -> String {
        var encoder = CommandEncoder()
        var buffer = ByteBuffer()
        for command in commands { encoder.write(command, into: &buffer) }
        return String(buffer: buffer)
    }

    @Test func `words go out behind their lengths in bytes`() {
        #expect(encode([Command("SET", "é\0\r\n", "")]) == "*3\r\n$3\r\nSET\r\n$5\r\né\0\r\n\r\n$0\r\n\r\n")
        #expect(encode([Command("")]) == "*1\r\n$0\r\n\r\n")
    }

    @Test func `a command does not see the one before`() {
        let large = String(repeating: "x", count: 2 << 20)
        let text = encode([Command("A", large), Command("B"), Command("C", "d")])
        #expect(text.hasSuffix("\r\n*1\r\n$1\r\nB\r\n*2\r\n$1\r\nC\r\n$1\r\nd\r\n"))
        #expect(text.hasPrefix("*2\r\n$1\r\nA\r\n$2097152\r\nxxx"))
    }

    @Test func `the size that is counted is never below the size that is sent`() {
        for command in [
            Command("PING"), Command(Array(repeating: "", count: 500)),
            Command("SET", String(repeating: "é", count: 70_000)),
        ] {
            #expect(encode([command]).utf8.count <= command.size)
        }
    }
}
