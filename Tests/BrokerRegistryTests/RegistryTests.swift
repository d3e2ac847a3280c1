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

    @Test(arguments: [
        ("kafka://user:secret@host/", "\"kafka:\""), ("memory", "no scheme"), ("memory:x", "nothing may follow"),
        ("", "no scheme"),
    ])
    func `a URL that names no broker is refused with what was found and what is allowed`(_ url: String, _ found: String)
    {
        let refusal = #expect(throws: BrokerURLError.self) { _ = try BrokerRegistry().backend(for: url) }
        #expect(refusal?.description.contains(found) == true)
        #expect(refusal?.description.contains("memory:") == true)
        #expect(refusal?.description.contains("secret") == false)
    }
}
