import Glibc
import NIOCore

/// An address of IPv4 or IPv6. Both are the same 128 bits: an IPv4 address is the IPv6 one that maps it (RFC 4291 §2.5.5.2),
/// so that a peer is the same whichever kind of socket it came in by.
struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// `::ffff:0:0/96`.
    private static let mapped: UInt128 = 0xFFFF << 32
    /// What one subscriber is given of IPv6 at least (RFC 6177): in it anyone can have any address.
    private static let networkBits = 64

    let bits: UInt128

    init(bits: UInt128) {
        self.bits = bits
    }

    /// `nil`: the text is no address in the usual notations.
    init?(_ text: some StringProtocol) {
        var four = in_addr()
        if inet_pton(AF_INET, String(text), &four) == 1 {
            self.init(four)
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, String(text), &six) == 1 else { return nil }
        self.init(six)
    }

    /// `nil`: it is no address of the internet, but of a local socket, say.
    init?(_ address: SocketAddress?) {
        let found = address?.withSockAddr { address, _ -> IPAddress? in
            let address = UnsafeRawPointer(address)
            switch Int32(address.load(as: sockaddr.self).sa_family) {
            case AF_INET: return IPAddress(address.load(as: sockaddr_in.self).sin_addr)
            case AF_INET6: return IPAddress(address.load(as: sockaddr_in6.self).sin6_addr)
            default: return nil
            }
        }
        guard let found else { return nil }
        self = found
    }

    private init(_ four: in_addr) {
        bits = Self.mapped | UInt128(UInt32(bigEndian: four.s_addr))
    }

    private init(_ six: in6_addr) {
        bits = withUnsafeBytes(of: six) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
    }

    var isIPv4: Bool { bits >> 32 == Self.mapped >> 32 }

    /// What limits count it by: an IPv4 address as it is, an IPv6 one as its /64.
    var counted: IPAddress {
        isIPv4 ? self : IPNetwork(self, bits: Self.networkBits).address
    }

    var description: String {
        let low = UInt32(truncatingIfNeeded: bits)
        if isIPv4 { return "\(low >> 24).\(low >> 16 & 0xFF).\(low >> 8 & 0xFF).\(low & 0xFF)" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            var six = bits.bigEndian
            inet_ntop(AF_INET6, &six, text.baseAddress, socklen_t(text.count))
            return text.baseAddress.map { String(cString: $0) } ?? ""
        }
    }
}

/// All addresses that begin with the same bits (RFC 4632 §3.1).
struct IPNetwork: Hashable, Sendable {
    /// Its first one.
    let address: IPAddress
    private let mask: UInt128

    /// - Parameter bits: how many of the address's 128 count.
    init(_ address: IPAddress, bits: Int) {
        mask = bits > 0 ? UInt128.max << UInt128(128 - min(bits, 128)) : 0
        self.address = IPAddress(bits: address.bits & mask)
    }

    /// `nil`: the text is no address and no network, `10.0.0.0/8` say.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        guard parts.count == 2 else {
            self.init(address, bits: 128)
            return
        }
        let isIPv4 = !parts[0].contains(":")
        guard let bits = Int(parts[1]), 0...(isIPv4 ? 32 : 128) ~= bits else { return nil }
        self.init(address, bits: isIPv4 ? 96 + bits : bits)
    }

    func contains(_ address: IPAddress) -> Bool { address.bits & mask == self.address.bits }
}
