import NIOCore
import Testing

@testable import Gateway

@Suite struct RequestIDTests {
    @Test func `each is another, and 16 hexadecimal digits`() {
        let all = (0..<1_000).map { _ in RequestID().description }
        #expect(Set(all).count == 1_000)
        #expect(all.allSatisfy { $0.count == 16 && $0.allSatisfy { $0.isHexDigit && !$0.isUppercase } })
    }

    @Test(arguments: ["a", "from-the.proxy_1:2", String(repeating: "x", count: 128)])
    func `a trusted proxy's own is taken, and nobody else's`(given: String) {
        #expect(RequestID(given: given, trusted: true).description == given)
        #expect(RequestID(given: given, trusted: false).description != given)
    }

    @Test(arguments: [nil, "given"])
    func `it is the same in an answer as in the log`(given: String?) {
        let id = RequestID(given: given, trusted: true)
        var buffer = ByteBuffer()
        id.write(to: &buffer)
        #expect(String(buffer: buffer) == id.description)
    }

    @Test(arguments: ["", "a b", "a\"b", "é", "a\nb", "a;b", String(repeating: "x", count: 129)])
    func `what is no id is not taken from anyone`(given: String) {
        #expect(RequestID(given: given, trusted: true).description != given)
    }
}
