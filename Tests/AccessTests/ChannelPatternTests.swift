import BrokerCore
import Testing

@testable import Access

@Suite struct ChannelPatternTests {
    private func matches(_ pattern: String, _ channel: String, subject: String? = "alice") throws -> Bool {
        let channel = try ChannelName(channel)
        return ChannelPattern(pattern, subject: subject)?.matches(channel) ?? false
    }

    @Test func `a name means that channel alone`() throws {
        #expect(try matches("task:42", "task:42"))
        for other in ["task:421", "task:4", "task:42:control", "Task:42", "task:42.", "xtask:42"] {
            #expect(try !matches("task:42", other), "\(other)")
        }
    }

    @Test func `a star at the end means one byte or more`() throws {
        #expect(try matches("build:*", "build:1") && matches("build:*", "build:a:b/c"))
        #expect(try !matches("build:*", "build:") && !matches("build:*", "builds:1") && !matches("build:*", "build"))
        #expect(try matches("*", "anything:at/all") && matches("b*", "build:1") && !matches("b*", "b"))
    }

    @Test(arguments: [
        "", "*build", "bu*ld", "**", "build:*:x", "build:%2A", "build%3A1", "task:42 ", "task:42\n", "täsk",
        "t\u{301}ask",
        "user:{sub", "user:{SUB}", "user:{sub}{", "user:{}", "a\u{0}", "build:\u{FF0A}", "{sub}\u{301}",
    ])
    func `what is no pattern allows nothing`(text: String) {
        #expect(ChannelPattern(text, subject: "alice") == nil)
    }

    @Test func `dots are letters like any other`() throws {
        #expect(try matches("a/../b", "a/../b") && !matches("a/../b", "b") && !matches("a/*", "b"))
        #expect(try matches("a/*", "a/../b"), "a channel's name is no path: nothing is resolved")
        #expect(try !matches("user:{sub}:*", "user:bob:x", subject: ".."))
    }

    @Test func `the subject stands for itself`() throws {
        #expect(try matches("user:{sub}", "user:alice") && matches("user:{sub}:*", "user:alice:x"))
        #expect(try matches("{sub}:{sub}", "alice:alice") && !matches("user:{sub}:*", "user:alicex:x"))
        #expect(try matches("user:{sub}", "user:a@b.c~d+e=f,g;h", subject: "a@b.c~d+e=f,g;h"))
        #expect(try !matches("user:{sub}", "user:", subject: nil) && !matches("{sub}*", "x", subject: nil))
    }

    @Test func `a name that grows too long with its subject allows nothing`() {
        let subject = String(repeating: "a", count: 195)
        #expect(ChannelPattern("u:{sub}", subject: subject) != nil)
        #expect(ChannelPattern("user:x:{sub}", subject: subject) == nil)
    }
}
