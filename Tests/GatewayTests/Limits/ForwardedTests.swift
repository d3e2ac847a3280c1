import NIOCore
import Testing

@testable import Gateway

@Suite struct ForwardedTests {
    private let trusted = ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"].compactMap { IPNetwork($0) }

    private func client(
        _ peer: String = "127.0.0.1", forwarded: [String] = [], xForwardedFor: [String] = []
    ) throws -> String? {
        try Peer(IPAddress(peer), trusted: trusted).client(forwarded: forwarded, xForwardedFor: xForwardedFor)?
            .description
    }

    @Test func `the word of a peer that is not trusted counts for nothing`() throws {
        #expect(try client("192.0.2.1", xForwardedFor: ["198.51.100.7"]) == nil)
        #expect(try client("192.0.2.1", forwarded: ["for=198.51.100.7"]) == nil)
        #expect(!Peer(IPAddress("192.0.2.1"), trusted: trusted).isProxy)
    }

    @Test func `the nearest hop that is not trusted counts, and nothing behind it`() throws {
        #expect(try client(xForwardedFor: ["198.51.100.7"]) == "198.51.100.7")
        #expect(try client(xForwardedFor: ["6.6.6.6, 198.51.100.7"]) == "198.51.100.7")
        #expect(try client(xForwardedFor: ["6.6.6.6, 198.51.100.7, 10.1.2.3"]) == "198.51.100.7")
        #expect(try client(xForwardedFor: ["6.6.6.6", "198.51.100.7", "10.1.2.3,10.1.2.4"]) == "198.51.100.7")
        #expect(try client(forwarded: ["for=6.6.6.6, for=198.51.100.7;proto=https, for=10.1.2.3"]) == "198.51.100.7")
    }

    @Test func `a request that only trusted hops have seen is theirs`() throws {
        #expect(try client(xForwardedFor: ["10.1.2.3, 127.0.0.1"]) == nil)
        #expect(try client() == nil)
    }

    @Test(arguments: [
        ("for=198.51.100.7", "198.51.100.7"), ("For=\"198.51.100.7:4711\"", "198.51.100.7"),
        ("proto=http; by=10.0.0.1; FOR = \"[2001:DB8::1]:4711\"", "2001:db8::1"),
        ("for=\"[2001:db8::1]\"", "2001:db8::1"), ("for=\"a,b;for=1.2.3.4\", for=198.51.100.7", "198.51.100.7"),
    ])
    func `Forwarded is read as RFC 7239 writes it`(value: String, expected: String) throws {
        #expect(try client(forwarded: [value]) == expected)
    }

    @Test(arguments: [
        ("198.51.100.7:1234", "198.51.100.7"), ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]:80", "2001:db8::1"),
        (" ,, 198.51.100.7 ,", "198.51.100.7"), ("::ffff:198.51.100.7", "198.51.100.7"),
    ])
    func `X-Forwarded-For may have ports and brackets`(value: String, expected: String) throws {
        #expect(try client(xForwardedFor: [value]) == expected)
    }

    @Test(arguments: ["unknown", "_hidden", "\"", "for", "198.51.100.7.8", "[2001:db8::1", "198.51.100.7:x y"])
    func `behind a hop that is not known nothing is believed`(hop: String) throws {
        #expect(try client(xForwardedFor: ["6.6.6.6, \(hop), 10.1.2.3"]) == "10.1.2.3")
        #expect(try client(xForwardedFor: ["6.6.6.6, \(hop)"]) == "127.0.0.1")
    }

    @Test func `a Forwarded element without for is a hop that is not known`() throws {
        #expect(try client(forwarded: ["for=6.6.6.6, proto=http"]) == "127.0.0.1")
    }

    @Test(arguments: ["for=6.6.6.6", "for=127.0.0.1", "for=unknown"])
    func `of two headers that disagree neither is believed, and the request is refused`(forwarded: String) throws {
        #expect { try client(forwarded: [forwarded], xForwardedFor: ["198.51.100.7"]) } throws: { error in
            (error as? Problem)?.code == "contradictory_addresses"
        }
    }

    @Test func `two headers that say the same are as good as one`() throws {
        #expect(try client(forwarded: ["for=198.51.100.7"], xForwardedFor: ["198.51.100.7"]) == "198.51.100.7")
        #expect(try client(forwarded: ["for=10.1.2.3"], xForwardedFor: ["10.1.2.3"]) == nil)
    }

    @Test func `what is not trusted may disagree with itself`() throws {
        #expect(try client("192.0.2.1", forwarded: ["for=6.6.6.6"], xForwardedFor: ["198.51.100.7"]) == nil)
    }
}

@Suite struct IPAddressTests {
    @Test func `an IPv4 address is the same by either kind of socket`() throws {
        let four = try SocketAddress(ipAddress: "192.0.2.1", port: 1)
        let six = try SocketAddress(ipAddress: "::ffff:192.0.2.1", port: 2)
        #expect(IPAddress(four) == IPAddress(six))
        #expect(IPAddress(six)?.description == "192.0.2.1")
    }

    @Test func `IPv4 is counted by the address, IPv6 by its first 64 bits`() {
        #expect(IPAddress("192.0.2.1")?.counted.description == "192.0.2.1")
        #expect(IPAddress("2001:db8:1:2:3:4:5:6")?.counted.description == "2001:db8:1:2::")
    }

    @Test func `a network has the addresses that begin as it does`() throws {
        let network = try #require(IPNetwork("10.1.0.0/16"))
        #expect(network.contains(try #require(IPAddress("10.1.255.255"))))
        #expect(!network.contains(try #require(IPAddress("10.2.0.0"))))
        #expect(try #require(IPNetwork("::1")).contains(try #require(IPAddress("::1"))))
        #expect(try #require(IPNetwork("0.0.0.0/0")).contains(try #require(IPAddress("1.2.3.4"))))
        #expect(!(try #require(IPNetwork("0.0.0.0/0")).contains(try #require(IPAddress("2001:db8::1")))))
        #expect(try #require(IPNetwork("::/0")).contains(try #require(IPAddress("2001:db8::1"))))
        #expect(IPNetwork("10.0.0.0/33") == nil)
        #expect(IPNetwork("ten") == nil)
    }
}
