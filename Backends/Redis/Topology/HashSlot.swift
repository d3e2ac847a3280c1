import BrokerCore

/// Which of a cluster's 16,384 slots a key is in (Redis cluster specification, "Key distribution model" and "Hash
/// tags").
enum HashSlot {
    static let count = 16_384

    /// The slot of a key, or of a shard channel. If there is something between the first `{` and the next `}`, only
    /// that counts.
    static func of(_ key: String) -> Int {
        let bytes = key.utf8
        guard let open = bytes.firstIndex(of: UInt8(ascii: "{")),
            let close = bytes[open...].firstIndex(of: UInt8(ascii: "}")), close > bytes.index(after: open)
        else { return slot(bytes) }
        return slot(bytes[bytes.index(after: open)..<close])
    }

    /// The slot of the channel's key, whose hash tag is the channel's name.
    static func of(_ channel: ChannelName) -> Int { slot(channel.rawValue.utf8) }

    /// CRC-16/XMODEM: polynomial 0x1021, beginning with 0.
    private static func slot(_ bytes: some Sequence<UInt8>) -> Int {
        var crc: UInt16 = 0
        for byte in bytes { crc = crc << 8 ^ remainders[Int(UInt8(crc >> 8) ^ byte)] }
        return Int(crc) % count
    }

    /// The remainder of each byte.
    private static let remainders: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
    }
}
