import Glibc
import Testing

@testable import Hub

/// What leaves by one call for many sockets, with io_uring (if the kernel has it) and without.
struct BroadcastTests {
    private static let message = Array("a message that is to arrive whole".utf8)

    private struct Reader {
        let near: Int32
        let far: Int32

        init() throws { (near, far) = try SocketPair.connected() }

        func received(_ most: Int = 64 << 10) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: most)
            let count = recv(near, &bytes, most, Int32(MSG_DONTWAIT))
            return Array(bytes.prefix(max(0, count)))
        }

        func close() {
            Glibc.close(near)
            Glibc.close(far)
        }
    }

    @Test(arguments: [true, false])
    func `every socket gets its own bytes, in the order of the calls`(usesRing: Bool) throws {
        let broadcast = Broadcast(usesRing: usesRing)
        let readers = try (0..<32).map { _ in try Reader() }
        defer { for reader in readers { reader.close() } }
        let words = (0..<32).map { Array("reader \($0)\n".utf8) }
        for round in 0..<3 {
            for (number, reader) in readers.enumerated() {
                words[(number + round) % 32].withUnsafeBytes { broadcast.add($0, to: reader.far, tag: number) }
            }
            #expect(broadcast.send().isEmpty)
        }
        for (number, reader) in readers.enumerated() {
            #expect(reader.received() == (0..<3).flatMap { words[(number + $0) % 32] })
        }
    }

    @Test(arguments: [true, false])
    func `who takes a part, nothing, or is gone is told of, and holds nobody up`(usesRing: Bool) throws {
        let broadcast = Broadcast(usesRing: usesRing)
        let readers = try (0..<12).map { _ in try Reader() }
        defer { for reader in readers { reader.close() } }
        let large = [UInt8](repeating: 7, count: 4 << 20)
        while send(readers[3].far, large, large.count, Int32(MSG_DONTWAIT)) > 0 {}
        shutdown(readers[5].far, Int32(SHUT_WR))
        try Self.message.withUnsafeBytes { message in
            try large.withUnsafeBytes { large in
                for (number, reader) in readers.enumerated() {
                    broadcast.add(number == 8 ? large : message, to: reader.far, tag: number)
                }
                let short = broadcast.send()
                try #require(short.map(\.tag) == [3, 5, 8])
                #expect(short[0].taken == 0 && short[1].taken == 0)
                #expect(short[2].taken > 0 && short[2].taken < large.count)
            }
        }
        for number in [0, 1, 2, 4, 6, 7, 9, 10, 11] { #expect(readers[number].received() == Self.message) }
    }

    @Test func `one call sends no more than its bounds`() throws {
        let broadcast = Broadcast(usesRing: true)
        let reader = try Reader()
        defer { reader.close() }
        var count = 0
        Self.message.withUnsafeBytes { message in
            while !broadcast.isFull {
                broadcast.add(message, to: reader.far, tag: count)
                count += 1
            }
        }
        #expect(count == 512)
        #expect(broadcast.send().isEmpty)
        [UInt8](repeating: 0, count: 1 << 20).withUnsafeBytes { broadcast.add($0, to: reader.far, tag: 0) }
        #expect(broadcast.isFull)
    }
}
