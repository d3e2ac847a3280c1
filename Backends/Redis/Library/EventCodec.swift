import BrokerCore
import BrokerSupport

extension Library {
    /// What an announcement says of the channel under whose name it came; `nil` for a foreign message. Events are all of
    /// it or nothing.
    static func events(_ payload: String, on channel: ChannelName) -> [BrokerEvent]? {
        var payload = payload
        return payload.withUTF8 { bytes in
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), end >= 1,
                let epoch = Epoch(String(decoding: bytes[1..<end], as: UTF8.self))
            else { return nil }
            let rest = UnsafeBufferPointer(rebasing: bytes[(end + 1)...])
            switch bytes[0] {
            case UInt8(ascii: "+"): return published(rest, on: channel, epoch: epoch)
            case UInt8(ascii: "-"): return rest.isEmpty ? [.deleted(channel, epoch)] : nil
            default: return nil
            }
        }
    }

    private static func published(
        _ bytes: UnsafeBufferPointer<UInt8>, on channel: ChannelName, epoch: Epoch
    ) -> [BrokerEvent]? {
        var reader = RecordReader(bytes)
        let events = reader.readAll { BrokerEvent.published($0.announcement(on: channel, epoch: epoch)) }
        return events?.isEmpty == true ? nil : events
    }
}
