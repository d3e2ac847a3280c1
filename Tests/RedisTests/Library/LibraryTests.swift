import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

struct LibraryTests {
    private static func library(
        _ prefix: String = "telltale:", _ settings: BrokerSettings = BrokerSettings(), sharded: Bool = false
    ) -> Library {
        Library(settings: settings, prefix: prefix, sharded: sharded)
    }

    @Test(arguments: [
        ("telltale:", "telltale"), ("acme_2:", "acme_2"), ("_x_:", "_x_"), ("acme:jobs:", "acme_jobs_cb78902b"),
        ("acme.jobs:", "acme_jobs_bfa555ec"), ("acme_jobs", "acme_jobs_c3e08fa6"), ("Acme:", "Acme_98d598d1"),
        ("acme::", "acme_3477aec0"),
        (":", "telltale_05a79f06"), ("", "telltale_da39a3ee"), ("é:", "telltale_cd6f19cc"), ("a\n:", "a_4973eea3"),
    ])
    func `functions are named after the prefix`(_ prefix: String, _ name: String) {
        #expect(Self.library(prefix).name == name)
    }

    @Test func `every marker is filled in, and a value that looks like one is left alone`() {
        let namespaces = ["{{digest}}": RetentionPolicy(), "a'b\\c\n": RetentionPolicy()]
        let library = Self.library("{{name}}:", BrokerSettings(namespaces: namespaces))
        let line = "local PREFIX, NAME, DIGEST = '{{name}}:', '\(library.name)', '\(library.digest)'"
        #expect(library.script.contains(line))
        #expect(library.script.contains("['{{digest}}'] ="))
        #expect(library.script.contains("['a\\039b\\092c\\010'] ="))
        #expect(!Self.library().text.contains("{{"))
    }

    @Test func `the digest tells settings apart, and nothing else`() {
        let policy = RetentionPolicy(messages: 5)
        let all = [
            Self.library(), Self.library("other:"), Self.library(sharded: true),
            Self.library("telltale:", BrokerSettings(retention: policy)),
            Self.library("telltale:", BrokerSettings(namespaces: ["a": policy, "b": policy])),
            Self.library("telltale:", BrokerSettings(messageBytes: 1)),
        ]
        #expect(Set(all.map(\.digest)).count == all.count)
        #expect(Self.library() == Self.library())
        #expect(all[4] == Self.library("telltale:", BrokerSettings(namespaces: ["b": policy, "a": policy])))
    }

    @Test func `a channel's key leads back to the channel`() throws {
        let library = Self.library("a*b:")
        for name in ["x", "build:42", "_-=@,.;:/~+x"] {
            let channel = try ChannelName(name)
            #expect(library.key(of: channel) == "a*b:{\(name)}")
            #expect(library.channel(ofKey: library.key(of: channel)) == channel)
        }
        let foreign = [
            "", "x", "a*b:", "a*b:{", "a*b:{}", "a*b:x", "a*b:{x", "a*b:{x}y", "A*b:{x}", "a*b:{a b}", "a*b:{{x}}",
        ]
        for key in foreign { #expect(library.channel(ofKey: key) == nil) }
        #expect(library.keyPattern == "a\\*b:{*}*")
    }

    @Test func `a call names its function in the way of the server`() throws {
        let library = Self.library("acme:")
        let call = library.inspect(try ChannelName("c"))
        #expect(call.command(in: .functions) == Command("FCALL", "acme_inspect", "1", "acme:{c}"))
        let script = Command("EVALSHA", library.scriptDigest, "1", "acme:{c}", "inspect")
        #expect(call.command(in: .script) == script)
        #expect(library.version(in: .functions) == Command("FCALL", "acme_version", "0"))
        #expect(library.load(in: .functions).words.prefix(3) == ["FUNCTION", "LOAD", "REPLACE"])
    }

    @Test(arguments: [false, true])
    func `a server without the functions says so, and afterwards it has this text`(_ asScript: Bool) async throws {
        try await FunctionsUnderTest.run(asScript: asScript) { under in
            _ = await under.connection.send([Command("FUNCTION", "FLUSH"), Command("SCRIPT", "FLUSH")])
            let version = under.library.version(in: under.mode)
            guard case .failure(.refused(let error)) = await under.connection.send([version])[0] else {
                Issue.record("there is a version without functions")
                return
            }
            #expect(Library.isMissing(error))
            let loaded = try await under.connection.send([under.library.load(in: under.mode)])[0].get()
            #expect(loaded.text == (asScript ? under.library.scriptDigest : "telltale"))
            #expect(try await under.connection.send([version])[0].get().text == under.library.digest)
        }
    }

    /// Redis takes the names of functions without regard to case.
    @Test func `prefixes that are almost the same have functions of their own`() async throws {
        try await FunctionsUnderTest.run { under in
            let libraries = [
                "acme:jobs:", "acme.jobs:", "acme_jobs:", "Acme_jobs:", "acme_jobs", "jobs:", "jobs_publish:",
            ].map { Self.library($0) }
            for library in libraries { _ = try await under.connection.send([library.load(in: .functions)])[0].get() }
            for library in libraries {
                let version = try await under.connection.send([library.version(in: .functions)])[0].get()
                #expect(version.text == library.digest, "\(library.prefix)")
            }
        }
    }

    @Test func `gateways of different prefixes share a server`() async throws {
        try await FunctionsUnderTest.run { under in
            let other = Library(settings: BrokerSettings(), prefix: "it's\\{{mine}}:", sharded: true)
            _ = try await under.connection.send([other.load(in: .functions)])[0].get()
            let channel = try ChannelName("c")
            try await under.publish(channel, "ours")
            let append = other.append([Publication(channel: channel, data: "theirs")], to: channel)
            let reply = try await under.connection.send([append.command(in: .functions)])[0].get()
            #expect(try Library.receipts(reply, count: 1)?[0].get().position.offset == 1)
            #expect(try await under.recover(channel).messages.map(\.data) == ["ours"])
            let foreignKey = Call(library: other, function: "append", key: "telltale:{c}", arguments: append.arguments)
            await #expect(throws: RedisError.self) { try await under.answer(foreignKey) }
        }
    }
}
