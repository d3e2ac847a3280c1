import Gateway
import Testing

@Suite struct WebSocketCodecHandshakeTests {
    @Test(
        "The accept key is the one that RFC 6455 §1.3 computes, and that others do",
        arguments: [
            ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ("x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="),
        ])
    func accepts(_ key: String, _ expected: String) {
        #expect(WebSocketHandshake.accept(key: key) == expected)
    }

    @Test(
        "A key that is not the base64 of 16 bytes is refused",
        arguments: [
            "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZSE=",
            "dGhlIHNhbXBsZS!ub25jZQ==",
            "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZQ== ", "éGhlIHNhbXBsZSBub25jZ==",
        ])
    func refuses(_ key: String) {
        #expect(WebSocketHandshake.accept(key: key) == nil)
    }
}
