import Gateway
import Testing

@Suite struct PercentTests {
    @Test func `what is encoded comes back, whatever it is`() {
        for text in ["", "plain", "a b", "100%", "größe", "日本", "a=b&c", "-._~", "\u{0}\n\u{7F}", "build:42/x+y"] {
            #expect(Percent.decode(Percent.encode(text)) == text)
        }
    }

    @Test func `only letters, digits and four marks stay as they are`() {
        #expect(Percent.encode("aZ09-._~") == "aZ09-._~")
        #expect(Percent.encode("a b+:/é") == "a%20b%2B%3A%2F%C3%A9")
    }

    @Test func `a plus is a plus, and digits of either case will do`() {
        #expect(Percent.decode("a+b%2fc%2Fd") == "a+b/c/d")
    }

    @Test(arguments: ["%", "%4", "a%", "%zz", "%4g", "%%41", "%-1", "%C3", "%FF%FE", "%ED%A0%80"])
    func `a broken escape, and bytes that are no UTF-8, are refused`(text: String) {
        #expect(Percent.decode(text) == nil)
    }
}
