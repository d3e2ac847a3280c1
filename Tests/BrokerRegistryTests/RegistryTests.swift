import BrokerCore
import BrokerRegistry
import Testing

@Suite struct RegistryTests {
    @Test func `handles of one memory backend share their channels, two backends share nothing`() async throws {
        let registry = BrokerRegistry()
        let backend = try registry.backend(for: "memory:")
        let (writer, reader) = (try await backend.open(), try await backend.open())
        let channel = try ChannelName("a")
        _ = await writer.publish([Publication(channel: channel, data: "x")])
        #expect(try await reader.inspect(channel)?.top == 1)
        #expect(try await registry.backend(for: "MEMORY:").open().inspect(channel) == nil)
    }

    @Test func `settings and capacity reach the broker`() async throws {
        let registry = BrokerRegistry(settings: BrokerSettings(messageBytes: 1), memoryCapacity: 100)
        let broker = try await registry.backend(for: "memory:").open()
        let channel = try ChannelName("a")
        let answers = await broker.publish(["xy", "x"].map { Publication(channel: channel, data: $0) })
        #expect(throws: BrokerError.tooLarge(bytes: 2, limit: 1)) { try answers[0].get() }
        #expect(throws: BrokerError.self) { try answers[1].get() }
    }

    @Test func `a sandbox is the same kind of broker with the same settings and none of the channels`() async throws {
        let backend = try BrokerRegistry(settings: BrokerSettings(messageBytes: 1)).backend(for: "memory:")
        let sandbox = backend.sandbox()
        let (used, writer, reader) = (try await backend.open(), try await sandbox.open(), try await sandbox.open())
        let channel = try ChannelName("a")
        let answers = await writer.publish(["xy", "x"].map { Publication(channel: channel, data: $0) })
        #expect(throws: BrokerError.tooLarge(bytes: 2, limit: 1)) { try answers[0].get() }
        #expect(try await reader.inspect(channel)?.top == 1)
        #expect(try await used.inspect(channel) == nil)
        #expect(try await backend.sandbox().open().inspect(channel) == nil)
        try await sandbox.remove()
    }

    @Test(arguments: [
        "redis://127.0.0.1", "redis://user:secret@127.0.0.1:6379/1", "rediss://[::1]:6380", "REDIS://host",
        "redis+unix:///run/redis.sock", "redis+sentinel://a:26379,b:26379/main", "rediss+sentinel://a:26379/main",
        "redis+cluster://a:7000,b:7001", "rediss+cluster://a:7000",
    ])
    func `a Redis URL names a broker, and nothing is connected for that`(_ url: String) throws {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        #expect(BrokerRegistry.schemes.contains(scheme))
        #expect(try BrokerRegistry().backend(for: url).scheme == scheme)
    }

    @Test func `a Redis URL with an unknown option is refused in one line that does not show its passwords`() {
        let url = "redis+sentinel://user:hush1@a:26379/main?sentinel_password=hush2&nonsense=hush3"
        let refusal = #expect(throws: BrokerURLError.self) { _ = try BrokerRegistry().backend(for: url) }
        #expect(refusal?.description.contains("nonsense") == true)
        #expect(refusal?.description.contains("hush1") == false)
        #expect(refusal?.description.contains("hush2") == false)
        #expect(refusal?.description.contains { $0.isNewline } == false)
    }

    @Test(arguments: [
        "postgres://user:secret@127.0.0.1:5432/db", "postgresql://a:5432,b:5432/db?target_session_attrs=read-write",
        "POSTGRES://host", "host=/run/postgresql dbname=db", " user = 'a b' password=secret host=h",
        "service=telltale",
    ])
    func `a Postgres URL or connection string names a broker, and nothing is connected for that`(
        _ url: String
    ) throws {
        #expect(try BrokerRegistry().backend(for: url).scheme == "postgres")
    }

    @Test(arguments: [
        "postgres://user:hush@host/db?nonsense=1", "host=h password=hush nonsense=1", "host=h password='hush",
        "postgres://user:hush@host:notaport/db",
    ])
    func `what libpq does not take is refused in one line that does not show the password`(_ url: String) {
        let refusal = #expect(throws: BrokerURLError.self) { _ = try BrokerRegistry().backend(for: url) }
        #expect(refusal?.description.contains("hush") == false)
        #expect(refusal?.description.contains { $0.isNewline } == false)
    }

    @Test func `a listen_url that is none, and a schema's name that is none, are refused`() {
        var registry = BrokerRegistry(postgres: .init(listenURL: "postgres://host/db?nonsense=1"))
        #expect(throws: BrokerURLError.self) { _ = try registry.backend(for: "postgres://host/db") }
        registry.postgres = .init(schema: "pg_mine")
        #expect(throws: BrokerURLError.self) { _ = try registry.backend(for: "postgres://host/db") }
        #expect(throws: BrokerURLError.self) { _ = try registry.postgresSchema() }
    }

    @Test func `the schema's SQL is of the schema that is named`() throws {
        let sql = try BrokerRegistry(postgres: .init(schema: "mine")).postgresSchema()
        #expect(sql.contains("CREATE TABLE \"mine\".message"))
        #expect(sql.contains("\nBEGIN;\n"))
    }

    @Test(arguments: [
        ("kafka://user:secret@host/", "\"kafka:\""), ("memory", "no scheme"), ("memory:x", "nothing may follow"),
        ("", "no scheme"),
    ])
    func `a URL that names no broker is refused with what was found and what is allowed`(_ url: String, _ found: String)
    {
        let refusal = #expect(throws: BrokerURLError.self) { _ = try BrokerRegistry().backend(for: url) }
        #expect(refusal?.description.contains(found) == true)
        #expect(refusal?.description.contains("memory:") == true)
        #expect(refusal?.description.contains { $0.isNewline } == false)
        #expect(refusal?.description.contains("secret") == false)
    }
}
